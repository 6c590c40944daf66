"""Stretches of a text to how much they surprise someone who knows its beginning.

A licence, an index or another language at the end of a text is no fair test of what was learnt from
the rest. It shows in the bits a byte takes under the counts of byte pairs of the first part.
"""

import numpy as np
import polars as pl

from fathom.data.table import Finding, Table
from fathom.data.texts import text_columns

FIRST_SHARE = 0.9
FEWEST = 50  # rows to know what is usual
UNUSUAL = 3.0  # usual deviations from the middle beyond which a row counts as another kind
SUM = 12.0  # so much all the rows of the last part must exceed that together
SMALLEST = 0.05  # bits a byte: texts more even than this are not told apart by it
SMOOTH = 0.05
CHUNK = 256  # rows at once: half a megabyte stays in the processor's cache


def bits(values: pl.Series, known: np.ndarray) -> np.ndarray:
    """Bits a byte of each text under pair counts of the texts in rows `known`, float64 (N,).

    P(next | byte) = (pairs + 0.05) / (byte + 0.05 x 256), over UTF-8; a text below two bytes has 0.
    """
    counts = np.zeros(65536)
    for part in np.array_split(known, len(known) // CHUNK + 1):
        pairs, lengths = _pairs(values[part])
        counts += np.bincount(pairs, minlength=65536)
        counts -= np.bincount(pairs[_between(lengths)], minlength=65536)
    table = counts.reshape(256, 256) + SMOOTH
    costs = -np.log2(table / table.sum(axis=1, keepdims=True)).reshape(-1).astype(np.float32)
    found = [_means(costs, *_pairs(values[n : n + CHUNK])) for n in range(0, len(values), CHUNK)]
    return np.concatenate(found)


def last_part(table: Table) -> list[Finding]:
    """Name the end of a running text where it is of another kind than what comes before it.

    Of given parts the test part is compared with the training part, else the last tenth with the
    rest.
    """
    if not table.running or len(table) < FEWEST:
        return []
    values = text_columns(table)[0].series
    known, judged = _first_and_last(table)
    if len(known) < FEWEST or not len(judged):
        return []
    found = bits(values, known)
    middle = float(np.median(found[known]))
    spread = max(SMALLEST, 1.4826 * float(np.median(np.abs(found[known] - middle))))
    odd = np.abs(found[judged] - middle) / spread - UNUSUAL
    following = np.cumsum(odd[::-1])[::-1]
    start = int(np.argmax(following))
    if following[start] < SUM:
        return []
    rows = judged[start:]
    reason = (
        f"From here on ({len(rows):,} of {len(table):,} rows) the text is of another kind: "
        f"{found[rows].mean():.2f} bits a byte under the pairs of bytes of the first part, "
        f"where {middle:.2f} are usual."
    )
    remedy = "Cut it off if it does not belong to the text; else the test part judges another one."
    return [Finding("warning", "last part differs", table.origin(int(rows[0])), reason, remedy)]


def _first_and_last(table: Table) -> tuple[np.ndarray, np.ndarray]:
    if table.parts is not None:
        parts = np.array(table.parts)
        return np.flatnonzero(parts == "train"), np.flatnonzero(parts == "test")
    rows = np.arange(len(table))
    border = int(FIRST_SHARE * len(table))
    return rows[:border], rows[border:]


def _pairs(values: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Every byte and the next as one number, uint16 (M,), over texts without a gap, and the number
    of bytes of each text (N,).
    """
    encoded = [(text or "").encode() for text in values]
    data = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    return (data[:-1].astype(np.uint16) << 8) | data[1:], np.array(list(map(len, encoded)))


def _between(lengths: np.ndarray) -> np.ndarray:
    """The pairs of which the second byte is in another text than the first."""
    ends = np.unique(np.cumsum(lengths)) - 1
    return np.asarray(ends[(ends >= 0) & (ends < lengths.sum() - 1)])


def _means(costs: np.ndarray, pairs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The mean cost of the pairs within each text."""
    each = costs[pairs]
    each[_between(lengths)] = 0.0
    total = np.concatenate([[0.0], np.cumsum(each, dtype=np.float64)])
    ends = np.minimum(np.cumsum(lengths), len(each))
    starts = np.concatenate([[0], ends[:-1]])
    return np.asarray((total[ends] - total[starts]) / np.maximum(1, lengths - 1))

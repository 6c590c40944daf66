"""Columns of text to what is in them: sizes, rows without any, characters that nobody sees."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from fathom.data.table import Column, Finding, Severity, Table

SHOWN = 4
UNUSED = ("id", "reference")
# What is looked for, the pattern, how grave it is, and what to do about it.
ODD: tuple[tuple[str, str, Severity, str], ...] = (
    ("NUL bytes", "\x00", "warning", "Remove them; perhaps a part of the file is binary."),
    (
        "control characters",
        "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]",
        "warning",
        "Remove them, or check the encoding of the file.",
    ),
    (
        "broken characters",
        "\ufffd",
        "warning",
        "They were lost when the text was stored; take it from its origin again.",
    ),
    (
        "invisible characters",
        "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]",
        "note",
        "Remove them unless they are meant; the network learns them like any letter.",
    ),
    (
        "odd line ends",
        "[\x85\u2028\u2029]|\r(?:[^\n]|$)",
        "note",
        "Only line feeds end a line here; replace these if they are meant to.",
    ),
)


def as_text(values: pl.Series, why: str, *, running: bool = False) -> Column:
    """A column of text, kept as it is; blank cells are missing, but in a running text."""
    kept = values.cast(pl.String)
    blank = ~kept.str.contains(r"\S").fill_null(True)
    if blank.any() and not running:
        kept = kept.set(blank, None)
    constant = len(kept) > 1 and kept.drop_nulls().n_unique() < 2
    return Column(values.name, "text", kept, why, constant)


def empty_texts(
    columns: Sequence[Column], origins: Sequence[str], known: Iterable[Finding], *, beside: int = 1
) -> list[Finding]:
    """Rows whose texts are all missing, where texts are all there is to learn from.

    That is so where at most `beside` other columns, the answer, stand there. known: findings that
    may have set a row aside already.
    """
    used = [column for column in columns if column.kind not in UNUSED and not column.constant]
    texts = [column for column in used if column.kind == "text"]
    if not texts or len(used) - len(texts) > beside:
        return []
    empty = np.logical_and.reduce([column.missing() for column in texts])
    aside = {one.row for one in known if one.severity == "set aside"}
    return [
        Finding(
            "set aside",
            "empty text",
            origins[int(row)],
            "There is no text in it.",
            "Fill it in, or remove it.",
            int(row),
        )
        for row in np.flatnonzero(empty)
        if int(row) not in aside
    ]


def text_columns(table: Table) -> list[Column]:
    """The columns of kind text."""
    return [column for column in table if column.kind == "text"]


def only_text(table: Table) -> str | None:
    """The one column that something can be learnt from, where that is a text."""
    used = [column for column in table if column.kind not in UNUSED and not column.constant]
    return used[0].name if len(used) == 1 and used[0].kind == "text" else None


def characters(table: Table) -> np.ndarray:
    """How many characters of text each row holds, int64 (N,)."""
    total = np.zeros(len(table), dtype=np.int64)
    for column in text_columns(table):
        total += column.series.str.len_chars().fill_null(0).to_numpy().astype(np.int64)
    return total


def sizes(values: pl.Series) -> dict[str, Any]:
    """Characters, bytes and different characters in all, and the least, middle, largest length."""
    known = values.drop_nulls()
    lengths = known.str.len_chars().to_numpy()
    seen: set[str] = set()
    for cell in known:
        seen.update(cell)
    return {
        "characters": int(lengths.sum()),
        "bytes": int(known.str.len_bytes().sum()),
        "distinct_characters": len(seen),
        "lengths": [int(lengths.min()), int(np.median(lengths)), int(lengths.max())]
        if len(lengths)
        else None,
    }


def odd_characters(table: Table) -> list[Finding]:
    """Characters in texts that do harm unseen, each sort with how often it stands and where."""
    findings = []
    for column in text_columns(table):
        # All sorts in one pass: nearly every text has none.
        hit = column.series.str.contains("|".join(pattern for _, pattern, _, _ in ODD))
        rows = hit.fill_null(False).arg_true()
        cells = column.series[rows]
        for subject, pattern, severity, remedy in ODD if len(rows) else ():
            own = rows.filter(cells.str.contains(pattern))
            if len(own):
                told = f"{len(own):,} rows hold {_counted(column.series[own], pattern)}"
                reason = f"{told}; the first is {table.origin(int(own[0]))}."
                findings.append(Finding(severity, subject, column.name, reason, remedy))
    return findings


def _counted(cells: pl.Series, pattern: str) -> str:
    """The characters found, the most frequent first, with their numbers."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(found[0][0] for found in re.finditer(pattern, cell))
    told = ", ".join(f"{_name(c)} {n:,} times" for c, n in counts.most_common(SHOWN))
    return told + (", ..." if len(counts) > SHOWN else "")


def _name(character: str) -> str:
    """A character's number and name."""
    code = f"U+{ord(character):04X}"
    return f"{code} {unicodedata.name(character, '')}".strip()

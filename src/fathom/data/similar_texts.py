"""Texts to pairs that say nearly the same: a few words or letters changed, added or left out.

A text is the set of its stretches of eight bytes, and two texts are near when these sets are (the
share of common ones, Jaccard's index, at least 0.8). Broder 1997, "On the resemblance and
containment of documents": the least value of a random hash over a set is the same for two sets with
a probability that is this share. 32 such values a text estimate it, and only texts that agree in
the four values of one of eight bands are compared, so the cost grows with the bytes alone.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

WIDTH = 8
BANDS, ROWS = 8, 4
NEAR = 0.8
WINDOW = 2  # neighbours compared within a bucket
CHUNK = 2**18  # bytes hashed at once: small enough to stay in the processor's cache
KEPT = 512  # of a text of usual length so many stretches are looked at
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def folded(values: pl.Series) -> pl.Series:
    """Texts in lower case with single blanks, so that case and spacing make no difference."""
    return values.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def near_texts(values: pl.Series) -> np.ndarray:
    """Pairs of rows with nearly equal texts, int64 (P, 2), the smaller row first.

    values: folded texts. Those below eight bytes are left out: equal or not is all they can be.
    """
    known = np.flatnonzero((values.str.len_bytes().fill_null(0) >= WIDTH).to_numpy())
    if len(known) < 2:
        return np.empty((0, 2), dtype=np.int64)
    marks, held = _signatures(values[known])
    known, marks = known[held], marks[held]
    pairs = _candidates(marks)
    alike = (marks[pairs[:, 0]] == marks[pairs[:, 1]]).mean(axis=1) >= NEAR
    return np.asarray(np.sort(known[pairs[alike]], axis=1), dtype=np.int64)


def _signatures(values: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """The least of 32 hashes over each text's stretches, uint32 (N, 32), and which texts have any.

    Where texts are long, only stretches whose own hash is a multiple of a power of two are kept:
    the same ones in all texts.
    """
    rng = np.random.default_rng(0)
    factors = rng.integers(2**64, size=BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
    lengths = values.str.len_bytes().to_numpy().astype(np.int64)
    thin = max(0, int(np.log2(max(1.0, float(np.mean(lengths)) / KEPT))))
    marks = np.full((len(values), len(factors)), 2**32 - 1, dtype=np.uint32)
    held = np.zeros(len(values), dtype=bool)
    for first, last in _chunks(lengths):
        codes, rows = _stretches(values[first:last], lengths[first:last])
        kept = (codes >> np.uint64(20)) & np.uint64(2**thin - 1) == 0
        codes, rows = codes[kept], rows[kept]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        own = first + rows[starts]
        held[own] = True
        for place, factor in enumerate(factors):
            hashed = ((codes * factor) >> np.uint64(32)).astype(np.uint32)
            marks[own, place] = np.minimum.reduceat(hashed, starts) if len(starts) else 0
    return marks, held


def _stretches(values: pl.Series, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of eight bytes that lies in one text, hashed, uint64 (M,), and its row (M,)."""
    data = np.frombuffer("".join(values).encode(), dtype=np.uint8)
    codes = np.zeros(len(data) - WIDTH + 1, dtype=np.uint64)
    for place in range(WIDTH):
        codes |= data[place : place + len(codes)].astype(np.uint64) << np.uint64(8 * place)
    codes *= SPREAD
    codes ^= codes >> np.uint64(29)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    inside = rows[: len(codes)] == rows[WIDTH - 1 :]
    return codes[inside], rows[: len(codes)][inside]


def _chunks(lengths: np.ndarray) -> Iterator[tuple[int, int]]:
    """Row ranges of about CHUNK bytes each."""
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + CHUNK, side="right")))
        yield first, last
        first = last


def _candidates(marks: np.ndarray) -> np.ndarray:
    """Pairs (P, 2) that agree in all values of a band and stand next to each other there."""
    count = len(marks)
    keys = []
    for band in range(BANDS):
        own = marks[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        bucket = own[:, 0].copy()
        for place in range(1, ROWS):
            bucket = bucket * SPREAD + own[:, place]
        order = np.argsort(bucket, kind="stable")
        for step in range(1, WINDOW + 1):
            first, second = order[:-step], order[step:]
            same = bucket[first] == bucket[second]
            low, high = np.minimum(first, second)[same], np.maximum(first, second)[same]
            keys.append(low.astype(np.int64) * count + high)
    unique = np.unique(np.concatenate(keys))
    return np.stack([unique // count, unique % count], axis=1)

"""A table to groups of rows that are one example: equal rows, nearly equal pictures or texts."""

import hashlib
from collections.abc import Collection

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fathom.data.pictures import Pictures
from fathom.data.similar import near_pairs
from fathom.data.similar_texts import folded, near_texts
from fathom.data.sounds import Sounds
from fathom.data.table import Column, Table
from fathom.data.texts import UNUSED, only_text

DISTINCT_SHARE = 0.5


def duplicate_groups(table: Table, target: Collection[str] = ()) -> np.ndarray:
    """Group number of each row, int64 (N,): equal rows, nearly equal pictures or texts share one.

    Where there are pictures or sounds, they alone decide; of sounds, equal ones. Ids and targets
    that are no pictures do not count. Where most rows equal another, as in tables of few coarse
    columns, they do so by chance and stay apart. Texts may differ in case, blanks and a few words
    where they are all that is learnt from. Of a table that is but a list of items, equal ones alone
    share a group; stretches of a running text never do.
    """
    apart = np.arange(len(table), dtype=np.int64)
    if table.running:
        return apart
    items = only_text(table)
    if items is not None:
        return _with_apart(_first_rows(_hashes([table[items]])), table[items].missing())
    columns = [
        c
        for c in table
        if (c.name not in target or c.kind == "image") and c.kind not in UNUSED and not c.constant
    ]
    pictures = [column.values for column in columns if isinstance(column.values, Pictures)]
    if len(apart) < 2 or not columns:
        return apart
    groups = apart
    for one in pictures:
        equal = _with_apart(_first_rows(_prints(one)), one.missing())
        if _mostly_distinct(equal):
            groups = merged(merged(groups, np.stack([apart, equal], axis=1)), near_pairs(one))
    sounds = [column.values for column in columns if isinstance(column.values, Sounds)]
    for heard in sounds:
        equal = _with_apart(_first_rows(_hashed(heard)), heard.missing())
        if _mostly_distinct(equal):
            groups = merged(groups, np.stack([apart, equal], axis=1))
    if pictures or sounds:
        return groups
    unusable = np.isin(apart, table.unusable())
    if all(column.kind == "text" for column in columns):
        return _of_texts(columns, unusable)
    groups = _with_apart(_first_rows(_hashes(columns)), unusable)
    return groups if _mostly_distinct(groups) else apart


def _of_texts(columns: list[Column], unusable: np.ndarray) -> np.ndarray:
    """Groups of rows whose texts, one after another, are equal or nearly equal once folded."""
    frame = pl.DataFrame({column.name: folded(column.series) for column in columns})
    texts = frame.select(pl.concat_str(pl.all(), separator="\n", ignore_nulls=True)).to_series()
    alone = unusable | (texts.str.len_bytes() == 0).to_numpy()
    equal = _with_apart(_first_rows(texts.hash(seed=0).to_numpy()), alone)
    if not _mostly_distinct(equal):
        return np.arange(len(equal), dtype=np.int64)
    # One of each is enough to be compared with the others.
    single = (equal == np.arange(len(equal))) & ~alone
    near = merged(equal, near_texts(texts.set(pl.Series(~single), None)))
    return near if _mostly_distinct(near) else equal


def _hashes(columns: list[Column]) -> np.ndarray:
    """A 64-bit hash of each row (N,)."""
    frame = pl.DataFrame({str(place): column.series for place, column in enumerate(columns)})
    return np.asarray(frame.hash_rows(seed=0).to_numpy())


def merged(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Join the groups of each pair of rows (P, 2); groups are named by their first row."""
    rows = len(groups)
    edges = np.concatenate([pairs, np.stack([np.arange(rows), groups], axis=1)])
    edges = edges[edges[:, 0] != edges[:, 1]]
    if not len(edges):
        return groups
    ones = np.ones(len(edges), dtype=bool)
    graph = coo_matrix((ones, (edges[:, 0], edges[:, 1])), shape=(rows, rows))
    return _first_rows(connected_components(graph, directed=False)[1])


def _first_rows(labels: np.ndarray) -> np.ndarray:
    """Name each group of equal labels by its first row."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def _with_apart(groups: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Rows without content look all the same but are nobody's duplicate."""
    labels = np.where(alone, -1 - np.arange(len(groups)), groups)
    return _first_rows(labels)


def _mostly_distinct(groups: np.ndarray) -> bool:
    return len(np.unique(groups)) >= DISTINCT_SHARE * len(groups)


def _hashed(sounds: Sounds) -> np.ndarray:
    """A number for each clip (N,), the same for equal samples at an equal rate."""
    content = (
        hashlib.blake2b(sounds[row].tobytes() + b"%d" % sounds.rates[row], digest_size=8).digest()
        for row in range(len(sounds))
    )
    return np.frombuffer(b"".join(content), dtype=np.uint64)


def _prints(pictures: Pictures) -> np.ndarray:
    """A 64-bit hash of each picture's size and pixels (N,): a random linear form modulo 2^64."""
    rng = np.random.default_rng(0)
    prints = np.zeros(len(pictures), dtype=np.uint64)
    longest = int(pictures.shapes.astype(np.int64).prod(axis=1).max(initial=0)) // 8 + 2
    factors = rng.integers(2**64, size=longest, dtype=np.uint64) | np.uint64(1)
    for places, stack in pictures.stacks(np.arange(len(pictures))):
        flat = stack.reshape(len(places), -1)
        words = np.zeros((len(places), flat.shape[1] // 8 + 2), dtype=np.uint64)
        words.view(np.uint8)[:, : flat.shape[1]] = flat
        words[:, -1] = stack.shape[2]
        prints[places] = (words * factors[: words.shape[1]]).sum(axis=1, dtype=np.uint64)
    return prints

"""A table to groups of rows that are one example: equal rows, equal or nearly equal pictures."""

import hashlib
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fathom.data.pictures import Pictures
from fathom.data.similar import near_pairs
from fathom.data.table import Column, Table

DISTINCT_SHARE = 0.5


def duplicate_groups(
    table: Table, target: Collection[str] = (), *, near: bool = True
) -> np.ndarray:
    """Group number of each row, int64 (N,): equal rows and nearly equal pictures share one.

    Targets, ids do not count. Rows of few coarse columns are equal by chance: they stay apart.
    """
    rows = len(table)
    apart = np.arange(rows, dtype=np.int64)
    columns = [column for column in table if column.name not in target and column.kind != "id"]
    columns = [column for column in columns if not column.constant]
    pictures = [column.values for column in columns if isinstance(column.values, Pictures)]
    if not columns or rows < 2:
        return apart
    equal = _numbered([_cell_hashes(column) for column in columns])
    equal = _only_usable(table, equal, apart)
    if not pictures:
        distinct = len(np.unique(equal))
        return equal if distinct >= DISTINCT_SHARE * rows else apart
    if not near or len(pictures) > 1 or len(columns) > 1:
        return equal
    return merged(equal, near_pairs(pictures[0]))


def merged(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Join the groups of each pair of rows (P, 2)."""
    if not len(pairs):
        return groups
    rows = len(groups)
    edges = np.concatenate([pairs, np.stack([np.arange(rows), groups], axis=1)])
    graph = coo_matrix(
        (np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(rows, rows)
    )
    return _first_rows(connected_components(graph, directed=False)[1])


def _first_rows(labels: np.ndarray) -> np.ndarray:
    """Name each group by its first row."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def _numbered(hashes: Sequence[pl.Series]) -> np.ndarray:
    frame = pl.DataFrame({str(place): cells for place, cells in enumerate(hashes)})
    return _first_rows(frame.hash_rows(seed=0).to_numpy())


def _cell_hashes(column: Column) -> pl.Series:
    if not isinstance(column.values, Pictures):
        return column.values
    prints = np.empty(len(column), dtype=np.uint64)
    for row, pixels in enumerate(column.values):
        plain = hashlib.blake2b(pixels.tobytes(), digest_size=8, salt=bytes(pixels.shape[1:2]))
        prints[row] = int.from_bytes(plain.digest(), "little")
    return pl.Series(prints)


def _only_usable(table: Table, groups: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Rows that were set aside (all broken pictures look the same) are nobody's duplicate."""
    bad = table.unusable()
    groups = groups.copy()
    if len(bad):
        groups[bad] = -1
        groups = _first_rows(groups)
        groups[bad] = apart[bad]
    return groups

"""Rows that follow each other in time to the parts of forecasts, each named by its first row.

A forecast is in a part as a whole: one whose horizon reaches into a later part belongs to none.
"""

import numpy as np

from fathom.data.rhythm import Rhythm
from fathom.data.table import Table
from fathom.errors import DataError

HELD_OUT = 0.15  # of the rows for the test part, and of the rest for validation
HORIZONS = 2  # at least so many
LEAST_TRAIN = 2


def by_time(table: Table, rhythm: Rhythm) -> tuple[np.ndarray, str]:
    """The end of the rows as test part, what comes before it as validation; a sentence."""
    rows, horizon = len(table), rhythm.horizon
    for horizons in (HORIZONS, 1):
        test = max(horizons * horizon, round(HELD_OUT * rows))
        valid = max(horizons * horizon, round(HELD_OUT * (rows - test)))
        if rows - test - valid >= LEAST_TRAIN + horizon:
            break
    else:
        raise DataError(
            "The series is too short for this horizon.",
            where=str(table.path),
            found=f"{rows:,} rows, {horizon:,} ahead",
            remedy=f"Pass --horizon {max(1, rows // 5)} or less, or bring a longer series.",
        )
    parts = np.full(rows, "train", dtype=object)
    parts[rows - test - valid :] = "valid"
    parts[rows - test :] = "test"
    how = (
        f"By time: the last {test:,} rows test, the {valid:,} before them validation; a forecast "
        f"that reaches into a later part is left out."
    )
    return parts, how


def first_half(table: Table) -> tuple[np.ndarray, str]:
    """The first half to learn what is usual from, its end as validation; a sentence."""
    rows = len(table)
    half = rows // 2
    parts = np.full(rows, "train", dtype=object)
    parts[half - round(HELD_OUT * half) :] = "valid"
    parts[half:] = "test"
    how = (
        f"By time: the first {half:,} rows are taken as mostly normal, the last "
        f"{round(HELD_OUT * half):,} of them set the limit of alarms; the other half is judged."
    )
    return parts, how


def whole(parts: np.ndarray, table: Table, rhythm: Rhythm) -> np.ndarray:
    """The same without forecasts that reach beyond the data or into a later part, or whose truth
    is not known at all.
    """
    rows = len(parts)
    row = np.arange(rows)
    end = row + rhythm.horizon
    kept = parts.copy()
    starts = {part: int((parts == part).argmax()) for part in set(parts) - {"unused"}}
    for part in starts.keys() - {"test"}:
        after = min((first for first in starts.values() if first > starts[part]), default=rows)
        kept[(parts == part) & (row < after) & (end > after)] = "unused"
    known = np.zeros(rows, dtype=bool)
    for column in table:
        if column.kind == "number":
            known |= ~column.missing()
    total = np.concatenate([[0], np.cumsum(known)])
    kept[total[np.minimum(end, rows)] == total[:-1]] = "unused"
    kept[end > rows] = "unused"
    kept[0] = "unused"  # nothing comes before it
    return kept

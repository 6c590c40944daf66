"""Dated rows in any order to one row a step; what was mended is said.

Duplicates, rows without a date, gaps, changes of clocks, and what is empty at the ends.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.rhythm import NEAR, Rhythm, in_words, places, step_of
from fathom.data.table import Finding
from fathom.errors import DataError

REGULAR = 0.9  # of the rows, those that stand at whole steps
MOST_MISSING = 0.5  # of the steps
LEAST_ROWS = 8
STEP = "step of the row"


def one_a_step(
    frame: pl.DataFrame, date: str, path: Path
) -> tuple[pl.DataFrame, str, list[Finding]]:
    """Sorted rows, one for each step; rows that are not there hold nothing. With the step."""
    frame, findings = in_order(frame, date)
    if len(frame) < LEAST_ROWS:
        return frame, "1d", findings
    step = step_of(frame[date])
    place = placed(frame[date], step, path)
    if (np.diff(place) == 1).all():
        return frame, step, findings
    return filled(frame, date, step, place), step, [*findings, *gaps(frame[date], place)]


def in_order(frame: pl.DataFrame, date: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows in the order of their dates, of each date the last one, and what was mended."""
    findings: list[Finding] = []

    def say(subject: str, reason: str, remedy: str = "") -> None:
        findings.append(Finding("warning", subject, date, reason, remedy))

    lost = frame[date].null_count()
    if lost:
        reason = f"Rows without a date: {lost:,}; they are not used."
        say("rows without a date", reason, "Mend them.")
        frame = frame.drop_nulls(date)
    if not frame[date].is_sorted():
        say("unsorted dates", "The rows are not in the order of their dates; they were sorted.")
        frame = frame.sort(date, maintain_order=True)
    twice = len(frame) - frame[date].n_unique()
    if twice:
        again = frame.filter(frame[date].is_duplicated())[date][0]
        reason = (
            f"Dates that stand more than once: {twice:,}, the first is {again}; of each the last "
            f"row counts.{clock(again)}"
        )
        say("duplicated dates", reason, "Write times in UTC, or remove the rows.")
        frame = frame.unique(date, keep="last", maintain_order=True)
    return frame, findings


def placed(dates: pl.Series, step: str, path: Path) -> np.ndarray:
    """At which step after the first each of sorted dates stands, int64; raises where most stand
    at none.
    """
    exact = places(dates, step)
    place: np.ndarray = np.rint(exact).astype(np.int64)
    odd = (np.abs(exact - place) > NEAR).mean()
    steps = int(place[-1]) + 1
    if odd > 1 - REGULAR or len(np.unique(place)) < MOST_MISSING * steps:
        raise DataError(
            "The dates are not evenly spaced.",
            where=str(path),
            found=f"{len(dates):,} rows in {steps:,} steps of {in_words(step)}",
            remedy="Bring sums or means of equal stretches of time, such as of days.",
        )
    return place


def gaps(dates: pl.Series, place: np.ndarray) -> list[Finding]:
    """A word on the steps that have no row."""
    steps = int(place[-1]) + 1
    missing = steps - len(np.unique(place))
    wide = np.flatnonzero(np.diff(place) > 1)
    after = dates[int(wide[0]) if len(wide) else 0]
    reason = (
        f"{missing:,} of {steps:,} steps have no row, the first after {after}; what is missing is "
        f"neither learnt from nor judged.{clock(after)}"
    )
    return [Finding("warning", "gaps", dates.name, reason, "Fill them if you can.")]


def filled(frame: pl.DataFrame, date: str, step: str, place: np.ndarray) -> pl.DataFrame:
    """A row for each step from the first date on; of rows at one step the last counts."""
    steps = int(place[-1]) + 1
    ahead = Rhythm(date, step, 1).ahead(frame[date].reverse(), steps - 1)
    dates = pl.concat([frame[date].head(1), ahead])
    grid = pl.DataFrame({STEP: np.arange(steps), date: dates})
    rows = frame.drop(date).with_columns(pl.Series(STEP, place))
    rows = rows.unique(STEP, keep="last", maintain_order=True)
    return grid.join(rows, on=STEP, how="left", maintain_order="left").drop(STEP)


def clock(moment: object) -> str:
    """Words for a date at which clocks are put forward or back."""
    hour, month = getattr(moment, "hour", 12), getattr(moment, "month", 1)
    weekday = getattr(moment, "weekday", lambda: 0)()
    jump = weekday == 6 and hour in (0, 1, 2, 3) and month in (3, 4, 9, 10, 11)
    return " It looks like a change of clocks (daylight saving)." if jump else ""


def without_empty_ends(
    frame: pl.DataFrame, date: str, names: Sequence[str]
) -> tuple[pl.DataFrame, list[Finding]]:
    """Without the rows before the first and after the last known value."""
    known = frame.select(pl.any_horizontal(pl.col(names).is_not_null())).to_series().arg_true()
    if not len(known):
        return frame.head(0), []
    first, last = int(known[0]), int(known[-1])
    kept = frame.slice(first, last - first + 1)
    cut = len(frame) - len(kept)
    if not cut:
        return kept, []
    reason = f"Rows without a value at the beginning or the end: {cut:,}; they are left out."
    return kept, [Finding("warning", "empty ends", date or "rows", reason)]


def stopped(frame: pl.DataFrame, names: Sequence[str]) -> list[Finding]:
    """A word on each series that ends before the others."""
    findings = []
    for name in names:
        known = frame[name].is_not_null().arg_true()
        behind = len(frame) - 1 - int(known[-1]) if len(known) else 0
        if behind:
            reason = (
                f"It holds no value in the last {behind:,} rows: its last known one is assumed."
            )
            findings.append(Finding("warning", "ends early", name, reason, "Bring its values."))
    return findings

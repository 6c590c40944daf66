"""Rows that are moments of series to one row a series: its values by time, and what is constant.

Long form holds a column that names the series, one of time, one or several of values, and columns
that are equal in all rows of a series, such as its class.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from fathom.data.dates import as_dates
from fathom.data.kinds import Reading, numbers, plain, without_marks
from fathom.data.sources.raw import Raw
from fathom.data.sources.wide_series import VALUES, matrix
from fathom.data.table import Finding
from fathom.errors import DataError

TIME = re.compile(
    r"(^|[\s_.-])(t|time|timestep|timestamp|step|tick|frame|sample|date|datetime|seconds?|ms)$",
    re.IGNORECASE,
)
LEAST_ROWS = 8  # of a series, on average
LEAST_SERIES = 4
JOINT, OVER, OF = "+", " over ", " of "


@dataclass(frozen=True)
class Layout:
    """Which column names the series, which tells the time, which hold values."""

    series: str
    time: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the column of series is called; `named` reads it."""
        return f"{JOINT.join(self.values)}{OVER}{self.time}{OF}{self.series}"


def named(name: str, columns: Collection[str]) -> Layout | None:
    """The layout that a name tells; None where it tells none of these columns."""
    for time in columns:
        for series in columns:
            ending = f"{OVER}{time}{OF}{series}"
            values = tuple(name.removesuffix(ending).split(JOINT))
            if name.endswith(ending) and set(values) <= set(columns):
                return Layout(series, time, values)
    return None


def laid_out(
    raw: Raw, targets: Collection[str], reading: Reading, asked: str = ""
) -> Layout | None:
    """The only layout that fits: each moment of a series once, a target equal in all its rows.

    asked: the column that names the series, where the user says so; else None in any doubt.
    """
    frame = raw.frame
    times = [name for name in frame.columns if TIME.search(name)]
    own = [name for name in targets if name in frame.columns]
    names = [asked] if asked else [c for c in frame.columns if c not in (*times, *own)]
    found = []
    for series in names:
        for time in times:
            layout = layout_of(frame, series, time, reading) if time != series else None
            if layout is not None and (asked or many(frame, layout, own)):
                found.append(layout)
    if len(found) == 1:
        return found[0]
    if asked:
        raise _unclear(raw, asked, times)
    return None


def many(frame: pl.DataFrame, layout: Layout, targets: Sequence[str]) -> bool:
    """Whether there are several series of many rows each, and a target tells them apart."""
    count = frame[layout.series].drop_nulls().n_unique()
    steady = [name for name in targets if name not in layout.values]
    apart = any(1 < frame[name].drop_nulls().n_unique() < count for name in steady)
    return apart and count >= LEAST_SERIES and len(frame) >= LEAST_ROWS * count


def layout_of(frame: pl.DataFrame, series: str, time: str, reading: Reading) -> Layout | None:
    """The values of a layout by these two columns; None where a moment stands twice."""
    known = frame.drop_nulls([series, time])
    if not len(known) or known.select(series, time).n_unique() < len(known):
        return None
    others = [name for name in frame.columns if name not in (series, time)]
    within = known.group_by(series).agg(pl.col(name).n_unique() for name in others)
    varied = [name for name in others if (within[name] > 1).any()]
    values = [name for name in varied if is_number(known[name], reading)]
    return Layout(series, time, tuple(values)) if values and len(values) == len(varied) else None


def is_number(cells: pl.Series, reading: Reading) -> bool:
    """Whether nine of ten known cells are numbers."""
    kept = plain(cells)
    if kept.dtype == pl.String:
        kept, _ = without_marks(kept, reading.marks)
    known = len(kept) - kept.null_count()
    if isinstance(kept.dtype, pl.Datetime):
        return False
    return known > 0 and len(kept) - numbers(kept, reading).null_count() >= 0.9 * known


def gathered(raw: Raw, layout: Layout, reading: Reading) -> Raw:
    """One record a series, in the order in which they begin; what varies beside it is left out."""
    frame = raw.frame
    series = plain(frame[layout.series]).cast(pl.String).str.strip_chars()
    values, lost = matrix(frame, layout.values, reading)
    moments = moments_of(frame[layout.time], reading, raw)
    rows = pl.DataFrame({"series": series, "moment": moments, "row": np.arange(len(frame))})
    kept = rows.filter(pl.col("series").is_not_null() & (pl.col("series") != ""))
    kept = kept.drop_nulls("moment").unique(["series", "moment"], keep="last", maintain_order=True)
    groups = kept.group_by("series", maintain_order=True).agg(pl.col("row").sort_by("moment"))
    order = [np.array(own) for own in groups["row"].to_list()]
    cells = [series_of(values[own]) for own in order]
    whole = pl.Series(layout.name, cells, dtype=VALUES)
    first = [int(own.min()) for own in order]
    moving = (layout.series, layout.time, *layout.values)  # the series is told by the origin
    steady = [name for name in frame.columns if name not in moving]
    made = pl.DataFrame([*(frame[name][first] for name in steady), whole])
    findings = [replace(finding, row=-1) for finding in raw.findings]
    findings += noticed(layout, len(frame) - len(kept), lost)
    findings += [
        Finding("set aside", "empty series", f"{layout.series} {groups['series'][row]}",
                "It holds no value.", "Fill it in or remove it.", row)
        for row, cell in enumerate(cells) if cell is None
    ]  # fmt: skip
    parts = None if raw.parts is None else tuple(raw.parts[row] for row in first)
    origins = tuple(f"{layout.series} {name}" for name in groups["series"])
    return replace(raw, frame=made, origins=origins, parts=parts, findings=tuple(findings))


def series_of(values: np.ndarray) -> list[list[float]] | None:
    """Moments (T, C) as channels; None where nothing is known."""
    return None if np.isnan(values).all() else values.T.tolist()


def moments_of(cells: pl.Series, reading: Reading, raw: Raw) -> pl.Series:
    """A column of time as numbers or dates; raises where it holds neither."""
    if is_number(cells, reading):
        kept = plain(cells)
        kept = without_marks(kept, reading.marks)[0] if kept.dtype == pl.String else kept
        return numbers(kept, reading)
    dates = as_dates(plain(cells).cast(pl.String)) if cells.dtype == pl.String else plain(cells)
    if dates.null_count() > 0.1 * len(dates) or not isinstance(dates.dtype, pl.Datetime):
        raise DataError(
            f"The column {cells.name!r} holds neither numbers nor dates, so nothing can be put in "
            "the order of time.",
            where=str(raw.root),
            found=repr(str(cells.drop_nulls()[0])) if cells.drop_nulls().len() else "",
            remedy="Write the time as numbers or as dates.",
        )
    return dates


def noticed(layout: Layout, dropped: int, lost: int) -> list[Finding]:
    """Rows that are no moment of a series, and cells that are no numbers."""
    findings = []
    if dropped:
        reason = (
            f"{dropped:,} rows have no {layout.series} or no {layout.time}, or stand there twice; "
            "of equal moments the last counts."
        )
        findings.append(Finding("warning", "rows left out", layout.series, reason, "Mend them."))
    if lost:
        reason = f"{lost:,} cells are no finite number and count as gaps."
        findings.append(
            Finding("warning", "cells that do not fit", layout.name, reason, "Mend them.")
        )
    return findings


def said(layout: Layout, rows: int, count: int) -> Finding:
    """A word on what was taken as series."""
    values = ", ".join(layout.values)
    return Finding(
        "note",
        "series",
        layout.series,
        f"{rows:,} rows are moments of {count:,} series of {values}, by {layout.time}: each value "
        f"of {layout.series!r} is one example.",
        f"If each row is an example, pass --column {layout.series}=category.",
    )


def _unclear(raw: Raw, asked: str, times: Sequence[str]) -> DataError:
    return DataError(
        f"The rows of equal {asked!r} do not read as moments of one series.",
        where=str(raw.files[0] if raw.files else raw.root),
        found=f"columns that may tell the time: {', '.join(times)}" if times
        else "no column called time, t, step or date",
        remedy="Keep one column of time, in which each moment of a series stands once, columns of "
        "numbers, and what is equal in all rows of a series.",
    )  # fmt: skip

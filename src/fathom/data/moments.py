"""Columns that hold a date in pieces (year, month, day, hour ...) to one column of dates."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from fathom.data.table import Column, Finding, Table

DATE = "date"
# The pieces of a moment, the largest first: how their columns are called, and their range.
PIECES: Mapping[str, tuple[frozenset[str], int, int]] = {
    "year": (frozenset(("year", "yr", "yyyy")), 1, 9999),
    "month": (frozenset(("month", "mon", "mo", "mm")), 1, 12),
    "day": (frozenset(("day", "dd", "mday", "dayofmonth", "day_of_month")), 1, 31),
    "hour": (frozenset(("hour", "hr", "hh")), 0, 24),
    "minute": (frozenset(("minute", "min")), 0, 59),
}
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
DAYTIME = frozenset(("time", "hour", "hr", "timeofday", "time_of_day"))
CLOCK = r"^\s*(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*$"


def with_moments(table: Table, *, years: bool = False) -> Table:
    """The table with one column of dates in place of its pieces, and a word on it; as it is where
    there are none, or where a cell is out of range.

    years: whether a year alone is a date.
    """
    dates = [column for column in table if column.kind == "date"]
    if len(dates) == 1:
        return _with_daytime(table, dates[0])
    found = {} if dates else _pieces(table)
    if "year" not in found or (len(found) == 1 and not years):
        return table
    numbers = {piece: _whole(column) for piece, column in found.items()}
    for piece, values in numbers.items():
        _, low, high = PIECES[piece]
        if not values.is_between(low, high).fill_null(True).all():
            return table
    frame = pl.DataFrame({piece: numbers[piece] for piece in numbers})
    year, month, day, hour, minute = (
        pl.col(piece) if piece in numbers else pl.lit(int(piece in ("month", "day")))
        for piece in PIECES
    )
    written = pl.format("{}-{}-{}", year, month, day)
    moments = frame.select(
        written.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)
        + pl.duration(hours=hour, minutes=minute)
    ).to_series()
    names = ", ".join(column.name for column in found.values())
    return _replaced(table, list(found.values()), DATE, moments, names)


def _pieces(table: Table) -> dict[str, Column]:
    """The columns that are called like a piece and hold whole numbers, without a gap in their
    order: no day without a month.
    """
    found: dict[str, Column] = {}
    for piece, (names, _, _) in PIECES.items():
        called = [c for c in table if c.name.strip().lower() in names and _whole_numbers(c)]
        if not called:
            break
        found[piece] = called[0]
    return found


def _with_daytime(table: Table, date: Column) -> Table:
    """A column of days and one of times of the day as one."""
    days = date.series
    midnights = (days.dt.truncate("1d") == days).fill_null(True).all()
    if not midnights or days.n_unique() == len(days):
        return table
    for column in table:
        if column.name.strip().lower() not in DAYTIME or column is date:
            continue
        minutes = _minutes(column)
        if minutes is not None:
            moments = pl.select(pl.lit(days) + pl.duration(minutes=pl.lit(minutes))).to_series()
            names = f"{date.name}, {column.name}"
            return _replaced(table, [date, column], date.name, moments, names)
    return table


def _minutes(column: Column) -> pl.Series | None:
    """Minutes after midnight of hours or of 13:45 and the like; None where cells are neither."""
    if _whole_numbers(column):
        hours = _whole(column)
        return hours * 60 if hours.is_between(0, 24).fill_null(True).all() else None
    if column.kind not in ("category", "id", "text"):
        return None
    groups = column.series.str.extract_groups(CLOCK)
    hours, minutes = (groups.struct.field(str(k)).cast(pl.Int64, strict=False) for k in (1, 2))
    told = hours * 60 + minutes
    return told if told.null_count() == column.series.null_count() else None


def _whole_numbers(column: Column) -> bool:
    if column.kind not in ("number", "category", "id"):
        return False
    values = column.series
    return _whole(column).null_count() == values.null_count() < len(values)


def _whole(column: Column) -> pl.Series:
    """Cells as whole numbers, null where they are none; names of months count."""
    if column.series.dtype == pl.String and column.name.strip().lower() in PIECES["month"][0]:
        named = column.series.str.to_lowercase().str.slice(0, 3)
        months = named.replace_strict(MONTHS, default=None, return_dtype=pl.Int64)
        if months.null_count() == column.series.null_count():
            return months
    values = column.series.cast(pl.Float64, strict=False)
    return values.set((values % 1 != 0).fill_null(False), None).cast(pl.Int64)


def _replaced(
    table: Table, pieces: list[Column], name: str, moments: pl.Series, names: str
) -> Table:
    """The table with the moments where its first piece stood."""
    free = name if name not in table.names or name in {p.name for p in pieces} else "date and time"
    date = Column(
        free, "date", moments.cast(pl.Datetime("us")).alias(free), f"put together from {names}"
    )
    columns = [
        date if column is pieces[0] else column
        for column in table
        if column is pieces[0] or not any(column is piece for piece in pieces)
    ]
    note = Finding("note", "dates in pieces", names, f"Read together as the column {free!r}.")
    return replace(table, columns=tuple(columns), findings=(*table.findings, note))

"""A table of dates and numbers to series: sorted, one row a step, gaps filled with nothing.

Long form (one row for each date and series) becomes one column a series. Series that stand still,
and columns that hold no numbers, are left out, which is said.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.dates import as_dates
from fathom.data.kinds import names as names_of
from fathom.data.moments import with_moments
from fathom.data.rhythm import NEAR, Rhythm, in_words, places, step_of, usual_horizon
from fathom.data.steps import (
    LEAST_ROWS,
    MOST_MISSING,
    REGULAR,
    one_a_step,
    stopped,
    without_empty_ends,
)
from fathom.data.table import Column, Finding, Part, Table
from fathom.errors import DataError, OptionError

ROW = "row of the source"
ASK = "To ask what comes next, pass --task forecasting"
NAMED = ("text", "id", "category")
RESERVED = ("target", "label", "class", "y")
LEAST_DATES = 0.3


def follows_time(table: Table) -> bool:
    """Whether a table is but dates, one usual step apart and in order, and numbers beside them."""
    table = with_moments(table)
    dates = [column for column in table if column.kind == "date"]
    others = [column for column in table if column.kind != "date"]
    if len(dates) != 1 or not others or any(column.kind != "number" for column in others):
        return False
    named = any(column.name.strip().lower() in RESERVED for column in others)
    moments = dates[0].series
    if named or table.target or moments.null_count() or len(moments) < LEAST_ROWS:
        return False
    if not moments.is_sorted() or moments.n_unique() < len(moments):
        return False
    gaps = np.diff(places(moments, step_of(moments)))
    return bool((np.abs(gaps - 1) < NEAR).mean() >= REGULAR)


def ask_what_comes(table: Table) -> str:
    """How to have numbers beside dates forecast, and why they were not taken so by themselves; ""
    where there are none.
    """
    known = with_moments(table, years=True)
    dates = [column for column in known if column.kind == "date"]
    if not any(column.kind == "number" for column in known):
        return ""
    if not dates:
        half = any(_half_dates(column) is not None for column in known if column.kind in NAMED)
        return f"{ASK} (its dates do not all read as dates)." if half else ""
    moments = dates[0].series
    why = ""
    if moments.n_unique() < len(moments):
        why = " (its dates stand more than once)"
    elif not moments.is_sorted():
        why = " (its dates are not in order)"
    return f"{ASK}{why}."


def series_of(
    table: Table, targets: tuple[str, ...], horizon: int | None, known: tuple[str, ...] = ()
) -> Table:
    """The same values as one row a step, with the rhythm of the rows and what was mended.

    targets: the series that are asked for; () for all. known: those that stay though all their
    values are equal, since they were learnt when they were not.
    """
    if horizon is not None and horizon < 1:
        raise OptionError(
            "The horizon must be at least one row.", found=str(horizon), remedy="Pass --horizon 12."
        )
    if len(table) < LEAST_ROWS:
        raise _too_short(table, len(table))
    table = with_moments(table, years=True)
    frame, date, findings = _columns(table, targets)
    frame, names, more = _wide(frame, date, targets)
    findings += more
    names, more = _asked(table, frame, names, targets, known)
    findings += more
    frame = frame.select([name for name in (date, *names, ROW) if name in frame.columns])
    step = ""
    if date:
        frame, step, more = one_a_step(frame, date, table.path)
        findings += more
    frame, more = without_empty_ends(frame, date, names)
    findings += (*more, *stopped(frame, names))
    if len(frame) < LEAST_ROWS:
        raise _too_short(table, len(frame))
    chosen = usual_horizon(step, len(frame)) if horizon is None else horizon
    findings.append(_said(chosen, horizon is None, step))
    columns = [
        Column(name, "number", frame[name], table[name].why if name in table.names else "")
        for name in names
    ]
    moments = [Column(date, "date", frame[date], table[date].why)] if date else []
    rows = frame[ROW].fill_null(-1).to_list() if ROW in frame.columns else []
    origins = [str(moment) for moment in frame[date]] if date else []
    kept = [replace(finding, row=-1) for finding in table.findings]
    return Table(
        (*moments, *columns),
        table.source,
        table.fingerprint,
        table.path,
        origins=tuple(origins) or tuple(table.origin(row) for row in rows),
        parts=None if table.parts is None else by_row(table.parts, rows),
        findings=(*kept, *findings),
        rhythm=Rhythm(date, step, chosen, tuple(rows), len(table)),
    )


def _too_short(table: Table, rows: int) -> DataError:
    return DataError(
        "There are too few rows to learn or foretell anything from.",
        where=str(table.path),
        found=f"{rows} with a date and a value, at least {LEAST_ROWS} are needed",
        remedy="Bring a longer series.",
    )


def by_row(parts: Sequence[Part], rows: Sequence[int]) -> tuple[Part, ...]:
    """The part of each row of a series; of a row that the source does not have, none."""
    return tuple(parts[row] if row >= 0 else "unused" for row in rows)


def _said(horizon: int, chosen: bool, step: str) -> Finding:
    how = "chosen from the data; " if chosen else ""
    apart = f", {in_words(step)} apart" if step else ""
    return Finding(
        "note",
        "horizon",
        "--horizon",
        f"{how}each forecast reaches {horizon:,} {'row' if horizon == 1 else 'rows'} ahead{apart}.",
        "Overrule it with --horizon N." if chosen else "",
    )


def _columns(table: Table, targets: tuple[str, ...]) -> tuple[pl.DataFrame, str, list[Finding]]:
    """The dates, the names of series and the numbers of a table."""
    dates = [column for column in table if column.kind == "date" and not column.constant]
    if len(dates) > 1:
        raise OptionError(
            "Several columns hold dates.",
            found=", ".join(column.name for column in dates),
            remedy="Leave one of them, or overrule the others with --column NAME=category.",
            where=str(table.path),
        )
    for column in table:
        if not dates and column.kind in NAMED:
            _refuse_half_dates(table, column)
    texts = {c.name: c.series for c in table if c.kind in ("category", "id", "text")}
    numbers = {c.name: c.series for c in table if c.kind == "number"}
    date = dates[0].name if dates else ""
    moments = {date: dates[0].series} if dates else {}
    findings = [] if dates else [
        Finding("note", "no dates", str(table.path), "No column holds dates: the rows are taken in "
                "their order.")
    ]  # fmt: skip
    frame = pl.DataFrame({**moments, **texts, **numbers})
    return frame.with_columns(pl.Series(ROW, range(len(frame)))), date, findings


def _refuse_half_dates(table: Table, column: Column) -> None:
    """Raise where a column holds dates but for some cells, or in several forms or zones, which name
    no one order.
    """
    halves = _half_dates(column)
    if halves is None:
        return
    good, odd = halves
    if odd.str.contains(r"\d[-/.:]\d").all():
        raise DataError(
            f"The dates of the column {column.name!r} are written in different ways, or in "
            "different time zones.",
            where=str(table.path),
            found=f"{good[0]!r} and {odd[0]!r}",
            remedy="Write all of them in one form, best in UTC (2024-01-31 13:00:00).",
        )
    raise DataError(
        f"The column {column.name!r} holds dates, but for some cells.",
        where=str(table.path),
        found=f"{odd[0]!r}" + (f" and {len(odd) - 1:,} more" if len(odd) > 1 else ""),
        remedy=f"Mend them, or pass --column {column.name}=date to leave their rows out.",
    )


def _half_dates(column: Column) -> tuple[pl.Series, pl.Series] | None:
    """Of a column of names the cells that read as dates and the others; None unless there are many
    of the first and any of the second.
    """
    sample = column.series.drop_nulls().head(1000)
    read = as_dates(sample)
    good, odd = sample.filter(read.is_not_null()), sample.filter(read.is_null())
    return (good, odd) if len(odd) and len(good) >= LEAST_DATES * len(sample) else None


def _wide(
    frame: pl.DataFrame, date: str, targets: tuple[str, ...]
) -> tuple[pl.DataFrame, list[str], list[Finding]]:
    """One column a series; of long form the names of the series stand in a column of their own."""
    numbers = [name for name in frame.columns if frame[name].dtype == pl.Float64]
    texts = [name for name in frame.columns if frame[name].dtype == pl.String]
    long = _tells_apart(frame, date, texts, numbers) if date else ""
    if not long:
        findings = [
            Finding("note", "unused column", name, "Only numbers are looked at in time; it is not "
                    "used.")
            for name in texts
        ]  # fmt: skip
        return frame, numbers, findings
    every = [name for name in numbers if name != long]
    values = [value for value in every if any(_is_of(name, value) for name in targets)] or every
    told = frame.with_columns(names_of(frame[long])).drop_nulls([date, long])
    parts: list[pl.DataFrame] = []
    for value in values:
        part = told.pivot(on=long, index=date, values=value, aggregate_function="last")
        named = {name: f"{value} {name}" if len(every) > 1 else name for name in part.columns[1:]}
        parts.append(part.rename(named).select(pl.all() if not parts else pl.exclude(date)))
    wide = pl.concat(parts, how="horizontal") if parts else frame.select(date)
    names = [name for name in wide.columns if name != date]
    kept = len(names) // max(1, len(values))
    reason = f"Each of the {kept:,} values of {long!r} names a series of {', '.join(values)}."
    return wide, names, [Finding("note", "long form", long, reason)]


def _is_of(name: str, value: str) -> bool:
    """Whether a target is a column of numbers, or a series of it."""
    return name == value or name.startswith(f"{value} ")


def _tells_apart(frame: pl.DataFrame, date: str, texts: list[str], numbers: list[str]) -> str:
    """The one column that tells rows of the same date apart, "" where there is none: of names, or
    of few whole numbers.
    """
    moments = frame[date].n_unique()
    if moments >= len(frame):
        return ""
    apart = [
        name for name in (*texts, *numbers)
        if frame.select(date, name).n_unique() >= REGULAR * len(frame)
    ]  # fmt: skip
    named = [name for name in apart if name in texts]
    whole = [
        name for name in apart
        if name in numbers and bool((frame[name] % 1 == 0).fill_null(True).all())
        and frame[name].n_unique() * moments * MOST_MISSING <= len(frame)
    ]  # fmt: skip
    found = named or whole
    return found[0] if len(found) == 1 else ""


def _asked(
    table: Table,
    frame: pl.DataFrame,
    names: list[str],
    targets: tuple[str, ...],
    known: tuple[str, ...],
) -> tuple[list[str], list[Finding]]:
    """The series to look at: of those asked for, or of all, the ones that change or are known."""
    chosen = [name for name in targets if name in names]
    lacking = [name for name in targets if name not in names and name not in table.names]
    if lacking:
        raise OptionError.unknown("column", lacking[0], names)
    findings = []
    kept = []
    for name in chosen or names:
        if frame[name].drop_nulls().n_unique() < (1 if name in known else 2):
            reason = "All its values are equal, so nothing can be learnt of it; it is not used."
            findings.append(Finding("warning", "constant series", name, reason))
        else:
            kept.append(name)
    if not kept:
        raise DataError(
            "No column of numbers that change is left.",
            where=str(table.path),
            found=", ".join(f"{c.name} ({_told(c)})" for c in table),
            remedy="Bring a column of numbers, or overrule a kind with --column NAME=number.",
        )
    return kept, findings


def _told(column: Column) -> str:
    return f"{column.kind}, all values equal" if column.constant else column.kind

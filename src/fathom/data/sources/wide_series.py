"""Neighbouring columns of numbers to one column of series: each row is one from left to right.

Which columns are one series is decided by their names, which count on (t0, t1, ...): names that
speak of time say enough; with any other name neighbours must be more alike than columns far apart.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.kinds import Reading, numbers, plain, without_marks
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding
from fathom.errors import DataError

VALUES = pl.List(pl.List(pl.Float32))
BETWEEN = ".."  # first and last column make the name of a series
LEAST_TOLD, LEAST_SMOOTH = 8, 16  # columns: of names that speak of time, of others
SMOOTH = 0.5  # of how far any two columns are apart, neighbours at most
COMPARED = 1_000  # rows
NUMBERED = re.compile(r"(.*?)[ _.\[(-]*(\d+(?:\.\d+)?)[\])]?")
TIMES = frozenset(("t", "time", "timestep", "timestamp", "step", "tick", "frame"))
PIXELS = frozenset(("p", "px", "pix", "pixel"))
NUMBERS_SHARE = 0.9


def stretches(raw: Raw, aside: Collection[str], reading: Reading) -> list[tuple[str, ...]]:
    """The runs of neighbouring columns that are series beyond doubt; none holds an `aside`."""
    return [
        names
        for stem, names in numbered(raw.frame.columns)
        if not set(names) & set(aside) and is_series(raw.frame, stem, names, reading)
    ]


def numbered(columns: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Runs of neighbouring columns whose names are a stem and numbers at equal steps upward."""
    found: list[tuple[str, list[str], list[float]]] = []
    for name in columns:
        match = NUMBERED.fullmatch(name)
        if match is None:
            found.append(("", [], []))  # what stands between parts two runs
            continue
        stem, number = match[1].strip().lower(), float(match[2])
        own, names, places = found[-1] if found else ("", [], [])
        if names and own == stem and follows(places, number):
            names.append(name)
            places.append(number)
        else:
            found.append((stem, [name], [number]))
    return [(stem, tuple(names)) for stem, names, _ in found if len(names) >= LEAST_TOLD]


def follows(places: Sequence[float], number: float) -> bool:
    """Whether a number comes after others at their step."""
    step = number - places[-1]
    usual = places[1] - places[0] if len(places) > 1 else step
    return step > 0 and abs(step - usual) < 1e-3 * usual


def is_series(frame: pl.DataFrame, stem: str, names: Sequence[str], reading: Reading) -> bool:
    """Whether columns of such names follow each other in time."""
    told = stem in TIMES
    if stem in PIXELS or (not told and len(names) < LEAST_SMOOTH):
        return False
    spread = np.linspace(0, len(frame) - 1, min(COMPARED, len(frame))).astype(int)
    values, lost = matrix(frame[np.unique(spread)], names, reading)
    known = int((~np.isnan(values)).sum())
    if not known or lost > (1 - NUMBERS_SHARE) * (known + lost):
        return False
    return told or (not only_whole(values) and is_smooth(values))


def only_whole(values: np.ndarray) -> bool:
    """Whether all values are whole numbers: counts, answers or pixels rather than a measurement."""
    known = values[~np.isnan(values)]
    return bool((known == np.round(known)).all())


def is_smooth(values: np.ndarray) -> bool:
    """Whether columns are far more like their neighbours than like any others, (N, T) values.

    Each column is standardised first, so that scales that rise from left to right prove nothing.
    """
    values = values[:, (~np.isnan(values)).sum(axis=0) > 1]  # what short series never reach
    if values.shape[1] < LEAST_SMOOTH:
        return False
    deviation = np.nanstd(values, axis=0)
    scaled = (values - np.nanmean(values, axis=0)) / np.where(deviation > 0, deviation, 1.0)
    other = np.random.default_rng(0).permutation(scaled.shape[1])
    far = np.abs(scaled - scaled[:, other])[:, other != np.arange(len(other))]
    near = np.abs(np.diff(scaled, axis=1))
    return mean_known(near) < SMOOTH * mean_known(far)


def mean_known(values: np.ndarray) -> float:
    """The mean of what is not nan; infinity of nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.inf


def matrix(frame: pl.DataFrame, names: Sequence[str], reading: Reading) -> tuple[np.ndarray, int]:
    """Columns as numbers (N, T), nan where there is none, and how many cells were lost by that."""
    columns, lost = [], 0
    for name in names:
        cells = plain(frame[name])
        if cells.dtype == pl.String:
            cells, _ = without_marks(cells, reading.marks)
        found = numbers(cells, reading)
        lost += found.null_count() - cells.null_count()
        columns.append(found.fill_null(np.nan).to_numpy())
    return np.stack(columns, axis=1), lost


def name_of(names: Sequence[str]) -> str:
    """What a series of these columns is called."""
    return f"{names[0]}{BETWEEN}{names[-1]}"


def named(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns from the first to the last that a name tells, in order; else none."""
    places = {column: place for place, column in enumerate(columns)}
    for cut in (match.start() for match in re.finditer(re.escape(BETWEEN), name)):
        first, last = name[:cut], name[cut + len(BETWEEN) :]
        if first in places and last in places and places[first] < places[last]:
            return tuple(columns[places[first] : places[last] + 1])
    return ()


def folded(raw: Raw, names: Sequence[str], reading: Reading) -> Raw:
    """The same records with these columns as one of series, which ends at its last known value."""
    name, place = name_of(names), raw.files[0].name if raw.files else str(raw.root)
    refuse_parted(raw, names, place)
    values, lost = matrix(raw.frame, names, reading)
    if np.isnan(values).all():
        raise DataError(
            f"The columns {name} hold no numbers.",
            where=place,
            remedy="Name columns of numbers with --column 'NAME*=series'.",
        )
    told = {finding.row for finding in raw.findings}
    findings = [
        Finding("set aside", "empty series", raw.origins[row], f"{name} holds no value.", "Fill it "
                "in or remove the row.", int(row))
        for row in np.flatnonzero(np.isnan(values).all(axis=1)) if int(row) not in told
    ]  # fmt: skip
    if lost:
        reason = f"{lost:,} cells are no finite number and count as gaps."
        findings.append(Finding("warning", "cells that do not fit", name, reason, "Mend them."))
    frame = raw.frame.with_columns(pl.Series(name, cells(values), dtype=VALUES))
    first = raw.frame.columns.index(names[0])
    order = [column for column in raw.frame.columns if column not in names]
    order.insert(min(first, len(order)), name)
    return replace(raw, frame=frame.select(order), findings=(*raw.findings, *findings))


def refuse_parted(raw: Raw, names: Sequence[str], place: str) -> None:
    """Raise where other columns stand between those of a series: its name tells the ends alone."""
    between = [name for name in named(name_of(names), raw.frame.columns) if name not in names]
    if between or len(names) < 2:
        raise DataError(
            "The columns of a series must be two or more that stand side by side.",
            where=place,
            found=", ".join(between or names),
            remedy="Move the other columns to the front, or name the series as FIRST..LAST.",
        )


def cells(values: np.ndarray) -> list[list[list[float]] | None]:
    """Each row (T,) up to its last known value as one channel; None where none is known."""
    known = ~np.isnan(values)
    length = np.where(known.any(axis=1), values.shape[1] - known[:, ::-1].argmax(axis=1), 0)
    return [[row[:end].tolist()] if end else None for row, end in zip(values, length, strict=True)]


def said(names: Sequence[str], why: str) -> Finding:
    """A word on what was taken as a series."""
    return Finding(
        "note",
        "series",
        name_of(names),
        f"{len(names):,} columns follow each other ({why}): each row is one series of up to "
        f"{len(names):,} values.",
        f"If they are unrelated numbers, pass --column {name_of(names)}=number.",
    )


def spelled_out(kinds: Mapping[str, str], columns: Sequence[str]) -> dict[str, list[str]]:
    """The columns that each name stands for that is none: "t0..t99", or "t*", in their order."""
    found = {name: matching(name, columns) for name in kinds if name not in columns}
    return {name: stands_for for name, stands_for in found.items() if stands_for}


def matching(name: str, columns: Sequence[str]) -> list[str]:
    """The columns from one to another that a name tells, or those that its stars fit."""
    if "*" not in name:
        return list(named(name, columns))
    pattern = ".*".join(map(re.escape, name.split("*")))
    return [column for column in columns if re.fullmatch(pattern, column)]

"""A table that holds whole series, as columns or as rows, to one with a column of series.

What is recognised is said, and `--column` overrules it: t0..t99=series (or 't*=series') for columns
that are one series, clip=series for a column that names the series of each row, t0..t99=number for
neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from fathom.data.kinds import Reading
from fathom.data.sources import long_series, wide_series
from fathom.data.sources.raw import Raw
from fathom.data.table import Kind
from fathom.data.targets import NAMES

ASKED = (None, "classification", "regression")


def recognised(
    raw: Raw,
    kinds: Mapping[str, Kind],
    *,
    targets: Collection[str],
    missing: Collection[str] = (),
    task: str | None = None,
) -> tuple[Raw, dict[str, Kind]]:
    """The records with whole series as one column, and the kinds of the columns that are left.

    Asked for by a kind "series", else recognised beyond doubt, where there is a target beside.
    """
    reading = Reading(decimal_comma=raw.decimal_comma).with_marks(missing)
    columns = raw.frame.columns
    stars = wide_series.spelled_out(kinds, columns)
    left: dict[str, Kind] = {
        column: kind
        for name, kind in kinds.items()
        for column in stars.get(name) or [name]
        if kind != "series"
    }
    usual = [name for name in columns if name.strip().lower() in NAMES]
    own = {*(targets or [raw.target, *usual])} & set(columns)
    asked = [name for name, kind in kinds.items() if kind == "series"]
    for name in asked:
        made = as_asked(raw, name, stars.get(name, []), own, reading)
        if made is raw or name in made.frame.columns:
            left[name] = "series"  # a column that is one, or one that is not there
        raw = made
    plain = not (raw.running or raw.pictures or raw.sounds)
    if asked or task not in ASKED or not own or not plain:
        return raw, left
    return told(raw, {*targets, *left}, own, reading), left


def told(raw: Raw, aside: Collection[str], targets: Collection[str], reading: Reading) -> Raw:
    """The records with what is recognised as series, and a word on it."""
    found = wide_series.stretches(raw, {*aside, *targets}, reading)
    for names in found:
        raw = wide_series.folded(raw, names, reading)
        note = wide_series.said(names, "by their names and values")
        raw = replace(raw, findings=(*raw.findings, note))
    if found:
        return raw
    layout = long_series.laid_out(raw, targets, reading)
    if layout is None or {layout.series, layout.time, *layout.values} & set(aside):
        return raw
    made = long_series.gathered(raw, layout, reading)
    note = long_series.said(layout, len(raw), len(made))
    return replace(made, findings=(*made.findings, note))


def as_asked(
    raw: Raw, name: str, starred: Collection[str], targets: Collection[str], reading: Reading
) -> Raw:
    """One column of series as it was asked for, or as a trained network knows it."""
    columns = raw.frame.columns
    names = [column for column in starred if column not in targets]
    if names:
        return wide_series.folded(raw, names, reading)
    if name not in columns:
        layout = long_series.named(name, columns)
        return raw if layout is None else long_series.gathered(raw, layout, reading)
    if is_list(raw.frame[name]):
        return listed(raw, name)
    layout = long_series.laid_out(raw, targets, reading, name)
    assert layout is not None
    return long_series.gathered(raw, layout, reading)


def is_list(cells: pl.Series) -> bool:
    """Whether each cell is a list."""
    return isinstance(cells.dtype, (pl.List, pl.Array))


def listed(raw: Raw, name: str) -> Raw:
    """The same where a column of lists of numbers is one of series of one channel."""
    cells = raw.frame[name]
    inner = cells.dtype.inner if isinstance(cells.dtype, (pl.List, pl.Array)) else None
    if inner is None or isinstance(inner, (pl.List, pl.Array)) or not inner.is_numeric():
        return raw
    kept = [[cell] if cell else None for cell in cells.to_list()]
    values = pl.Series(name, kept, dtype=wide_series.VALUES)
    return replace(raw, frame=raw.frame.with_columns(values))

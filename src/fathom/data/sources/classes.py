"""Class numbers in a table to the names that a list beside it gives them."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from fathom.data.sources.encoding import read_text
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding
from fathom.errors import DataError

NAMES = ("classes.txt", "labels.txt", "class_names.txt", "label_names.txt")
MOST = 10_000


def with_class_names(raw: Raw, folder: Path) -> Raw:
    """Name the classes where one column holds just the numbers of the names in `classes.txt`.

    K names, one a line, belong to a column with all of 1 to K or 0 to K-1 and nothing else; that
    column is then the target. Where no column, or several, are so, nothing changes.
    """
    listed = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if listed is None or listed in raw.files:
        return raw
    names = _names(listed)
    fitting = [(series.name, first) for series in raw.frame for first in _first(series, len(names))]
    if len(fitting) != 1 or len(set(names)) < len(names):
        return raw
    column, first = fitting[0]
    named = {str(number): name for number, name in enumerate(names, first)}
    cells = raw.frame[column].cast(pl.String).str.strip_chars()
    reason = f"The numbers are named by {listed.name}: {', '.join(names[:8])}"
    note = Finding("note", "class names", column, reason + (", ..." if names[8:] else "."))
    return replace(
        raw,
        frame=raw.frame.with_columns(cells.replace(named).alias(column)),
        files=(*raw.files, listed),
        target=raw.target or column,
        findings=(*raw.findings, note),
    )


def _names(path: Path) -> list[str]:
    try:
        text = read_text(path)[0]
    except DataError:
        return []
    return [line.strip() for line in text.split("\n") if line.strip()]


def _first(series: pl.Series, count: int) -> list[int]:
    """0 or 1 where the column holds each whole number from there, `count` in all; else nothing."""
    if not 2 <= count <= MOST or not (series.dtype == pl.String or series.dtype.is_integer()):
        return []
    cells = series.cast(pl.String).str.strip_chars().unique().head(MOST + 2)
    found = set(cells.to_list()) - {"", None}
    return [one for one in (0, 1) if found == {str(n) for n in range(one, count + one)}]

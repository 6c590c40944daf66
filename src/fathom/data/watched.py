"""A table of dates, numbers and, where known, labels to a series whose odd rows are asked for.

Labels are a column, or windows of time in a JSON file beside the series, or in the folder above:
`*windows*.json` holds, by the file's name or its end ("folder/series.csv"), a list of pairs of
first and last moment.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl

from fathom.data.codecs.category import as_names
from fathom.data.table import Column, Finding, Table
from fathom.data.timeline import series_of
from fathom.errors import DataError

ASKED = ("anomaly", "series_anomaly")
LABELS = ("anomaly", "is_anomaly", "label", "target", "class", "y")
WITHIN = "anomaly"  # the column that windows make
PATTERN = "*windows*.json"
LARGEST = 50_000_000  # bytes


def is_watched(table: Table, targets: Sequence[str]) -> bool:
    """Whether a table is one column of dates, numbers, and at most a column of labels."""
    label = label_of(table, targets)
    dates = [column for column in table if column.kind == "date"]
    others = [column for column in table if column.kind != "date" and column.name != label]
    return len(dates) == 1 and bool(others) and all(one.kind == "number" for one in others)


def label_of(table: Table, targets: Sequence[str]) -> str:
    """The column of labels: the one asked for, else the only one with a usual name, else ""."""
    named = [name for name in targets if name in table.names]
    usual = [name for name in table.names if name.strip().lower() in LABELS]
    return (named or (usual if len(usual) == 1 else [""]))[0]


def watched_series(table: Table, targets: Sequence[str]) -> Table:
    """One row a step, with the column of labels as the target where there is one."""
    label = label_of(table, targets)
    own = tuple(column for column in table if column.name != label)
    series = series_of(replace(table, columns=own, target=""), (), 1)
    findings = tuple(one for one in series.findings if one.subject != "horizon")
    rhythm = series.rhythm
    assert rhythm is not None
    if label:
        rows = pl.Series(rhythm.rows, dtype=pl.Int64)
        given = as_names(table[label].series)
        values = given.gather(pl.select(pl.when(rows >= 0).then(rows)).to_series())
        marks = Column(label, "category", values.alias(label), "which rows are unusual")
        return replace(series, columns=(*series.columns, marks), target=label, findings=findings)
    found = windows_beside(table.path)
    if found is None:
        return replace(series, findings=findings)
    file, windows = found
    moments = series[rhythm.date].series
    inside = pl.Series([False] * len(moments))
    for first, last in windows:
        inside |= (moments >= first) & (moments <= last)
    values = inside.cast(pl.Int64).cast(pl.String).alias(WITHIN)
    marks = Column(WITHIN, "category", values, f"windows of {file.name}")
    said = f"{len(windows):,} windows of {file.name} say which rows are unusual."
    note = Finding("note", "labelled windows", str(file), said)
    return replace(
        series, columns=(*series.columns, marks), target=WITHIN, findings=(*findings, note)
    )


def windows_beside(path: Path) -> tuple[Path, list[tuple[datetime, datetime]]] | None:
    """The windows of the first file beside a series, or in the folder above, that names it."""
    for folder in (path.resolve().parent, path.resolve().parent.parent):
        for file in sorted(folder.glob(PATTERN)):
            if file.stat().st_size > LARGEST:
                continue
            windows = of_series(file, path.name)
            if windows is not None:
                return file, windows
    return None


def of_series(file: Path, name: str) -> list[tuple[datetime, datetime]] | None:
    """The windows of one series; None where the file does not name it."""
    try:
        content = json.loads(file.read_text("utf-8"))
        keys = [key for key in content if key == name or key.endswith("/" + name)]
        if not keys:
            return None
        return [
            (datetime.fromisoformat(first), datetime.fromisoformat(last))
            for first, last in content[keys[0]]
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            "The windows of anomalies do not read.",
            where=str(file),
            found=str(error)[:200],
            remedy='Write {"series.csv": [["2014-01-31 13:00:00", "2014-01-31 15:00:00"]]}.',
        ) from error

"""A table of dates, numbers and, where known, labels to a series whose odd rows are asked for.

Labels are a column, or windows of time in a JSON file beside the series, or in the folder above:
`*windows*.json` holds, by the file's name or its end ("folder/series.csv"), a list of pairs of
first and last moment.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.codecs.category import as_names
from fathom.data.rhythm import NEAR, Rhythm, places, step_of
from fathom.data.steps import in_order
from fathom.data.table import Column, Finding, Table
from fathom.data.targets import is_yes_or_no
from fathom.data.timeline import ROW, series_of
from fathom.errors import DataError

LABELS = ("anomaly", "is_anomaly", "label", "target", "class", "y")
WITHIN = "anomaly"  # the column that windows make
PATTERN = "*windows*.json"
GAP = 1.5  # usual steps
RARE = 0.2  # of the labelled rows, unusual ones at most, where nobody asked for anomalies
STEADY = 0.5  # of the rows, so many follow at the usual step
LEAST_ROWS = 100
LARGEST = 50_000_000  # bytes


def is_watched(table: Table, targets: Sequence[str]) -> bool:
    """Whether a table is one column of dates, numbers, and at most a column of labels."""
    label = label_of(table, targets)
    dates = [column for column in table if column.kind == "date"]
    others = [column for column in table if column.kind != "date" and column.name != label]
    return len(dates) == 1 and bool(others) and all(one.kind == "number" for one in others)


def stands_out(table: Table, targets: Sequence[str]) -> str:
    """Why a series is watched though nobody asked for it; "" where it is not.

    Either rare rows of steady dates are marked by 0 or 1 (or yes, true), or a file of windows names
    it.
    """
    if not is_watched(table, targets) or len(table) < LEAST_ROWS:
        return ""
    date = next(column.series for column in table if column.kind == "date")
    if date.null_count() or date.n_unique() < len(date):
        return ""
    name = label_of(table, targets)
    if not name:
        with suppress(DataError):  # what does not read was not meant for it
            found = None if targets else windows_beside(table.path)
            return "" if found is None else f"{found[0].name} names its windows"
        return ""
    label = as_names(table[name].series)
    counts = label.drop_nulls().value_counts(sort=True)["count"].to_list()
    marked = is_yes_or_no(label) and len(counts) == 2 and counts[1] <= RARE * sum(counts)
    ordered = date.sort()
    gaps = np.diff(places(ordered, step_of(ordered)))
    steady = float((np.abs(gaps - 1) < NEAR).mean()) >= STEADY
    share = f"{100 * counts[1] / sum(counts):.2g}" if marked else ""
    return f"{name!r} marks {share} of 100 rows that follow steadily" if marked and steady else ""


def label_of(table: Table, targets: Sequence[str]) -> str:
    """The column of labels: the one asked for, else the only one with a usual name, else ""."""
    named = [name for name in targets if name in table.names]
    usual = [name for name in table.names if name.strip().lower() in LABELS]
    return (named or (usual if len(usual) == 1 else [""]))[0]


def watched_series(table: Table, targets: Sequence[str], known: tuple[str, ...] = ()) -> Table:
    """One row a step, with the column of labels as the target where there is one.

    known: series that stay though all their values are equal.
    """
    label = label_of(table, targets)
    date = next(column for column in table if column.kind == "date")
    rows, mended = kept_rows(date)
    numbers = tuple(c.take(rows) for c in table if c.name not in (label, date.name))
    plain = replace(table, columns=numbers, target="", origins=(), parts=None)
    series = series_of(plain, (), 1, known)
    assert series.rhythm is not None
    rows = rows[np.array(series.rhythm.rows)]
    moments = date.take(rows)
    marks, noted = marked(table, label, rows) if label else within(table.path, moments.series)
    noticed = tuple(f for f in series.findings if f.subject not in ("horizon", "no dates"))
    return replace(
        series,
        columns=(moments, *series.columns, *marks),
        origins=tuple(map(str, moments.series)),
        target=marks[0].name if marks else "",
        findings=(*noticed, *mended, *noted),
        rhythm=Rhythm(date.name, step_of(moments.series), 1, tuple(rows.tolist()), len(table)),
    )


Marks = tuple[tuple[Column, ...], tuple[Finding, ...]]  # the column of labels, if any; what is said


def marked(table: Table, label: str, rows: np.ndarray) -> Marks:
    """The labels that a column of the table gives to rows of it."""
    values = as_names(table[label].take(rows).series)
    return (Column(label, "category", values.alias(label), "which rows are unusual"),), ()


def within(path: Path, moments: pl.Series) -> Marks:
    """1 for each moment in a window of a file beside the series, else 0; nothing without a file."""
    found = windows_beside(path)
    if found is None:
        return (), ()
    file, windows = found
    inside = pl.Series([False] * len(moments))
    for first, last in windows:
        inside |= (moments >= first) & (moments <= last)
    values = inside.cast(pl.Int64).cast(pl.String).alias(WITHIN)
    said = f"{len(windows):,} windows of {file.name} say which rows are unusual."
    note = Finding("note", "labelled windows", str(file), said)
    return (Column(WITHIN, "category", values, f"windows of {file.name}"),), (note,)


def kept_rows(date: Column) -> tuple[np.ndarray, list[Finding]]:
    """The rows in the order of their dates, of each date the last, and what was mended.

    Rows that are missing are not filled in: what is watched is what was measured.
    """
    frame = pl.DataFrame({date.name: date.series, ROW: np.arange(len(date))})
    kept, findings = in_order(frame, date.name)
    steps = np.diff(kept[date.name].dt.epoch("ms").to_numpy())
    late = int((steps > GAP * np.median(steps)).sum()) if len(steps) else 0
    if late:
        reason = f"Rows later than usual after the one before: {late:,}; nothing is filled in."
        findings.append(Finding("warning", "gaps", date.name, reason))
    return kept[ROW].to_numpy(), findings


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
        names = content if isinstance(content, dict) else {}
        keys = [key for key in names if key == name or key.endswith("/" + name)]
        if not keys:
            return None
        return [(moment(first), moment(last)) for first, last in names[keys[0]]]
    except (ValueError, TypeError, OSError) as error:
        raise DataError(
            "The windows of anomalies do not read.",
            where=str(file),
            found=str(error)[:200],
            remedy='Write {"series.csv": [["2014-01-31 13:00:00", "2014-01-31 15:00:00"]]}.',
        ) from error


def moment(text: str) -> datetime:
    """A date as it is written; with a time zone, in UTC, as columns of such dates are read."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read

"""Trained networks and raw rows to frames of answers: row by row, after a series, and along one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import time
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.answers import answer_frame
from fathom.data.table import Finding, Table
from fathom.members import Member, answers, strangers


def row_by_row(members: Sequence[Member], table: Table) -> pl.DataFrame:
    """Answer the rows of a table; set-aside rows keep their place with a note."""
    usable = np.setdiff1d(np.arange(len(table)), table.unusable())
    outputs = answers(members, table.take(usable))
    frame = answer_frame(members[0].fields.target.codec, outputs)
    frame = frame.with_columns(pl.Series("row", usable, dtype=pl.Int64))
    rows = pl.DataFrame(
        {
            "row": np.arange(len(table)),
            "input": [table.origin(row) for row in range(len(table))],
            "note": notes((*table.findings, *strangers(members, table)), len(table)),
        },
        schema={"row": pl.Int64, "input": pl.String, "note": pl.String},
    )
    joined = rows.join(frame, on="row", how="left", maintain_order="left").drop("row")
    return joined.select(pl.exclude("note"), "note")


def from_its_end(members: Sequence[Member], table: Table) -> pl.DataFrame:
    """Forecast the rows that follow a series."""
    target = members[0].fields.target.codec
    outputs = answers(members, followed(table), np.array([len(table)]))
    dates, series = ahead_of(table), len(target.spec().classes)
    columns = [pl.Series("date", dates.to_list() * series, dtype=dates.dtype)]
    return answer_frame(target, outputs).select(*columns, pl.all())


def along(members: Sequence[Member], table: Table) -> pl.DataFrame:
    """Score every row of a series."""
    fields = members[0].fields
    frame = answer_frame(fields.target.codec, answers(members, table))
    dates = table[fields.inputs[0].columns[0]].series.alias("date")
    return frame.select(dates, pl.all())


def beside_inputs(frames: Iterable[tuple[str | Path, pl.DataFrame]]) -> pl.DataFrame:
    """Answers to several sources, each row with its source as `input`; one may be dated by days and
    another by times.
    """
    named = [frame.select(pl.lit(str(place)).alias("input"), pl.all()) for place, frame in frames]
    return pl.concat(named, how="vertical_relaxed")


def followed(table: Table) -> Table:
    """A series with one row more, of which nothing is known: the forecast begins there."""
    columns = tuple(
        replace(c, values=pl.concat([c.series, pl.Series(c.name, [None], dtype=c.series.dtype)]))
        for c in table
    )
    return replace(table, columns=columns, origins=(), parts=None)


def ahead_of(table: Table) -> pl.Series:
    """The dates of the rows that are forecast; numbers of rows where there are no dates."""
    rhythm = table.rhythm
    assert rhythm is not None
    if not rhythm.date:
        return pl.Series("date", range(len(table), len(table) + rhythm.horizon))
    known = table[rhythm.date].series
    ahead = rhythm.ahead(known, rhythm.horizon)
    return ahead.cast(pl.Date) if in_days(known) else ahead


def in_days(dates: pl.Series) -> bool:
    """Whether all times are midnight, as those of a series by days or months are."""
    return dates.dtype.is_temporal() and bool((dates.dt.time() == time()).all())


def notes(findings: Iterable[Finding], rows: int) -> list[str]:
    """What was found out about each row, joined; "" for most."""
    told: list[list[str]] = [[] for _ in range(rows)]
    for finding in findings:
        if 0 <= finding.row < rows:
            told[finding.row].append(finding.reason)
    return [" ".join(reasons) for reasons in told]

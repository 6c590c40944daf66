"""The raw examples: named columns, each of one kind, with what was noticed about them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from fathom.data.media import Media
from fathom.data.rhythm import Rhythm
from fathom.errors import DataError, OptionError

Kind = Literal[
    "number",
    "category",
    "date",
    "text",
    "image",
    "binary",
    "audio",
    "series",
    "id",
    "reference",
]
Part = Literal["train", "valid", "test", "unused"]
Severity = Literal["set aside", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed about the data; nothing is dropped without one.

    subject: a short stable word such as "broken picture" or "id column"; place: file, column, line;
    row: row number in the table, -1 when it is not about one row; "set aside" rows are never used.
    """

    severity: Severity
    subject: str
    place: str
    reason: str
    remedy: str = ""
    row: int = -1


@dataclass(frozen=True)
class Column:
    """Values of one kind, one per row.

    number: Float64 series; category, text, id: String; date: Datetime; null is missing.
    series: lists of channels, each a list of values. reference: String, what another person
    answered: only judging looks at it. image: `Pictures`; binary, only ever asked for: such whose
    pixels are on or off; audio: `Sounds`. why: one phrase that tells how the kind was inferred.
    constant: all known values are equal, or none is known: nothing can be learnt from it.
    """

    name: str
    kind: Kind
    values: "pl.Series | Media"
    why: str = ""
    constant: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def series(self) -> pl.Series:
        """The values of a column that holds cells; raises DataError where it holds media."""
        if isinstance(self.values, Media):
            raise DataError(
                f"The column {self.name!r} holds {self.values.noun}s.",
                remedy="Name a column of values instead.",
            )
        return self.values

    def take(self, rows: np.ndarray) -> "Column":
        """The same column for the given row numbers, in their order."""
        if isinstance(self.values, Media):
            return replace(self, values=self.values.take(rows))
        return replace(self, values=self.values[rows.astype(np.int64)])

    def missing(self) -> np.ndarray:
        """Which rows hold no value, (N,) bool."""
        if isinstance(self.values, Media):
            return self.values.missing()
        return self.values.is_null().to_numpy()


def cell_in_words(cell: object) -> str:
    """A cell as text; a date without the hour where that is midnight, of a whole series how long it
    is.
    """
    if isinstance(cell, datetime) and cell.time() == time():
        return str(cell.date())
    if not isinstance(cell, pl.Series):
        return str(cell)
    lengths = cell.list.len()
    channels = f"{len(cell):,} channels of " if len(cell) > 1 else ""
    return f"{channels}{int(lengths[0]) if len(lengths) else 0:,} values"


@dataclass(frozen=True)
class Table:
    """Columns of equal length and where they came from.

    Every record of the source is a row, also those set aside, so row numbers agree with the data
    (0-based; the files of several parts follow each other in the order train, valid, test).
    origins: where each row came from ("rose/1.jpg", "train.csv line 41"), "" when there is none.
    parts: the given part of each row, None where the source gives no parts.
    source: the format's name; fingerprint: sha256 over the content of all raw files, hex.
    target: the column that the source's own form names (class folder, IDX labels), or "".
    running: the rows are stretches of one text, in order; joined they are the text.
    rhythm: how the rows follow each other in time, where they are to be forecast.
    """

    columns: tuple[Column, ...]
    source: str
    fingerprint: str
    path: Path
    origins: tuple[str, ...] = ()
    parts: tuple[Part, ...] | None = None
    target: str = ""
    findings: tuple[Finding, ...] = field(default=())
    running: bool = False
    rhythm: Rhythm | None = None

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise OptionError.unknown("column", name, self.names)

    def told(self) -> str:
        """The columns and their kinds in words."""
        return ", ".join(f"{column.name} ({column.kind})" for column in self)

    def only(self, kind: Kind, *, what: str, remedy: str, but: Collection[str] = ()) -> Column:
        """The one column of a kind; raises DataError where there is none or several.

        what: for what it is needed, a sentence; but: columns that do not count.
        """
        found = [column for column in self if column.kind == kind and column.name not in but]
        if len(found) != 1:
            raise DataError(what, where=str(self.path), found=self.told(), remedy=remedy)
        return found[0]

    def take(self, rows: np.ndarray) -> "Table":
        """The same table for the given row numbers; findings stay as they are."""
        rows = np.asarray(rows)
        return replace(
            self,
            columns=tuple(column.take(rows) for column in self.columns),
            origins=tuple(self.origins[row] for row in rows) if self.origins else (),
            parts=tuple(self.parts[row] for row in rows) if self.parts else None,
        )

    def origin(self, row: int) -> str:
        """Where a row came from, in words."""
        return self.origins[row] if self.origins else f"row {row}"

    def unusable(self) -> np.ndarray:
        """Sorted row numbers that a finding set aside, int64."""
        rows = {f.row for f in self.findings if f.severity == "set aside" and f.row >= 0}
        return np.array(sorted(rows), dtype=np.int64)

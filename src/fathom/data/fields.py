"""A table's columns to stored tensors, field by field: number, category and date columns form one
row, every other column is a field of its own, and the target columns are the field "target"."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.data.batches import Examples, named
from fathom.data.codecs import Codec, Following, Stored, to_json
from fathom.data.codecs.registry import codec_from_json
from fathom.data.table import Column, Finding, Table
from fathom.errors import DataError
from fathom.spec import Spec

TARGET = "target"
ROW = "row"


@dataclass(frozen=True)
class Limits:
    """What fields may depend on besides the data.

    picture_side: the longest that a network sees, in pixels; seconds: of the whole budget. family:
    the one asked for. code: numbers of a code, 0: not said. normal: the value that clean rows have.
    kinds: of columns, as asked for. extract: whether summaries are put together from units of their
    texts; None: as the data and the budget ask for it.
    """

    picture_side: int = 128
    seconds: float = 300.0
    extract: bool | None = None
    family: str = ""
    code: int = 0
    normal: str = ""
    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """One field: the columns it is made of and the codec that turns them into tensors.

    together: the codec takes a list of columns (row, labels, numbers) instead of one column's
    values.
    """

    name: str
    columns: tuple[str, ...]
    codec: Codec
    together: bool

    def values(self, table: Table) -> Any:
        """What the codec's `encode` takes, from a table that holds the columns."""
        columns = [table[name] for name in self.columns if name in table.names]
        if self.together:
            return columns
        if not columns:
            raise DataError(
                f"The column {self.columns[0]!r} is missing.",
                remedy="Add it: the network was trained with it.",
                where=str(table.path),
                found=", ".join(table.names) or "no columns",
            )
        return columns[0].values

    def encode(self, table: Table) -> dict[str, Stored]:
        """The field's tensors over all rows, named for a batch.

        What was learnt from one text may be asked of several, which do not follow each other.
        """
        codec = self.codec
        if isinstance(codec, Following) and not table.running:
            codec = codec.apart()
        return named(self.name, codec.encode(self.values(table)))


@dataclass(frozen=True)
class Fields:
    """All fields of a task: inputs by name, and the target."""

    inputs: tuple[Field, ...]
    target: Field

    def __iter__(self) -> Iterator[Field]:
        yield from (*self.inputs, self.target)

    @property
    def specs(self) -> dict[str, Spec]:
        """The spec of every field by name, the target's under "target"."""
        return {field.name: field.codec.spec() for field in self}

    @property
    def codecs(self) -> dict[str, Codec]:
        """The codec of every field by name."""
        return {field.name: field.codec for field in self}

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Every column a prediction needs, once, in order."""
        return tuple(dict.fromkeys(name for field in self.inputs for name in field.columns))

    def encode(self, table: Table) -> Examples:
        """All rows of a table as stored tensors, targets included."""
        return Examples(self.encode_inputs(table), self.target.encode(table), self.codecs)

    def encode_inputs(self, table: Table) -> dict[str, Stored]:
        """The input fields only, as prediction needs them."""
        tensors: dict[str, Stored] = {}
        for field in self.inputs:
            tensors |= field.encode(table)
        return tensors

    def strangers(self, table: Table) -> Iterator[Finding]:
        """What rows of a table hold that the inputs' codecs know nothing of."""
        for field in self.inputs:
            for row, reasons in field.codec.strange(field.values(table)).items():
                reason = "; ".join(reasons) + "."
                yield Finding("note", "unknown value", table.origin(row), reason, row=row)

    def unanswerable(self, table: Table, rows: Iterable[int]) -> tuple[Finding, ...]:
        """A word on those of the rows whose target holds what training did not see."""
        found = self.target.codec.strange(self.target.values(table))
        odd = [int(row) for row in rows if int(row) in found]
        if not odd:
            return ()
        reason = (
            f"{len(odd):,} rows that are judged hold what no answer can, and count as errors; the "
            f"first is {table.origin(odd[0])}: {'; '.join(found[odd[0]])}."
        )
        place, remedy = ", ".join(self.target.columns), "Bring training examples that hold it."
        return (Finding("warning", "unseen in training", place, reason, remedy),)

    def to_json(self) -> dict[str, Any]:
        """What `codecs.json` holds."""
        return {
            field.name: {
                "columns": list(field.columns),
                "together": field.together,
                "codec": to_json(field.codec),
            }
            for field in self
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Fields":
        """The inverse of `to_json`; an unknown codec or statistic is an error."""
        fields = {
            name: Field(
                name,
                tuple(entry["columns"]),
                codec_from_json(entry["codec"]),
                bool(entry["together"]),
            )
            for name, entry in content.items()
        }
        target = fields.pop(TARGET)
        return cls(tuple(fields.values()), target)


def learnable(columns: Iterable[Column], targets: tuple[str, ...]) -> list[Column]:
    """The columns a network can take: no targets, ids, constants."""
    taken = ("number", "category", "date", "image", "audio", "series", "text")
    return [c for c in columns if c.name not in targets and c.kind in taken and not c.constant]

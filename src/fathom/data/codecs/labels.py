"""Classes and sets of labels, as targets, to numbers and back to their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.codecs.category import as_names
from fathom.data.label_sets import SEPARATORS, labels_in, labels_of, separator_of
from fathom.data.table import Column
from fathom.errors import DataError
from fathom.spec import Spec

TRUTHS = frozenset({"1", "true", "yes", "y", "t"})
FALSEHOODS = frozenset({"0", "false", "no", "n", "f", ""})
UNKNOWN = -1


@dataclass(frozen=True)
class ClassCodec:
    """One class of K: class `classes[i]` is i; -1 is missing or never seen in training."""

    kind: ClassVar[str] = "class"

    classes: tuple[str, ...]

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Learn the classes, ordered as numbers if all are numbers, else as names."""
        names = as_names(values).drop_nulls().unique()
        numbers = names.cast(pl.Float64, strict=False)
        order = pl.DataFrame({"name": names, "number": numbers})
        if numbers.null_count():
            return cls(tuple(order.sort("name")["name"]))
        return cls(tuple(order.sort(["number", "name"])["name"]))

    @cached_property
    def places(self) -> dict[str, int]:
        """Number of each class by its name."""
        return {name: place for place, name in enumerate(self.classes)}

    def encode(self, values: pl.Series) -> Tensors:
        """Class numbers, int64 (N,)."""
        names = as_names(values).to_list()
        return {
            "value": torch.tensor([self.places.get(n, UNKNOWN) for n in names], dtype=torch.int64)
        }

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Names of the answered class numbers; null for -1."""
        names = [*self.classes, None]
        return pl.Series([names[place] for place in tensors["answer"].tolist()], dtype=pl.String)

    def spec(self) -> Spec:
        """A category of K classes."""
        return Spec(kind="category", classes=self.classes)


@dataclass(frozen=True)
class LabelsCodec:
    """Any number of K labels at once, from one column of joined names or from K yes-or-no columns.

    separator: between the names in one column ("red|blue"); "" when each label has its own column.
    column: the one column's name; "" when each label has its own.
    """

    kind: ClassVar[str] = "labels"

    classes: tuple[str, ...]
    column: str = ""
    separator: str = ""

    @classmethod
    def fit(cls, values: Iterable[Column]) -> Self:
        """One column: find the separator and the names. Several: each column is a label."""
        columns = list(values)
        if len(columns) > 1:
            return cls(tuple(column.name for column in columns))
        cells = _names(columns[0])
        separator = separator_of(cells) or SEPARATORS[0]
        return cls(labels_of(cells, separator), columns[0].name, separator)

    def encode(self, values: Iterable[Column]) -> Tensors:
        """1.0 for each label that is set, float32 (N, K); NaN where that cannot be told."""
        columns = {column.name: column for column in values}
        if self.separator:
            cells = _names(columns[self.column])
            bits = [self._bits(cell) for cell in cells]
            found = np.array(bits).reshape(len(bits), len(self.classes))
        else:
            found = np.stack([_truths(columns[name]) for name in self.classes], axis=1)
        return {"value": torch.from_numpy(found.astype(np.float32))}

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """The names of the labels answered with more than 0.5, a list per example."""
        chosen = (tensors["answer"] > 0.5).tolist()
        names = [[c for c, yes in zip(self.classes, row, strict=True) if yes] for row in chosen]
        return pl.Series(names, dtype=pl.List(pl.String))

    def spec(self) -> Spec:
        """K labels."""
        return Spec(kind="labels", shape=(len(self.classes),), classes=self.classes)

    def _bits(self, cell: str | None) -> np.ndarray:
        """One cell of joined names, float64 (K,); names never seen in training are left out."""
        if cell is None:
            return np.full(len(self.classes), np.nan)
        chosen = labels_in(cell, self.separator)
        return np.array([float(label in chosen) for label in self.classes])


def _names(column: Column) -> pl.Series:
    """The column's values as names; pictures have none."""
    if not isinstance(column.values, pl.Series):
        raise DataError(
            f"The column {column.name!r} holds pictures, not labels.",
            remedy="Choose a column of names as --target.",
        )
    return as_names(column.values)


def _truths(column: Column) -> np.ndarray:
    """A yes-or-no column as 1.0 and 0.0, float64 (N,); NaN for anything else."""
    known = {**dict.fromkeys(TRUTHS, 1.0), **dict.fromkeys(FALSEHOODS, 0.0)}
    cells = _names(column).str.strip_chars().str.to_lowercase().to_list()
    return np.array([known.get(cell, np.nan) if cell is not None else np.nan for cell in cells])

"""All number, date and category columns of a table to one field, the row a network reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.codecs.category import CategoryCodec
from fathom.data.codecs.date import DateCodec
from fathom.data.codecs.number import NumberCodec, scale_numbers
from fathom.data.table import Column
from fathom.errors import DataError
from fathom.spec import Spec

KINDS = ("number", "date", "category")


@dataclass(frozen=True)
class RowCodec:
    """Codecs by column name. Stored: raw numbers, parts of dates, level numbers, in this order.

    Columns it does not know are ignored; columns that are absent read as missing in every row. The
    kinds were decided in training: a column that now looks otherwise is read as what it was then.
    """

    kind: ClassVar[str] = "row"

    numbers: dict[str, NumberCodec]
    dates: dict[str, DateCodec]
    categories: dict[str, CategoryCodec]

    @classmethod
    def fit(cls, values: Iterable[Column]) -> Self:
        """Fit one codec a column; columns of other kinds are left to other codecs."""
        numbers: dict[str, NumberCodec] = {}
        dates: dict[str, DateCodec] = {}
        categories: dict[str, CategoryCodec] = {}
        for column, series in _series(values):
            if column.kind == "number":
                numbers[column.name] = NumberCodec.fit(series)
            elif column.kind == "date":
                dates[column.name] = DateCodec.fit(series)
            elif column.kind == "category":
                categories[column.name] = CategoryCodec.fit(series)
        if not (numbers or dates or categories):
            raise DataError(
                "No column of numbers, dates or categories is left to learn from.",
                remedy="Look at the kinds with: fathom inspect; overrule with --column NAME=KIND.",
            )
        return cls(numbers, dates, categories)

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Raw numbers, parts of dates (NaN is missing), then level numbers: float32 (N, F)."""
        columns = list(values)
        rows = len(columns[0]) if columns else 0
        known = {column.name: series for column, series in _series(columns)}
        nothing = pl.Series([None] * rows, dtype=pl.String)

        def encoded(codecs: Mapping[str, NumberCodec | DateCodec | CategoryCodec]) -> list[Tensors]:
            return [codec.encode(known.get(name, nothing)) for name, codec in codecs.items()]

        parts = encoded(self.numbers) + encoded(self.dates) + encoded(self.categories)
        stacked = [value if value.ndim > 1 else value[:, None] for value in map(_value, parts)]
        return {"value": torch.cat(stacked, 1)}

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """The names that no level of their column stands for."""
        told: dict[int, list[str]] = {}
        for column, series in _series(values):
            if column.name not in self.categories:
                continue
            names, codes = series.cast(pl.String), self.categories[column.name].encode(series)
            odd = names.is_not_null().to_numpy() & (codes["value"].numpy() == 0)
            for row in np.flatnonzero(odd).tolist():
                words = f"{column.name} holds {names[row][:30]!r}, which the network does not know"
                told.setdefault(row, []).append(words)
        return told

    def prepare(self, tensors: Tensors) -> Tensors:
        """Scaled numbers, flags of missing ones, then level numbers: float32 (B, F')."""
        value = tensors["value"].float()
        scales = [codec for _, codec in self._scaled()]
        numbers = scale_numbers(value[:, : len(scales)], scales)
        return {"value": torch.cat([numbers, value[:, len(scales) :]], dim=1)}

    def decode(self, tensors: Tensors) -> pl.DataFrame:
        """The encoded columns by name; missing ones are null, dates are exact to the minute."""
        value = tensors["value"]
        columns: dict[str, pl.Series] = {}
        place = 0
        for name, number in self.numbers.items():
            floats = number.decode({"value": value[:, place]})
            columns[name] = pl.Series(floats).fill_nan(None)
            place += 1
        for name, date in self.dates.items():
            columns[name] = date.decode({"value": value[:, place : place + len(date.parts)]})
            place += len(date.parts)
        for name, category in self.categories.items():
            columns[name] = category.decode({"value": value[:, place].long()})
            place += 1
        return pl.DataFrame(columns)

    def spec(self) -> Spec:
        """The prepared row; its last columns are categories with these levels."""
        levels = tuple(len(codec.levels) + 1 for codec in self.categories.values())
        return Spec(kind="row", shape=(len(self.features()),), levels=levels)

    def features(self) -> tuple[str, ...]:
        """The name of each prepared column, in order."""
        scaled = [name for name, _ in self._scaled()]
        flags = [f"{name} is missing" for name, codec in self._scaled() if codec.flagged]
        return (*scaled, *flags, *self.categories)

    def _scaled(self) -> list[tuple[str, NumberCodec]]:
        """The codecs of all real columns with their names: numbers, then parts of dates."""
        parts = [
            (f"{name} {part}", codec)
            for name, date in self.dates.items()
            for part, codec in date.parts.items()
        ]
        return [*self.numbers.items(), *parts]


def _value(part: Tensors) -> torch.Tensor:
    return part["value"].float()


def _series(columns: Iterable[Column]) -> Iterator[tuple[Column, pl.Series]]:
    """The columns that hold plain values, with them."""
    for column in columns:
        if isinstance(column.values, pl.Series):
            yield column, column.values


def as_matrix(tensors: Tensors) -> np.ndarray:
    """The encoded row as float32 (N, F) for methods that take NaN as missing (the rivals)."""
    return tensors["value"].numpy()

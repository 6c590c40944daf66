"""The input fields that classification and regression share: one row, each picture and series
column."""

import numpy as np

from fathom.data.codecs.image import ImageCodec
from fathom.data.codecs.row import RowCodec
from fathom.data.codecs.series import SeriesCodec
from fathom.data.fields import ROW, Field, learnable
from fathom.data.pictures import Pictures
from fathom.data.table import Column, Table
from fathom.errors import DataError


def input_fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], side_limit: int
) -> tuple[Field, ...]:
    """Fit the input codecs on the training rows; side_limit: longest picture side a network
    sees.
    """
    columns = learnable(table, targets)
    row = [column for column in columns if column.kind not in ("image", "series")]
    fields = []
    if row:
        codec = RowCodec.fit([column.take(train) for column in row])
        fields.append(Field(ROW, tuple(column.name for column in row), codec, together=True))
    fields += [picture_field(c, train, side_limit) for c in columns if c.kind == "image"]
    fields += [series_field(c, train) for c in columns if c.kind == "series"]
    if not fields:
        raise DataError(
            "No column is left to learn from.",
            where=str(table.path),
            found=", ".join(f"{column.name} ({column.kind})" for column in table),
            remedy="Check the kinds with fathom inspect, and overrule one with --column NAME=KIND.",
        )
    return tuple(fields)


def series_field(column: Column, train: np.ndarray) -> Field:
    """A field of whole series; its codec learns their scale from the training rows."""
    name = f"{column.name}_series" if column.name in (ROW, "target") else column.name
    codec = SeriesCodec.fit(column.take(train).series)
    return Field(name, (column.name,), codec, together=False)


def picture_field(column: Column, train: np.ndarray, side_limit: int) -> Field:
    """A field of pictures; its codec learns size and brightness from the training rows."""
    pictures = column.take(train).values
    if not isinstance(pictures, Pictures):
        raise DataError(
            f"The column {column.name!r} holds no pictures.",
            remedy="Overrule its kind with --column NAME=KIND.",
        )
    name = f"{column.name}_picture" if column.name in (ROW, "target") else column.name
    return Field(
        name, (column.name,), ImageCodec.fit(pictures, side_limit=side_limit), together=False
    )

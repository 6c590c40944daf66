"""Python values of one field to a column: numbers and booleans as such when all are, else text."""

import json
import re
from typing import Any

import polars as pl

HALVES = re.compile("[\ud800-\udfff]")


def series_of(cells: list[Any]) -> pl.Series:
    """Cells of one field as a series; None is missing, lists of texts are joined by "|".

    A list of none is that mark alone, so that "no label" is not taken for "not known".
    """
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pl.Series(cells, dtype=pl.Boolean)
    if kinds == {int} and all(abs(cell) < 2**63 for cell in cells if cell is not None):
        return pl.Series(cells, dtype=pl.Int64)
    if kinds and kinds <= {int, float}:
        return pl.Series([None if c is None else _float(c) for c in cells], dtype=pl.Float64)
    texts = map(_text, cells)
    return pl.Series([None if text is None else whole(text) for text in texts], dtype=pl.String)


def whole(text: str) -> str:
    """The text with a mark for each half of a pair of surrogates: alone it is no character."""
    return HALVES.sub("\ufffd", text)


def _float(cell: int | float) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, list) and all(isinstance(one, str) for one in cell):
        return "|".join(cell) or "|"
    return json.dumps(cell, ensure_ascii=False)

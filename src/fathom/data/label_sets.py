"""A column of names to the labels that its cells join, where several stand in one cell."""

import polars as pl

SEPARATORS = ("|", ";", ",")
JOINED_SHARE = 0.05  # of the cells; fewer may be names that happen to hold the mark


def separator_of(values: pl.Series) -> str | None:
    """What separates the labels in cells such as "red|blue"; None where a cell is one name.

    Labels are fewer than the sets they make. "Lyon, France" beside "Paris, France" is a name.
    """
    if values.dtype != pl.String:
        return None
    known = values.drop_nulls()
    for mark in SEPARATORS:
        several = known.str.contains(mark, literal=True)
        if not len(known) or several.sum() < JOINED_SHARE * len(known):
            continue
        sets = {labels_in(cell, mark) for cell in known.unique()} - {frozenset()}
        if len(frozenset().union(*sets)) < len(sets):
            return mark
    return None


def labels_in(cell: str, separator: str) -> frozenset[str]:
    """The labels in one cell, without blanks around them."""
    return frozenset(part.strip() for part in cell.split(separator)) - {""}


def labels_of(values: pl.Series, separator: str) -> tuple[str, ...]:
    """All labels of a column, sorted."""
    cells = values.drop_nulls().unique()
    return tuple(sorted({label for cell in cells for label in labels_in(cell, separator)}))

"""A figure to an HTML fragment and to a table: the table of contents of figure kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fathom.explain.figures import Figure, Grid
from fathom.report.draw import (
    bars,
    histogram,
    intervals,
    lattice,
    line,
    matrix,
    scatter,
    strip,
    tokens,
)


@dataclass(frozen=True)
class Kind:
    """How one kind of figure is drawn, given its data and summary, and told as a table."""

    draw: Callable[[Any, str], Markup]
    rows: Callable[[Any], Grid]


KINDS: Mapping[str, Kind] = {
    "bars": Kind(bars.draw, bars.rows),
    "histogram": Kind(histogram.draw, histogram.rows),
    "intervals": Kind(intervals.draw, intervals.rows),
    "lattice": Kind(lattice.draw, lattice.rows),
    "line": Kind(line.draw, line.rows),
    "matrix": Kind(matrix.draw, matrix.rows),
    "scatter": Kind(scatter.draw, scatter.rows),
    "strip": Kind(strip.draw, strip.rows),
    "tokens": Kind(tokens.draw, tokens.rows),
}
"""Name to drawing; the names are those of `explain.figures`."""


def drawing(figure: Figure) -> Markup:
    """The figure as a fragment without scripts, style attributes or addresses."""
    return KINDS[figure.kind].draw(figure.data, figure.summary)


def table(figure: Figure) -> Grid:
    """The same numbers as a table."""
    return KINDS[figure.kind].rows(figure.data)

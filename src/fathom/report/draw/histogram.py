"""Counts in bins to touching bars, and to a table."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Histogram
from fathom.explain.wording import count, number
from fathom.report.draw.canvas import legend, line, mark, plot, svg


def draw(data: Histogram, summary: str) -> Markup:
    """Bars from zero, levels as upright lines."""
    frame = plot(
        (data.edges[0], data.edges[-1]), (0.0, max(1.0, max(data.counts) * 1.06)), whole=True
    )
    shapes = [frame.frame(data.x_label, "how many")]
    for i, amount in enumerate(data.counts):
        left, right = frame.x(data.edges[i]), frame.x(data.edges[i + 1])
        top = frame.y(amount)
        shapes.append(
            mark(
                "rect",
                f"{_span(data, i)}: {count(amount)}",
                x=left + 0.5,
                y=top,
                width=max(0.5, right - left - 1),
                height=frame.bottom - top,
                class_="bar look-own",
            )
        )
    inside = [level for level in data.levels if data.edges[0] <= level.value <= data.edges[-1]]
    for level in inside:
        shapes.append(
            line(frame.x(level.value), frame.top, frame.x(level.value), frame.bottom, "level")
        )
    return svg(shapes, summary) + legend([("level", level.name) for level in inside])


def rows(data: Histogram) -> Grid:
    """Every bin."""
    cells = tuple((_span(data, i), count(amount)) for i, amount in enumerate(data.counts))
    return Grid("", (data.x_label, "how many"), cells)


def _span(data: Histogram, i: int) -> str:
    return f"{number(data.edges[i])} to {number(data.edges[i + 1])}"

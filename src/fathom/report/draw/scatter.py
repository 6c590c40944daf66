"""Points to a cloud with a line to compare with, and to a table of some of them."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Scatter
from fathom.explain.statistics import thinned
from fathom.explain.wording import number
from fathom.report.draw.canvas import covering, legend, line, mark, plot, svg

ROWS = 25


def draw(data: Scatter, summary: str) -> Markup:
    """Half-transparent dots; the line says what exact would be."""
    x, y = covering(data.x, room=0.03), covering(data.y, room=0.05)
    if data.reference == "diagonal":
        x = y = (min(x[0], y[0]), max(x[1], y[1]))
    if data.reference == "zero":
        y = (min(y[0], 0.0), max(y[1], 0.0))
    frame = plot(x, y)
    shapes = [frame.frame(data.x_label, data.y_label)]
    for across, up in zip(data.x, data.y, strict=True):
        words = f"{data.x_label} {number(across)}, {data.y_label} {number(up)}"
        shapes.append(
            mark("circle", words, cx=frame.x(across), cy=frame.y(up), r=2.2, class_="cloud")
        )
    if data.reference == "diagonal":
        shapes.append(
            line(frame.x(x[0]), frame.y(x[0]), frame.x(x[1]), frame.y(x[1]), "level-diagonal")
        )
    if data.reference == "zero":
        shapes.append(line(frame.left, frame.y(0), frame.right, frame.y(0), "level-diagonal"))
    names = [("level-diagonal", "exact")] if data.reference else []
    return svg(shapes, summary) + legend(names)


def rows(data: Scatter) -> Grid:
    """At most 25 points, evenly picked."""
    picked = thinned(len(data.x), ROWS)
    cells = tuple((number(data.x[i]), number(data.y[i])) for i in picked)
    more = f"{len(picked)} of {len(data.x)} points" if len(picked) < len(data.x) else ""
    return Grid(more, (data.x_label, data.y_label), cells)

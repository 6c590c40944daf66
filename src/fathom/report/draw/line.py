"""Curves to a line chart with levels to compare with, and to a table of their points."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Lines, Series
from fathom.explain.statistics import thinned
from fathom.explain.wording import number
from fathom.report.draw.canvas import Plot, covering, legend, line, mark, path, plot, said, svg

ROWS = 25
LEVELS = {"rival": "level-rival", "guessing": "level-guessing"}


def draw(data: Lines, summary: str) -> Markup:
    """Raw points as dots, running medians as lines, levels as dashed lines right across."""
    every = [value for series in data.series for value in series.y]
    levels = [level.value for level in data.levels]
    low, high = _range(every + levels, data)
    across = [value for series in data.series for value in series.x]
    frame = plot(
        (min(across), max(across)),
        (low, high),
        logarithmic=data.logarithmic,
        whole_x=all(float(value).is_integer() for value in across),
    )
    shapes = [frame.frame(data.x_label, data.y_label, y_share=data.share)]
    names = []
    for level in data.levels:
        look = LEVELS.get(level.name, "level")
        if low <= level.value <= high:
            shapes.append(
                line(frame.left, frame.y(level.value), frame.right, frame.y(level.value), look)
            )
        names.append((look, f"{level.name} {said(level.value, share=data.share)}"))
    drawn = sorted(data.series, key=lambda series: series.look != "points")
    colours = {name: place for place, name in enumerate(dict.fromkeys(map(_stem, data.series)))}
    for series in drawn:
        colour = colours[_stem(series)] % 4 + 1
        shapes += _shape(frame, series, data, colour)
        look = f"dot colour-{colour}" if series.look == "points" else f"curve colour-{colour}"
        names.append((look, series.name))
    return svg(shapes, summary) + legend(names)


def rows(data: Lines) -> Grid:
    """At most 25 evenly spaced points of every curve."""
    cells = []
    for series in data.series:
        for i in thinned(len(series.x), ROWS):
            cells.append((series.name, number(series.x[i], 4), said(series.y[i], share=data.share)))
    cells += [(level.name, "all", said(level.value, share=data.share)) for level in data.levels]
    header = ("curve", data.x_label, data.y_label + (", of 100" if data.share else ""))
    return Grid("", header, tuple(cells))


def _stem(series: Series) -> str:
    return series.name.split(",")[0]


def _range(values: list[float], data: Lines) -> tuple[float, float]:
    if data.logarithmic:
        positive = [value for value in values if value > 0]
        return min(positive) / 1.2, max(positive) * 1.2
    low, high = covering(values)
    if data.share:
        low, high = max(low, 0.0), min(high, 1.0)
    return (0.0, high) if not data.share and min(values) >= 0 and low < 0.35 * high else (low, high)


def _shape(frame: Plot, series: Series, data: Lines, colour: int) -> list[Markup]:
    pairs = [
        (x, y) for x, y in zip(series.x, series.y, strict=True) if y > 0 or not data.logarithmic
    ]
    if series.look != "points":
        curve = path([(frame.x(x), frame.y(y)) for x, y in pairs], f"curve colour-{colour}")
        spots = thinned(len(pairs), 40)
        return [
            curve,
            *(_spot(frame, series, pairs[i], data, f"spot colour-{colour}", 3.0) for i in spots),
        ]
    return [_spot(frame, series, pair, data, f"dot colour-{colour}", 1.7) for pair in pairs]


def _spot(
    frame: Plot, series: Series, pair: tuple[float, float], data: Lines, look: str, radius: float
) -> Markup:
    x_name = data.x_label.split(" (")[0]
    words = f"{series.name}: {said(pair[1], share=data.share)} at {x_name} {number(pair[0], 4)}"
    return mark("circle", words, cx=frame.x(pair[0]), cy=frame.y(pair[1]), r=radius, class_=look)

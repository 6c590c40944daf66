"""Values with 95 % intervals to dots with whiskers, one a line or against the diagonal."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Interval, Intervals, Level
from fathom.explain.wording import count
from fathom.report.draw.canvas import (
    WIDTH,
    Scale,
    covering,
    join,
    labels,
    legend,
    line,
    plot,
    said,
    svg,
    tag,
    text,
    tick_words,
)

LEVELS = {"guessing": "level-guessing"}


def draw(data: Intervals, summary: str) -> Markup:
    """Against the diagonal when the x axis has a name, else one line each."""
    return _against(data, summary) if data.at_label else _listed(data, summary)


def rows(data: Intervals) -> Grid:
    """Every value with its interval and how many it was measured on."""
    counted = any(row.n for row in data.intervals)
    header = (data.label_name, data.value_label, "95 % interval", *(["n"] if counted else []))
    cells = [
        (
            row.label,
            said(row.value, share=data.share),
            _span(row, data),
            *([count(row.n)] if counted else []),
        )
        for row in data.intervals
    ]
    cells += [
        (level.name, said(level.value, share=data.share), "–", *(["–"] if counted else []))
        for level in data.levels
    ]
    return Grid("", header, tuple(cells))


def _span(row: Interval, data: Intervals) -> str:
    if row.low == row.high:
        return "–"
    return f"{said(row.low, share=data.share)}–{said(row.high, share=data.share)}"


def _words(row: Interval, data: Intervals) -> str:
    seen = f", {count(row.n)} seen" if row.n else ""
    return f"{row.label}: {said(row.value, share=data.share)} ({_span(row, data)}{seen})"


def _listed(data: Intervals, summary: str) -> Markup:
    gutter = labels(tuple(row.label for row in data.intervals))
    low, high = _range([end for row in data.intervals for end in (row.low, row.high)], data)
    scale = Scale(low, high, gutter.left, WIDTH - 54.0)
    bottom = gutter.step * len(data.intervals) + 4
    ticks = scale.ticks(3)
    shapes = []
    for value, words in zip(ticks, tick_words(ticks, share=data.share), strict=True):
        shapes.append(line(scale(value), 0, scale(value), bottom, "grid"))
        shapes.append(text(scale(value), bottom + 15, words, anchor="middle", look="tick"))
    inside = [level for level in data.levels if low <= level.value <= high]
    for level in inside:
        shapes.append(line(scale(level.value), 0, scale(level.value), bottom, _look(level)))
    for place, row in enumerate(data.intervals):
        y = gutter.middle(place)
        shapes.append(gutter.label(place, row.label))
        shapes.append(_whisker(scale, row, y, data))
        shapes.append(text(WIDTH - 42, y + 4, said(row.value, share=data.share), look="value"))
    names = [
        (_look(level), f"{level.name} {said(level.value, share=data.share)}") for level in inside
    ]
    return svg(shapes, summary, height=bottom + 20) + legend(names)


def _look(level: Level) -> str:
    return LEVELS.get(level.name, "level")


def _range(ends: list[float], data: Intervals) -> tuple[float, float]:
    """Room for all intervals, and for each level that does not flatten them."""
    width = max(ends) - min(ends) or abs(ends[0]) or 1.0
    near = [
        level.value
        for level in data.levels
        if min(ends) - 2 * width <= level.value <= max(ends) + 2 * width
    ]
    low, high = covering([*ends, *near], room=0.1)
    return (max(0.0, low), min(1.0, high)) if data.share else (low, high)


def _whisker(scale: Scale, row: Interval, y: float, data: Intervals) -> Markup:
    look = f"look-{row.look}"
    parts = [tag("title", _words(row, data))]
    if row.high > row.low:
        parts.append(line(scale(row.low), y, scale(row.high), y, "whisker"))
        parts += [
            line(scale(end), y - 4, scale(end), y + 4, "whisker") for end in (row.low, row.high)
        ]
    x = scale(row.value)
    if row.look == "own":
        parts.append(tag("circle", cx=x, cy=y, r=5.0, class_="point"))
    else:
        parts.append(tag("rect", x=x - 4, y=y - 4, width=8, height=8, class_="point"))
    return tag("g", join(parts), class_=f"mark {look}")


def _against(data: Intervals, summary: str) -> Markup:
    lowest = min(min(row.low, row.at or 0.0) for row in data.intervals)
    low = max(0.0, lowest - 0.04)
    frame = plot((low, 1.0), (low, 1.0))
    shapes = [
        frame.frame(data.label_name, data.value_label, x_share=True, y_share=True),
        line(frame.x(low), frame.y(low), frame.x(1.0), frame.y(1.0), "level-diagonal"),
    ]
    for row in data.intervals:
        x = frame.x(row.at or 0.0)
        parts = [
            tag("title", _words(row, data)),
            line(x, frame.y(row.low), x, frame.y(row.high), "whisker"),
            tag("circle", cx=x, cy=frame.y(row.value), r=4.5, class_="point"),
        ]
        shapes.append(tag("g", join(parts), class_=f"mark look-{row.look}"))
    names = [
        ("level-diagonal", "as sure as right"),
        ("dot colour-1", "a group of answers, 95 % interval"),
    ]
    return svg(shapes, summary) + legend(names)

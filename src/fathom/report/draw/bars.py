"""Amounts to level bars, one below the other, and to a table."""

from markupsafe import Markup

from fathom.explain.figures import Bars, Grid
from fathom.explain.wording import number
from fathom.report.draw.canvas import WIDTH, Scale, labels, mark, svg, text

THICK = 14.0


def draw(data: Bars, summary: str) -> Markup:
    """The label to the left or above, the amount at the end of each bar."""
    gutter = labels(tuple(bar.label for bar in data.bars))
    longest = max(bar.value for bar in data.bars) or 1.0
    scale = Scale(0.0, longest, gutter.left, WIDTH - 52.0)
    shapes = []
    for place, bar in enumerate(data.bars):
        y = gutter.middle(place)
        words = f"{bar.label}: {_amount(bar.value)}" + (f", {bar.note}" if bar.note else "")
        shapes += [
            gutter.label(place, bar.label),
            mark(
                "rect",
                words,
                x=gutter.left,
                y=y - THICK / 2,
                width=max(1.0, scale(bar.value) - gutter.left),
                height=THICK,
                rx=2,
                class_=f"bar look-{bar.look}",
            ),
            text(scale(bar.value) + 6, y + 4, _amount(bar.value), look="value"),
        ]
    return svg(shapes, summary, height=gutter.step * len(data.bars) + 2)


def rows(data: Bars) -> Grid:
    """Every bar."""
    noted = any(bar.note for bar in data.bars)
    header = (
        (data.label_name, data.value_label, "note")
        if noted
        else (data.label_name, data.value_label)
    )
    cells = tuple((bar.label, _amount(bar.value), bar.note)[: len(header)] for bar in data.bars)
    return Grid("", header, cells)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else number(value)

"""Amounts to level bars, one below the other, and to a table."""

from markupsafe import Markup

from fathom.explain.figures import Bars, Grid
from fathom.explain.wording import number, shortened
from fathom.report.draw.canvas import WIDTH, Scale, join, mark, svg, tag, text

STEP = 24.0


def draw(data: Bars, summary: str) -> Markup:
    """The label to the left, the amount at the end of each bar."""
    left = min(156.0, 14.0 + 7.2 * max(len(shortened(bar.label, 18)) for bar in data.bars))
    longest = max(bar.value for bar in data.bars) or 1.0
    scale = Scale(0.0, longest, left, WIDTH - 52.0)
    shapes = []
    for place, bar in enumerate(data.bars):
        y = place * STEP
        words = f"{bar.label}: {_amount(bar.value)}" + (f", {bar.note}" if bar.note else "")
        shapes.append(
            join(
                [
                    text(left - 8, y + 16, shortened(bar.label, 18), anchor="end", look="label"),
                    mark(
                        "rect",
                        words,
                        x=left,
                        y=y + 5,
                        width=max(1.0, scale(bar.value) - left),
                        height=STEP - 10,
                        rx=2,
                        class_=f"bar look-{bar.look}",
                    ),
                    text(scale(bar.value) + 6, y + 16, _amount(bar.value), look="value"),
                ]
            )
        )
    base = tag("line", x1=left, y1=0, x2=left, y2=STEP * len(data.bars), class_="axis-line")
    return svg([*shapes, base], summary, height=STEP * len(data.bars) + 2)


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

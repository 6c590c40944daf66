"""Examples to a row of cards, each a picture or its values with words below, and to a table."""

import base64

from markupsafe import Markup

from fathom.explain.figures import Grid, Item, Strip
from fathom.report.draw.canvas import join, tag

SMALL = 48  # pictures of at most this many pixels a side are enlarged without smoothing
LONG = 40  # characters of a value
SIGNS = {"right": "✓ ", "wrong": "✗ ", "": ""}


def draw(data: Strip, summary: str) -> Markup:
    """Cards that flow onto as many lines as are needed; wider ones where texts are to be read."""
    longest = max((len(value) for item in data.items for _, value in item.values), default=0)
    look = "strip wide" if longest > LONG else "strip"
    return tag("ul", join(map(_card, data.items)), class_=look, aria_label=summary)


def rows(data: Strip) -> Grid:
    """Every example with its words and values."""
    names = list(dict.fromkeys(name for item in data.items for name, _ in item.values))[:12]
    cells = []
    for item in data.items:
        values = dict(item.values)
        said = SIGNS[item.mark] + "; ".join(item.lines)
        cells.append((item.name, said, *(values.get(name, "–") for name in names)))
    return Grid("", ("example", "what is known", *names), tuple(cells))


def _card(item: Item) -> Markup:
    parts = []
    if item.picture is not None:
        source = "data:image/png;base64," + base64.b64encode(item.picture).decode("ascii")
        width, height = item.pixels
        small = max(width, height) <= SMALL
        scale = 96 // max(width, height, 1) if small else 1
        parts.append(
            tag(
                "span",
                Markup("<img{}>").format(
                    _image(item, source, width * scale, height * scale, small)
                ),
                class_="frame",
            )
        )
    elif item.values:
        entries = join(tag("dt", name) + tag("dd", value) for name, value in item.values)
        parts.append(tag("dl", entries, class_="values"))
    for place, line in enumerate(item.lines):
        sign = SIGNS[item.mark] if place == 0 else ""
        parts.append(tag("span", sign + line, class_="said" if place == 0 else "more"))
    parts.append(tag("span", item.name, class_="where"))
    return tag("li", join(parts), class_=f"card {item.mark}".strip())


def _image(item: Item, source: str, width: int, height: int, small: bool) -> Markup:
    described = f"{item.name}: {'; '.join(item.lines)}"
    return Markup(' src="{}" alt="{}" width="{}" height="{}" class="{}"').format(
        source, described, width, height, "small" if small else ""
    )

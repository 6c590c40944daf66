"""Numbers and words to escaped SVG elements, scales and axes: the ground of every figure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from fathom.explain.wording import number, of_100, shortened

WIDTH = 360.0
HEIGHT = 220.0
SHORT = 18


def tag(name: str, content: object = "", /, **attributes: object) -> Markup:
    """One element; `class_` and `data_row` become `class` and `data-row`; everything is escaped."""
    pairs = []
    for key, value in attributes.items():
        if value is None or value == "":
            continue
        said = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        pairs.append(f' {key.rstrip("_").replace("_", "-")}="{escape(said)}"')
    return Markup(f"<{name}{''.join(pairs)}>{escape(content)}</{name}>")  # noqa: S704


def join(parts: Iterable[Markup]) -> Markup:
    """Fragments one after the other."""
    return Markup("").join(parts)


def text(x: float, y: float, words: str, *, anchor: str = "start", look: str = "") -> Markup:
    """A line of words; `y` is the baseline."""
    return tag("text", words, x=x, y=y, text_anchor=anchor, class_=look)


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=look)


def path(points: Sequence[tuple[float, float]], look: str) -> Markup:
    """A line through all points."""
    steps = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    return tag("path", d=steps, class_=look)


def mark(name: str, said: str, **attributes: object) -> Markup:
    """A shape that says its value when pointed at or walked to."""
    look = f"mark {attributes.pop('class_', '')}".strip()
    return tag(name, tag("title", said), class_=look, **attributes)


def svg(content: Iterable[Markup], summary: str, *, height: float = HEIGHT) -> Markup:
    """A drawing that scales with its column and is described by its summary."""
    return tag(
        "svg",
        join(content),
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="img",
        aria_label=summary,
        class_="drawing",
    )


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """Names of (look, name) beside a short sample of each."""
    items = []
    for look, name in entries:
        shape = (
            tag("circle", cx=11, cy=6, r=3, class_=look)
            if look.startswith("dot")
            else line(1, 6, 21, 6, look)
        )
        sample = tag("svg", shape, viewBox="0 0 22 12", aria_hidden="true", class_="sample")
        items.append(tag("li", sample + tag("span", name)))
    return tag("ul", join(items), class_="legend") if items else Markup("")


@dataclass(frozen=True)
class Scale:
    """A range of values onto a range of units; `whole` values have whole ticks."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    whole: bool = False

    def __call__(self, value: float) -> float:
        """Where the value lies."""
        return self.start + self._share(value) * (self.end - self.start)

    def _share(self, value: float) -> float:
        low, high = self.low, self.high
        if self.logarithmic:
            value, low, high = math.log10(value), math.log10(low), math.log10(high)
        return (value - low) / (high - low) if high > low else 0.5

    def ticks(self, wanted: int = 4) -> list[float]:
        """Round values inside the range, about as many as wanted."""
        if self.logarithmic:
            return self._powers()
        step = _round_step((self.high - self.low) / wanted) if self.high > self.low else 1.0
        step = max(1.0, math.ceil(step)) if self.whole else step
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(i * step, 12) for i in range(first, last + 1)]

    def _powers(self) -> list[float]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1.0, 3.0) if len(exponents) < 4 else (1.0,)
        every = (10.0**power * step for power in exponents for step in steps)
        return [value for value in every if self.low <= value <= self.high]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= step * 0.75)


@dataclass(frozen=True)
class Gutter:
    """Where the labels of level rows stand: left of the rows, or, when long, above them."""

    left: float
    step: float
    above: bool

    def middle(self, place: int) -> float:
        """The height at which a row's shape is centred."""
        return place * self.step + (self.step - 11 if self.above else self.step / 2)

    def label(self, place: int, words: str) -> Markup:
        """A row's label."""
        if self.above:
            return text(0, place * self.step + 14, shortened(words, 46), look="label")
        return text(self.left - 8, self.middle(place) + 4, words, anchor="end", look="label")


def labels(names: Sequence[str]) -> Gutter:
    """Room for the names: to the left up to 18 letters, else above."""
    longest = max(map(len, names), default=0)
    if longest > SHORT or any(shortened(name, SHORT) != name for name in names):
        return Gutter(4.0, 42.0, True)
    return Gutter(14.0 + 7.2 * longest, 25.0, False)


def covering(values: Iterable[float], *, room: float = 0.06) -> tuple[float, float]:
    """The range of the values with some room on both sides; never empty."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    spare = (high - low) * room or abs(high) * room or 0.5
    return low - spare, high + spare


def said(value: float, *, share: bool) -> str:
    """A value in words: a share as so many of 100."""
    return of_100(value) if share else number(value)


def tick_words(ticks: Sequence[float], *, share: bool = False) -> list[str]:
    """Labels of an axis, all with the same number of places."""
    values = [100 * tick for tick in ticks] if share else list(ticks)
    if not values:
        return []
    largest = max(abs(value) for value in values)
    if largest >= 1e6 or 0 < largest < 1e-3:
        return [number(value, 2) for value in values]
    places = next((p for p in range(4) if all(abs(v - round(v, p)) < 1e-9 for v in values)), 4)
    return [f"{value:,.{places}f}".replace("-", "−") for value in values]


@dataclass(frozen=True)
class Plot:
    """The frame of a figure with two axes: grid, ticks and the names of both."""

    x: Scale
    y: Scale
    left: float = 44.0
    right: float = WIDTH - 10.0
    top: float = 26.0
    bottom: float = HEIGHT - 38.0

    def frame(
        self, x_label: str, y_label: str, *, x_share: bool = False, y_share: bool = False
    ) -> Markup:
        """Grid lines, tick labels and axis names; the name of y stands on top, level."""
        rows, columns = self.y.ticks(), self.x.ticks()
        parts = [text(0, 12, y_label, look="axis")]
        for value, words in zip(rows, tick_words(rows, share=y_share), strict=True):
            parts.append(line(self.left, self.y(value), self.right, self.y(value), "grid"))
            parts.append(text(self.left - 6, self.y(value) + 4, words, anchor="end", look="tick"))
        for value, words in zip(columns, tick_words(columns, share=x_share), strict=True):
            parts.append(
                line(self.x(value), self.bottom, self.x(value), self.bottom + 4, "axis-line")
            )
            parts.append(text(self.x(value), self.bottom + 17, words, anchor="middle", look="tick"))
        parts.append(line(self.left, self.bottom, self.right, self.bottom, "axis-line"))
        parts.append(text(self.right, HEIGHT - 4, x_label, anchor="end", look="axis"))
        return join(parts)


def plot(
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    logarithmic: bool = False,
    whole: bool = False,
    whole_x: bool = False,
) -> Plot:
    """The usual frame for values in the two ranges."""
    empty = Plot(Scale(0, 1, 0, 1), Scale(0, 1, 0, 1))
    return Plot(
        Scale(*x, empty.left, empty.right, whole=whole_x),
        Scale(*y, empty.bottom, empty.top, logarithmic, whole),
    )

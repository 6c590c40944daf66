"""What a view shows, as plain data: a frozen class a figure kind, drawn by `report/draw`."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Look = Literal["own", "rival", "muted", "points"]
Mark = Literal["", "right", "wrong"]


@dataclass(frozen=True)
class Series:
    """Points joined in order; `look` "points" leaves them unjoined. Equal lengths of x and y."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    look: Look = "own"


@dataclass(frozen=True)
class Level:
    """A value to compare with, drawn right across the figure."""

    name: str
    value: float


@dataclass(frozen=True)
class Lines:
    """Curves over one axis; `share` shows values as so many of 100."""

    kind: ClassVar[str] = "line"
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    levels: tuple[Level, ...] = ()
    share: bool = False
    logarithmic: bool = False


@dataclass(frozen=True)
class Bar:
    """One amount, at least 0."""

    label: str
    value: float
    note: str = ""
    look: Look = "own"


@dataclass(frozen=True)
class Bars:
    """Amounts side by side, largest meaning longest."""

    kind: ClassVar[str] = "bars"
    label_name: str
    value_label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; `at` is its place on the x axis, where there is one."""

    label: str
    value: float
    low: float
    high: float
    n: int = 0
    at: float | None = None
    look: Look = "own"


@dataclass(frozen=True)
class Intervals:
    """Values with intervals: one a line, or, with an `at_label`, against the diagonal."""

    kind: ClassVar[str] = "intervals"
    label_name: str
    value_label: str
    intervals: tuple[Interval, ...]
    levels: tuple[Level, ...] = ()
    at_label: str = ""
    share: bool = False


@dataclass(frozen=True)
class Histogram:
    """Counts in bins: `edges` has one more entry than `counts`."""

    kind: ClassVar[str] = "histogram"
    x_label: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Item:
    """One example: its picture as PNG bytes or its values, and lines of words below."""

    name: str
    lines: tuple[str, ...] = ()
    picture: bytes | None = None
    pixels: tuple[int, int] = (0, 0)
    values: tuple[tuple[str, str], ...] = ()
    mark: Mark = ""


@dataclass(frozen=True)
class Strip:
    """Examples side by side."""

    kind: ClassVar[str] = "strip"
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Matrix:
    """Counts by row and column name; the diagonal is where both agree."""

    kind: ClassVar[str] = "matrix"
    row_label: str
    column_label: str
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Scatter:
    """Points; `reference` draws the line y = 0 or y = x."""

    kind: ClassVar[str] = "scatter"
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    reference: Literal["", "zero", "diagonal"] = ""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: its bits of surprise, if known, and whether training holds it."""

    text: str
    bits: float | None = None
    copied: bool = False


@dataclass(frozen=True)
class Passage:
    """A text in pieces, in order, with its name and a line of words below."""

    name: str
    pieces: tuple[Piece, ...]
    words: str = ""


@dataclass(frozen=True)
class Tokens:
    """Passages of text; the user's own, if `owned`, or written by the network."""

    kind: ClassVar[str] = "tokens"
    passages: tuple[Passage, ...]
    owned: bool = False


@dataclass(frozen=True)
class Span:
    """A label, the seconds between which it was heard, and how probable it was held there."""

    label: str
    start_s: float
    stop_s: float
    probability: float


@dataclass(frozen=True)
class Lattice:
    """What was heard when: how loud each band is over time, (bands, moments) from 0 to 1, the
    lowest band first, and the labels beneath.
    """

    kind: ClassVar[str] = "lattice"
    seconds: float
    loudness: tuple[tuple[float, ...], ...]
    spans: tuple[Span, ...]


Data = Lines | Bars | Intervals | Histogram | Lattice | Strip | Matrix | Scatter | Tokens


@dataclass(frozen=True)
class Figure:
    """One picture of a view; `summary` is a full sentence that says what there is to see."""

    title: str
    data: Data
    summary: str

    @property
    def kind(self) -> str:
        """One of the figure kinds that `report/draw` knows."""
        return self.data.kind


@dataclass(frozen=True)
class Grid:
    """A table that is itself what there is to see; cells are words, ready to print."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Snippet:
    """Lines to copy into a terminal or a Python session."""

    title: str
    text: str

"""Passages of text to lines of shaded or underlined pieces, and to a table."""

from itertools import pairwise

from markupsafe import Markup

from fathom.explain.figures import Grid, Passage, Piece, Tokens
from fathom.explain.wording import shortened, visible
from fathom.report.draw.canvas import join, tag

SHADES = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)  # bits from which a piece is shaded, ever darker
LONGEST = 60


def draw(data: Tokens, summary: str) -> Markup:
    """Each passage as running text; the shade of a piece tells its bits, a line that it is copied.

    Marks of direction and controls are shown by their codes; line breaks stay.
    """
    shades = any(piece.bits is not None for passage in data.passages for piece in passage.pieces)
    texts = tag("ul", join(map(_passage, data.passages)), class_="passages", aria_label=summary)
    return texts + _legend() if shades else texts


def rows(data: Tokens) -> Grid:
    """Every piece with its bits, the dearest first; or every passage with what it copies."""
    if not any(piece.bits is not None for passage in data.passages for piece in passage.pieces):
        header = ("name", "text", "what is known")
        return Grid("", header, tuple(map(_told, data.passages)))
    known = [
        (-(piece.bits or 0.0), (passage.name, str(place + 1), _named(piece.text), _bits(piece)))
        for passage in data.passages
        for place, piece in enumerate(passage.pieces)
    ]
    ranked = tuple(cells for _, cells in sorted(known, key=lambda pair: pair[0]))
    return Grid("", ("passage", "place", "token", "bits"), ranked)


def _told(passage: Passage) -> tuple[str, ...]:
    copied = "".join(piece.text for piece in passage.pieces if piece.copied)
    known = f"{passage.words} In training: {copied}" if copied else passage.words
    return passage.name, "".join(piece.text for piece in passage.pieces), known


def _passage(passage: Passage) -> Markup:
    parts = [
        tag("span", passage.name, class_="where"),
        tag("p", join(map(_piece, passage.pieces)), class_="text", dir="auto"),
    ]
    if passage.words:
        parts.append(tag("span", passage.words, class_="more"))
    return tag("li", join(parts), class_="passage")


def _piece(piece: Piece) -> Markup:
    words = visible(piece.text)
    if piece.bits is not None:
        look = f"mark s{strength(piece.bits)}"
        return tag("span", words, class_=look, title=f"{_named(piece.text)}: {_bits(piece)} bits")
    return tag("u", words, class_="copied") if piece.copied else tag("span", words)


def strength(bits: float) -> int:
    """The shade of a surprise: 0 (none) to 6."""
    return sum(bits >= shade for shade in SHADES)


def _legend() -> Markup:
    ends = [f"{low:.0f}–{high:.0f} bits" for low, high in pairwise(SHADES)]
    words = [f"under {SHADES[0]:.0f} bit", *ends, f"{SHADES[-1]:.0f} and more"]
    shades = (tag("li", said, class_=f"s{shade}") for shade, said in enumerate(words))
    return tag("ul", join(shades), class_="shades", aria_label="What the shades mean")


def _named(text: str) -> str:
    """A token in words that show blanks and line ends."""
    return shortened(text.replace("\n", "⏎").replace(" ", "␣"), LONGEST)


def _bits(piece: Piece) -> str:
    return f"{piece.bits or 0.0:.1f}"

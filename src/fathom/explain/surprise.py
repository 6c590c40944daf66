"""Passages with the bits of each token to: what the network did not expect."""

import numpy as np

from fathom.explain.figures import Figure, Passage, Piece, Tokens
from fathom.explain.story import Foretold, Story
from fathom.explain.view import View
from fathom.explain.wording import plural, shortened


def surprise_view(story: Story) -> View | None:
    """The least expected held-out passages, each token shaded by its bits."""
    told = [passage for passage in story.passages if passage.tokens]
    if not told:
        return None
    hardest, bits = max((token for passage in told for token in passage.tokens), key=_bits_of)
    figure = Figure(
        "The least expected passages",
        Tokens(tuple(map(_passage, told)), owned=True),
        f"{plural(len(told), 'passages')} of held-out text; the stronger a token's shade, the less "
        f"it was expected. The dearest, {_quoted(hardest)}, cost {bits:.1f} bits.",
    )
    every = np.array([bits for passage in told for _, bits in passage.tokens])
    dear = np.sort(every)[::-1][: max(1, len(every) // 10)]
    return View(
        name="surprise",
        question="Which words did it not expect?",
        answer=f"In its least expected passages a tenth of the tokens costs "
        f"{100 * dear.sum() / max(every.sum(), 1e-9):.0f} of 100 bits; the dearest, "
        f"{_quoted(hardest)}, cost {bits:.1f}.",
        figures=(figure,),
        caveat="These are the worst passages, not typical ones. Bits of tokens depend on how the "
        "text was cut into tokens; only bits per byte can be compared between networks.",
        terms=("bit", "token", "held-out"),
    )


def _passage(told: Foretold) -> Passage:
    total = sum(bits for _, bits in told.tokens)
    size = len("".join(text for text, _ in told.tokens).encode())
    words = f"{total:.0f} bits in {plural(size, 'bytes')} that are shown."
    pieces = tuple(Piece(text, bits) for text, bits in told.tokens)
    return Passage(shortened(told.origin, 48), pieces, words)


def _bits_of(token: tuple[str, float]) -> float:
    return token[1]


def _quoted(text: str) -> str:
    return f"“{shortened(text.replace(chr(10), '⏎').replace(' ', '␣'), 24)}”"

"""A view: one question about a network, its answer in a sentence, and what shows it."""

from dataclasses import dataclass
from typing import Literal

from fathom.explain.figures import Figure, Grid, Snippet

Verdict = Literal["supported", "weak", "not supported", "not applicable"]


@dataclass(frozen=True)
class Check:
    """How we know: a value beside its controls (name and value), and the verdict."""

    name: str
    value: float
    controls: tuple[tuple[str, float], ...]
    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class View:
    """A question in the user's words and its answer: one plain sentence with a number in it.

    caveat: what the view does not tell; terms: words of the glossary; owned: how many of the user's
    own texts its grids hold; cost_s: seconds to make.
    """

    name: str
    question: str
    answer: str
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    check: Check | None = None
    caveat: str = ""
    terms: tuple[str, ...] = ()
    owned: int = 0
    cost_s: float = 0.0

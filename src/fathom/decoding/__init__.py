"""Scores to answers, by pure functions that know neither networks nor data; this page is the
contract of what they drive.

Shape legend as in `networks`: N sequences, B examples, T and L positions, P of a prompt, V
vocabulary.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

Own = TypeVar("Own")


@runtime_checkable
class State(Protocol):
    """What a step keeps of the tokens it has seen; a decoder's cache is one."""

    def take(self: Own, rows: Int[Tensor, " M"]) -> Own:
        """The state of the given rows, in their order; a row may stand several times."""
        ...


S = TypeVar("S", bound=State)

Step = Callable[[Int[Tensor, " N"], S], Float[Tensor, "N V"]]
"""One more token of each of N sequences, and the state of those before it, to the scores of the
next; the call appends the token to the state. Scores are logits or log-probabilities.
"""

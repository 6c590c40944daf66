"""Sample numbers to samples that depend on seed, number and class alone, whatever is drawn beside
them: what all that draw share.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

ANY = 0  # the class number that stands for any class


def in_turn(numbers: Int[Tensor, " N"], classes: int, wish: int) -> Int[Tensor, " N"]:
    """The class of each sample: the one that is asked for, or each of K classes in turn; 0 where
    there are none.
    """
    if wish != ANY or not classes:
        return torch.full_like(numbers, wish)
    return numbers % classes + 1


def alone(
    draw: Callable[[Int[Tensor, " M"], Int[Tensor, " M"]], Float[Tensor, "M ..."]],
    numbers: Int[Tensor, " N"],
    wish: Int[Tensor, " N"],
    at_once: int,
) -> Float[Tensor, "N ..."]:
    """Samples of `draw`, which takes numbers and classes and always gets `at_once` of them, for
    rounding depends on how many are computed together; what is left of the last part is number 0.
    """
    parts = []
    for some, wished in zip(numbers.split(at_once), wish.split(at_once), strict=True):
        left = (0, at_once - len(some))
        parts.append(draw(F.pad(some, left), F.pad(wished, left))[: len(some)])
    return torch.cat(parts)

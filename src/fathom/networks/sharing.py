"""What was read of an example, looked at by several rows side by side: the beams of a search.

Beams of one example differ in what they have written, never in what they read. What was read of M
examples therefore serves N = M `each` rows, those of an example one after another, and there is no
copy of it for each of them.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor


def together(x: Float[Tensor, "N T ..."], each: int) -> Float[Tensor, "M S ..."]:
    """The rows of an example as further positions of it: S is `each` T."""
    return x if each == 1 else x.unflatten(0, (-1, each)).flatten(1, 2)


def apart(x: Float[Tensor, "M S ..."], each: int) -> Float[Tensor, "N T ..."]:
    """The inverse of `together`."""
    return x if each == 1 else x.unflatten(1, (each, -1)).flatten(0, 1)


def taken(
    parts: Sequence[Shaped[Tensor, "M ..."]], rows: Int[Tensor, " N"], each: int
) -> tuple[list[Tensor], int]:
    """What the given rows look at, and how many of them look at each example of it.

    Nothing is copied where all examples are still looked at, in their order.
    """
    examples, counts = torch.unique_consecutive(rows // each, return_counts=True)
    beside = int(counts[0]) if len(counts) else 1
    if (counts != beside).any():
        examples, beside = rows // each, 1
    if torch.equal(examples, torch.arange(len(parts[0]), device=rows.device)):
        return list(parts), beside
    return [part[examples] for part in parts], beside

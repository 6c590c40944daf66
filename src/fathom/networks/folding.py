"""Pictures with few channels to smaller ones with more: what all networks for pictures begin with
that must write pictures, too. Convolutions at full resolution would take most of their time.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

LARGE = 40  # pixels: from here on, squares of 4 x 4 leave details enough
COARSEST, MOST_GRIDS = 4, 3


def folded(x: Float[Tensor, "B C H W"], side: int) -> Float[Tensor, "B D h w"]:
    """Squares of cells as channels, which are last in memory; what is missing of the last squares
    repeats the border.
    """
    below, right = -x.shape[2] % side, -x.shape[3] % side
    if below or right:
        x = F.pad(x, (0, right, 0, below), mode="replicate")
    return F.pixel_unshuffle(x, side).contiguous(memory_format=torch.channels_last)


def usual_grids(shape: tuple[int, ...]) -> tuple[int, int]:
    """Side of the squares for pictures (H, W, C), and how many grids, of which each halves the one
    before: at most three, the coarsest about four cells wide.
    """
    narrow = min(shape[:2])
    side = 2 if narrow <= LARGE else 4
    return side, max(1, min(MOST_GRIDS, 1 + round(math.log2(max(1.0, narrow / side / COARSEST)))))


def widths(first: int, rest: int, levels: int) -> tuple[int, ...]:
    """Channels of each grid, the finest first."""
    return (first, *(rest,) * (levels - 1))

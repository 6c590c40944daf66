"""Pictures with few channels to smaller ones with more: what all networks for pictures begin with
that must write pictures, too. Convolutions at full resolution would take most of their time.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it


def folded(x: Float[Tensor, "B C H W"], side: int) -> Float[Tensor, "B D h w"]:
    """Squares of cells as channels, which are last in memory; what is missing of the last squares
    repeats the border.
    """
    below, right = -x.shape[2] % side, -x.shape[3] % side
    if below or right:
        x = F.pad(x, (0, right, 0, below), mode="replicate")
    return F.pixel_unshuffle(x, side).contiguous(memory_format=torch.channels_last)


def widths(first: int, rest: int, levels: int) -> tuple[int, ...]:
    """Channels of each grid, the finest first."""
    return (first, *(rest,) * (levels - 1))

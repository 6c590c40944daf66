"""Sounds to features by convolution: pitches and moments, then moments alone.

Where one answer a clip is asked for, convolutions over time and frequency (`hearing.py`) are all
there is. Where each moment answers, residual blocks follow whose filters reach over more and more
moments, as time-delay networks do (Waibel et al. 1989; Collobert et al. 2016, arXiv:1609.03193).
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks.hearing import Family, Size
from fathom.networks.positions import Linear, locked_dropout, normalised, squared_relu, windows

REACH = 5


class Moments(nn.Module):
    """A position and two on either side, `dilation` apart, through a hidden layer."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation, self.dropout = dilation, dropout
        self.look = Linear(REACH * width, 2 * width)
        self.out = Linear(2 * width, width, silent=True)

    def forward(
        self, x: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """What flows through with what the block adds; beyond the end there is nothing to see."""
        side = (REACH // 2) * self.dilation
        seen = F.pad(normalised(x) * real[..., None].to(x.dtype), (0, 0, side, side))
        found = squared_relu(self.look(windows(seen, REACH, self.dilation)))
        return x + locked_dropout(self.out(found), self.dropout, self.training)


class Blocks(nn.Module):
    """Blocks that reach twice as far from one to the next, then normalised features."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Moments(size.width, 2**place, size.dropout / 2) for place in range(size.depth)
        )

    def forward(
        self, x: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """Every block in turn."""
        for block in self.blocks:
            x = block(x, real)
        return normalised(x)


def weights(size: Size) -> int:
    """Of all blocks."""
    return size.depth * (2 * REACH + 2) * size.width**2


USUAL = Size(unit=16, groups=4, halvings=3, width=0, depth=3)
BACKBONES = {"audio": Family(Blocks, weights, USUAL).kind()}

"""Sounds to features by perceptrons: after the convolutions every moment is thought about alone."""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks.hearing import Family, Size
from fathom.networks.positions import Linear, normalised, squared_relu


class Alone(nn.Module):
    """Hidden layers that see one position each and add to it."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.dropout = size.dropout
        self.up = nn.ModuleList(Linear(size.width, 2 * size.width) for _ in range(size.depth))
        self.down = nn.ModuleList(
            Linear(2 * size.width, size.width, silent=True) for _ in range(size.depth)
        )

    def forward(
        self, x: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """Every layer in turn."""
        for up, down in zip(self.up, self.down, strict=True):
            found = down(squared_relu(up(normalised(x))))
            x = x + F.dropout(found, self.dropout, self.training)
        return normalised(x)


def weights(size: Size) -> int:
    """Of all layers."""
    return size.depth * 4 * size.width**2


USUAL = Size(unit=16, groups=3, halvings=2, width=128, depth=2)
BACKBONES = {"audio": Family(Alone, weights, USUAL).kind()}

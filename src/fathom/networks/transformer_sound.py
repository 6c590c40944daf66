"""Sounds to features by attention: each moment gathers from the moments that it finds relevant."""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks.attention import Rotary, Table, attend, padding, turned
from fathom.networks.hearing import Family, Size
from fathom.networks.positions import Linear, normalised, squared_relu

HEAD = 32


class Layer(nn.Module):
    """Attention to all moments of the clip, and a small network, each added to what was there."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = width // HEAD, dropout
        self.all = Linear(width, 3 * width, stack=3)
        self.out = Linear(width, width, silent=True)
        self.expand = Linear(width, 4 * width)
        self.shrink = Linear(4 * width, width, silent=True)

    def forward(
        self, x: Float[Tensor, "B T D"], table: Table, mask: Float[Tensor, "B 1 T"]
    ) -> Float[Tensor, "B T D"]:
        """One layer; the table turns by the moment, what the mask hides is not looked at."""
        every = self.all(normalised(x)).unflatten(-1, (3 * self.heads, -1))  # (B, T, 3 H, d)
        pointers, value = every.split((2 * self.heads, self.heads), dim=2)
        query, key = turned(normalised(pointers), table).chunk(2, dim=2)
        x = x + self.drop(self.out(attend(query, key, value, mask)))
        return x + self.drop(self.shrink(squared_relu(self.expand(normalised(x)))))

    def drop(self, x: Tensor) -> Tensor:
        """Leave out a share of a branch while training."""
        return F.dropout(x, self.dropout, self.training)


class Layers(nn.Module):
    """Layers of attention over the real moments."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(size.width, size.dropout / 2) for _ in range(size.depth))

    def forward(
        self, x: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """Every layer in turn."""
        table = Rotary(HEAD).table(0, x.shape[1], x)
        mask = padding(x.shape[1], real.sum(dim=1), x.dtype)
        for layer in self.layers:
            x = layer(x, table, mask)
        return normalised(x)


def weights(size: Size) -> int:
    """Of all layers, scores apart: clips have few positions."""
    return size.depth * 12 * size.width**2


USUAL = Size(unit=16, groups=3, halvings=2, width=128, depth=2)
BACKBONES = {"audio": Family(Layers, weights, USUAL).kind()}

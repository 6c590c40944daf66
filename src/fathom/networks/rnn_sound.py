"""Sounds to features by recurrence: a state carried from moment to moment, in both directions."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from fathom.networks.hearing import Family, Size
from fathom.networks.positions import turning
from fathom.networks.rnn import Layer
from fathom.networks.rnn import Size as LayerSize


class BothWays(nn.Module):
    """LSTM layers that read forward and, from each clip's own end, backward."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        made = LayerSize("lstm", size.width, size.width, size.depth, dropout=size.dropout / 2)
        self.layers = nn.ModuleList(Layer(made, size.width, 2) for _ in range(size.depth))

    def forward(
        self, x: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """Every layer in turn; padding is met last in both directions."""
        order = turning(x, real.sum(dim=1))
        for layer in self.layers:
            x, _ = layer(x, layer.cells.begin(len(x)), order)  # type: ignore[operator, union-attr]
        return x


def weights(size: Size) -> int:
    """Gates of both directions see the position and their own state."""
    return size.depth * 4 * size.width * (size.width + size.width // 2)


USUAL = Size(unit=16, groups=3, halvings=2, width=128, depth=1)
BACKBONES = {"audio": Family(BothWays, weights, USUAL).kind()}

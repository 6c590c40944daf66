"""Series to features by a multilayer perceptron: all positions at once, each with its own weight.

A series of up to T positions is one long vector; what lies in time matters by its place alone. A
hidden layer finds patterns in it, a residual one (He et al. 2016) combines them (TSMixer, Chen et
al. 2023, arXiv:2303.06053, mixes time in the same way).
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Kind, Plan
from fathom.networks.positions import Linear, locked_dropout, normalised
from fathom.networks.series_reader import SeriesReader
from fathom.spec import Spec

WIDTH = 256


class SeriesPerceptron(SeriesReader):
    """(B, T, C) -> one position of `width` features; longer series are cut to the latest."""

    decay = 1e-5

    def __init__(self, positions: int, channels: int, *, width: int, dropout: float) -> None:
        super().__init__()
        self.positions, self.width, self.dropout = positions, width, dropout
        self.look = Linear(positions * channels, width)
        self.shift = nn.Parameter(torch.zeros(width))
        self.mix = Linear(width, width)
        self.out = Linear(width, width, silent=True)

    def read(
        self, seen: Float[Tensor, "B T C"], length: Int[Tensor, " B"] | None
    ) -> Float[Tensor, "B 1 D"]:
        """Look at all positions, then mix what was found."""
        seen = F.pad(seen, (0, 0, 0, max(0, self.positions - seen.shape[1])))[:, -self.positions :]
        found = F.gelu(self.look(seen.flatten(1)) + self.shift.to(self.dtype))[:, None]
        found = locked_dropout(found, self.dropout, self.training)
        added = self.out(F.gelu(self.mix(normalised(found))))
        return found + locked_dropout(added, self.dropout, self.training)


def plan(spec: Spec, facts: Facts) -> Plan:
    """A hidden layer of 256; more weights only learn a short series by heart."""
    size: dict[str, int | float | str | bool] = {"width": WIDTH, "dropout": 0.3}
    weights = spec.shape[0] * spec.shape[1] * WIDTH + 2 * WIDTH**2
    return Plan(size, batch=32, epochs=20.0, flops=6.0 * weights, decay=0.7, patience=5)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    positions, channels = spec.shape
    return SeriesPerceptron(
        positions, channels, width=int(size["width"]), dropout=float(size["dropout"])
    )


BACKBONES: Mapping[str, Kind] = {"series": Kind(plan, build)}

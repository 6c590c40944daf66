"""A code to a whole example: the networks that write what an encoder reads. The contract.

A synthesis is called `network(code, condition=None)`, with a code (B, K), and gives the values of
an example in the form of the prepared field, before any link such as a sigmoid.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fathom.networks.mlp import Linear


class Perceptron(nn.Module):
    """Alternating linear maps and rectifiers, (B, I) -> (B, D); He et al. 2015, equation 10."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.ModuleList(Linear(n, width) for n in (inputs, *[width] * (depth - 1)))
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=(2.0 / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Float[Tensor, "B I"]) -> Float[Tensor, "B D"]:
        """Every layer in order, in the type of `x`."""
        for layer in self.layers:
            x = layer(x).relu_()
        return x


class FlatSynthesis(nn.Module):
    """A perceptron that writes all values at once, (B, K) -> (B, *shape).

    It starts by answering 0 whatever the code, which a coder takes for the mean example.
    """

    def __init__(self, code: int, shape: tuple[int, ...], *, width: int, depth: int) -> None:
        super().__init__()
        self.shape = shape
        self.dtype = torch.float32
        self.hidden = Perceptron(code, width, depth)
        self.last = Linear(width, int(torch.Size(shape).numel()))
        nn.init.normal_(self.last.weight, std=0.1 * width**-0.5)
        nn.init.zeros_(self.last.bias)

    def forward(
        self, code: Float[Tensor, "B K"], condition: Tensor | None = None
    ) -> Float[Tensor, "B ..."]:
        """Write, in float32 whatever is computed in."""
        values: Tensor = self.last(self.hidden(code.to(self.dtype)))
        return values.float().view(len(code), *self.shape)

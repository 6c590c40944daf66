"""Layers whose weights stay float32 and which compute in the type of what flows in.

No autocast: it casts again at every layer. Casting the input once chooses the precision of the
whole network; statistics and sums stay float32.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

# A channel that pooling leaves almost constant must not be blown up: on digits with an even
# background 1e-5 gave gradients 1e5 times the usual.
EPSILON = 1e-3
PATCHES = 300_000


class Conv2d(nn.Module):
    """A convolution without bias, (B, C, H, W) -> (B, C', H', W'), zero-padded to keep H and W.

    The first filters are initialised to pass their input channel through (Zagoruyko and Komodakis
    2017, arXiv:1706.00388), the others to U(-1/sqrt(n), 1/sqrt(n)) for n inputs of a filter.
    """

    def __init__(self, inputs: int, outputs: int, *, side: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.padding = side // 2
        bound = (inputs * side * side) ** -0.5
        weight = torch.empty(outputs, inputs, side, side).uniform_(-bound, bound)
        if side % 2:
            nn.init.dirac_(weight[:inputs])
        self.weight = nn.Parameter(weight)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """Convolve in the type and memory order of `x`."""
        weight = self.weight.to(x.dtype, memory_format=torch.channels_last)
        return F.conv2d(x, weight, stride=self.stride, padding=self.padding)


class BatchNorm(nn.Module):
    """Standardise each channel over the batch, then shift it, and scale it if asked for.

    Ioffe and Szegedy 2015, Algorithm 1, arXiv:1502.03167. Statistics are float32 whatever flows in;
    the running ones keep `memory` of their value at every batch.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, *, memory: float = 0.6, scaled: bool = False) -> None:
        super().__init__()
        self.memory = memory
        self.scale = nn.Parameter(torch.ones(channels), requires_grad=scaled)
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Use the batch's statistics in training, the running ones otherwise."""
        return F.batch_norm(
            x,
            self.mean,
            self.variance,
            self.scale,
            self.shift,
            training=self.training,
            momentum=1 - self.memory,
            eps=EPSILON,
        )


class Whitening(nn.Module):
    """Patches to their strongest decorrelated coordinates, of unit variance, and the negatives.

    (B, C, H, W) -> (B, 2 N, h, w) for the N = `kept` leading eigenvectors of the training patches'
    covariance, each divided by sqrt(eigenvalue + epsilon). They stay fixed; only the shift learns.
    """

    filters: Tensor

    def __init__(self, channels: int, *, side: int = 2, stride: int = 1, kept: int = 0) -> None:
        super().__init__()
        self.side = side
        self.stride = stride
        self.kept = kept or channels * side * side
        self.outputs = 2 * self.kept
        self.register_buffer("filters", torch.zeros(self.outputs, channels, side, side))
        self.shift = nn.Parameter(torch.zeros(self.outputs))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """Project every patch in the type of `x`."""
        filters = self.filters.to(x.dtype, memory_format=torch.channels_last)
        return F.conv2d(x, filters, self.shift.to(x.dtype), stride=self.stride)

    @torch.no_grad()
    def initialise(self, x: Float[Tensor, "B C H W"], epsilon: float = 5e-4) -> None:
        """Set the filters from about 300,000 patches of prepared training pictures."""
        enough = 1 + PATCHES * self.side**2 // (x.shape[2] * x.shape[3])
        patches = F.unfold(x[:enough].float(), self.side, stride=self.side)  # (B, C side^2, L)
        patches = patches.transpose(1, 2).flatten(0, 1)
        covariance = (patches.T @ patches).double() / len(patches)
        values, vectors = torch.linalg.eigh(covariance)  # ascending
        filters = (vectors / (values.clamp_min(0) + epsilon).sqrt()).T.float()[-self.kept :]
        self.filters.copy_(torch.cat([filters, -filters]).view_as(self.filters))

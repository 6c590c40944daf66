"""Pictures to features that nobody trained: fixed random convolutions, the same for everybody.

Random features rank generators much like trained ones do, and need no labels
(arXiv:2208.09218).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

CHANNELS = (32, 64, 96)
DRAWS = 2
LARGE = 16  # pixels of a side, from which the first convolution skips every other place


@dataclass(frozen=True)
class RandomFeatures:
    """(B, H, W, C) to (B, D): mean and spread of each channel after each convolution, of several
    draws of orthogonal kernels. Nothing of it is saved: the seed is all there is.
    """

    channels: int
    seed: int = 0

    @cached_property
    def kernels(self) -> tuple[tuple[Tensor, ...], ...]:
        """(out, in, 3, 3) of each convolution of each draw."""
        source = torch.Generator().manual_seed(self.seed)
        sizes = tuple(zip((self.channels, *CHANNELS[:-1]), CHANNELS, strict=True))
        return tuple(
            tuple(orthogonal(inputs, outputs, source) for inputs, outputs in sizes)
            for _ in range(DRAWS)
        )

    @torch.no_grad()
    def __call__(self, x: Float[Tensor, "B H W C"]) -> Float[Tensor, "B D"]:
        """Convolve, cut off below 0, halve; small grids are no longer halved."""
        found = []
        for kernels in self.kernels:
            values = x.permute(0, 3, 1, 2).float()
            for place, kernel in enumerate(kernels):
                stride = 2 if place == 0 and min(values.shape[2:]) >= LARGE else 1
                values = F.relu(F.conv2d(values, kernel, padding=1, stride=stride))
                found += [values.mean(dim=(2, 3)), values.std(dim=(2, 3), correction=0)]
                if min(values.shape[2:]) >= 4:
                    values = F.avg_pool2d(values, 2)
        return torch.cat(found, dim=1)


def orthogonal(
    inputs: int, outputs: int, source: torch.Generator
) -> Float[Tensor, "outputs inputs 3 3"]:
    """A kernel whose filters, or whose inputs where they are fewer, are at right angles."""
    kernel = torch.randn(outputs, inputs * 9, generator=source, device="cpu")
    rows, columns = kernel.shape
    q, _ = torch.linalg.qr(kernel if rows >= columns else kernel.T)
    kernel = (q if rows >= columns else q.T) * math.sqrt(2 * max(1.0, rows / columns))
    found: Tensor = kernel.reshape(outputs, inputs, 3, 3)
    return found

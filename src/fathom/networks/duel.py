"""Two networks that learn from each other: one draws pictures from noise, one tells them from real.

Small plain residual networks without normalisation (Huang et al. 2024, section 3.3,
arXiv:2501.05441), their convolutions undivided, for grouped ones are slow on processors. Pixels are
folded into channels at both ends, as in the U-net.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Group, Kind, Plan
from fathom.networks.drawing_plan import picture_plan
from fathom.networks.folding import folded, usual_grids, widths
from fathom.networks.unet import Convolution
from fathom.spec import Spec

CODE = 64
SLOPE = 0.2
RATE = 5e-4
PASSES = 15.0  # of a picture through one network, forward and backward, in both turns
MOST_AT_ONCE = 64
WIDTHS = ((128, 256), (96, 192), (64, 128), (48, 96), (32, 64))


@dataclass(frozen=True)
class Size:
    """All numbers that define the pair.

    first, rest: channels of the finest grid and of the coarser ones; levels: how many grids; fold:
    side of the squares of pixels that become channels; classes: K, 0 for none.
    """

    first: int
    rest: int
    levels: int
    fold: int
    classes: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each grid, the finest first."""
        return widths(self.first, self.rest, self.levels)

    def grids(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        """(h, w) of each grid for pictures (H, W, C), the finest first."""
        found = [(math.ceil(shape[0] / self.fold), math.ceil(shape[1] / self.fold))]
        while len(found) < self.levels:
            found.append((math.ceil(found[-1][0] / 2), math.ceil(found[-1][1] / 2)))
        return found

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C) in both turns, forward and
        backward, the critic's slopes included.
        """
        total, before = 0.0, self.first
        for (height, width), channels in zip(self.grids(shape), self.widths, strict=True):
            total += 18.0 * height * width * (before * channels + channels**2)
            before = channels
        height, width = self.grids(shape)[0]
        total += 18.0 * height * width * shape[2] * self.fold**2 * self.first
        return PASSES * total


class Residual(nn.Module):
    """x + f(x) for two convolutions, the second starting at zero; L is how many blocks there are.

    The first is scaled by L^(-1/4), so that depth does not enlarge the first steps: the rule
    L^(-1/(2m - 2)) of Zhang et al. 2019 (section 3, arXiv:1901.09321) for the m = 3 layers that
    branches have in Huang et al. 2024; here they have two.
    """

    def __init__(self, inputs: int, outputs: int, blocks: int) -> None:
        super().__init__()
        self.first = Convolution(inputs, outputs)
        self.second = Convolution(outputs, outputs, zero=True)
        self.skip = Convolution(inputs, outputs, side=1) if inputs != outputs else nn.Identity()
        with torch.no_grad():
            self.first.weight.mul_(blocks**-0.25 * 2**0.5)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H W"]:
        """One block."""
        hidden = F.leaky_relu(self.first(F.leaky_relu(x, SLOPE)), SLOPE)
        return self.skip(x) + self.second(hidden)  # type: ignore[no-any-return]


class Artist(nn.Module):
    """A code (B, 64) and a class to a picture in the prepared field's own shape; 0 at first."""

    def __init__(self, shape: tuple[int, ...], size: Size) -> None:
        super().__init__()
        self.shape, self.size, self.dtype = shape, size, torch.float32
        self.grids = size.grids(shape)[::-1]
        widths = size.widths[::-1]
        height, width = self.grids[0]
        self.classes = nn.Embedding(size.classes + 1, CODE)
        self.start = nn.Linear(2 * CODE, widths[0] * height * width)
        befores = (widths[0], *widths[:-1])
        blocks = (Residual(a, b, size.levels) for a, b in zip(befores, widths, strict=True))
        self.blocks = nn.ModuleList(blocks)
        self.out = Convolution(widths[-1], shape[2] * size.fold**2, zero=True)

    def forward(
        self, code: Float[Tensor, "B E"], condition: Int[Tensor, " B"]
    ) -> Float[Tensor, "B H W C"]:
        """Grow the coarsest grid to the picture."""
        told = F.normalize(self.classes(condition), dim=1) * CODE**0.5
        values = self.start(torch.cat([code, told], dim=1)).to(self.dtype)
        values = values.view(len(code), *self.grids[0], -1).permute(0, 3, 1, 2)
        for grid, block in zip(self.grids, self.blocks, strict=True):
            if tuple(values.shape[2:]) != grid:
                values = F.interpolate(values, size=grid, mode="bilinear", align_corners=False)
            values = block(values)
        values = F.pixel_shuffle(self.out(F.leaky_relu(values, SLOPE)), self.size.fold)
        height, width, _ = self.shape
        return values[:, :, :height, :width].permute(0, 2, 3, 1).float()


class Critic(nn.Module):
    """A picture and a class to how real it looks, (B,); only differences mean anything."""

    def __init__(self, shape: tuple[int, ...], size: Size) -> None:
        super().__init__()
        self.size, self.dtype = size, torch.float32
        self.stem = Convolution(shape[2] * size.fold**2, size.first)
        befores = (size.first, *size.widths[:-1])
        blocks = (Residual(a, b, size.levels) for a, b in zip(befores, size.widths, strict=True))
        self.blocks = nn.ModuleList(blocks)
        height, width = size.grids(shape)[-1]
        self.mixed = nn.Linear(size.widths[-1] * height * width, size.widths[-1])
        self.score = nn.Linear(size.widths[-1], 1)
        self.classes = nn.Embedding(size.classes + 1, size.widths[-1])
        nn.init.zeros_(self.classes.weight)

    def forward(
        self, x: Float[Tensor, "B H W C"], condition: Int[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """The score of the picture alone, and how well it goes with its class
        (Miyato and Koyama 2018, equation 3, arXiv:1802.05637).
        """
        values = self.stem(folded(x.permute(0, 3, 1, 2).to(self.dtype), self.size.fold))
        for place, block in enumerate(self.blocks):
            if place:
                values = F.avg_pool2d(values, 2, ceil_mode=True)
            values = block(values)
        features = self.mixed(F.leaky_relu(values, SLOPE).flatten(1).float())
        features = F.leaky_relu(features, SLOPE)
        agreement = (self.classes(condition) * features).sum(dim=1) / features.shape[1] ** 0.5
        return self.score(features)[:, 0] + agreement  # type: ignore[no-any-return]


class Duel(nn.Module):
    """Both, built as one."""

    def __init__(self, shape: tuple[int, ...], size: Size) -> None:
        super().__init__()
        self.artist = Artist(shape, size)
        self.critic = Critic(shape, size)

    def groups(self) -> tuple[Group, ...]:
        """Adam without momentum for all: the opponent moves, so old gradients mislead
        (Huang et al. 2024, table 5).
        """
        names = tuple(name for name, _ in self.named_parameters())
        return (Group(names, "adamw", RATE, momentum=0.0, second=0.99),)


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest pair that still draws enough pictures in the time there is."""
    fold, levels = usual_grids(spec.shape)
    sizes = (Size(first, rest, levels, fold, facts.outputs) for first, rest in WIDTHS)
    usual = picture_plan(sizes, spec.shape, facts, wanted)
    batch = min(MOST_AT_ONCE, usual.batch)
    return replace(usual, batch=batch, warmup=0.01, floor=0.25, clip=0.0)


def wanted(size: Size) -> float:
    """Pictures that a pair of this width must draw in training: wider ones pay later."""
    return float(100_000 * (size.first * size.rest / 2048) ** 0.6)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The pair of a plan's size."""
    return Duel(spec.shape, Size(**size))  # type: ignore[arg-type]


PAIRS = {"image": Kind(plan, build)}

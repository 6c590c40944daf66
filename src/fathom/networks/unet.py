"""Noisy pictures (B, H, W, C) with their noise level and class to one value for every pixel.

A U-net (Ronneberger et al. 2015, arXiv:1505.04597) with residual blocks that the noise level
scales and shifts (Dhariwal and Nichol 2021, section 3, arXiv:2105.05233). Pixels are first folded
into channels, 2x2 or 4x4 of them (`networks/folding.py`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Kind, Plan
from fathom.networks.denoiser import PictureDenoiser
from fathom.networks.drawing_plan import dropout, picture_plan
from fathom.networks.folding import usual_grids, widths
from fathom.spec import Spec

HEAD_WIDTH = 32
# Of 6,400 digits 200 batches of 32 taught more than 100 of 64 (loss .36 and .40, 13.9 and 11.1 s of
# one core), 400 of 16 hardly more than 200 at twice the rate (.344 and .349, 19.9 and 14.7 s).
UPDATES, LEAST_BATCH = 1000, 32
# Channels of the finest grid and of the others, and residual blocks on each, the widest first. In
# equal time one block taught more than two (loss .327 and .349 after 15.9 and 14.7 s).
SIZES = (
    (128, 256, 2),
    (96, 192, 2),
    (64, 128, 2),
    (48, 96, 2),
    (48, 96, 1),
    (32, 64, 1),
    (32, 32, 1),
)


@dataclass(frozen=True)
class Size:
    """All numbers that define a U-net.

    first, rest: channels of the finest grid and of the coarser ones; levels: how many grids;
    blocks: residual blocks on each; fold: side of the squares of pixels that become channels;
    classes: K, 0 for none; dropout: of the features inside each block.
    """

    first: int
    rest: int
    levels: int
    blocks: int
    fold: int
    classes: int
    dropout: float

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each grid, the finest first."""
        return widths(self.first, self.rest, self.levels)

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C), forward and backward."""
        height, width = (math.ceil(side / self.fold) for side in shape[:2])
        folded = shape[2] * self.fold**2
        forward, before = 36.0 * height * width * folded * self.first, self.first
        for channels in self.widths:
            cells = height * width
            down = before * channels + (2 * self.blocks - 1) * channels**2
            up = (before + channels) * channels + channels**2 + 2 * (self.blocks - 1) * channels**2
            forward += 18.0 * cells * (down + up)
            height, width, before = math.ceil(height / 2), math.ceil(width / 2), channels
        return 3 * forward


class Convolution(nn.Module):
    """A convolution of odd side that keeps the grid, in the type of what flows in."""

    def __init__(self, inputs: int, outputs: int, *, side: int = 3, zero: bool = False) -> None:
        super().__init__()
        deviation = 0.0 if zero else (inputs * side * side) ** -0.5
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side) * deviation)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H W"]:
        """Convolve; the border is padded with zeros."""
        weight = self.weight.to(x.dtype, memory_format=torch.channels_last)
        return F.conv2d(x, weight, self.bias.to(x.dtype), padding=self.weight.shape[2] // 2)


class CellNorm(nn.Module):
    """Standardise the channels of each cell (layer normalisation, Ba et al. 2016, equation 3).

    Groups of channels over the whole picture, as U-nets usually have them, took a quarter of an
    update: with the channels last in memory their sums run across it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Sums are float32 inside whatever flows in."""
        cells, scale, shift = x.permute(0, 2, 3, 1), self.scale.to(x.dtype), self.shift.to(x.dtype)
        return F.layer_norm(cells, scale.shape, scale, shift).permute(0, 3, 1, 2)


class Block(nn.Module):
    """x + f(x): two convolutions; the condition scales and shifts between them.

    The second convolution starts at zero, so that the untrained block passes x on.
    """

    def __init__(self, inputs: int, outputs: int, embedded: int, dropout: float) -> None:
        super().__init__()
        self.first_norm, self.first = CellNorm(inputs), Convolution(inputs, outputs)
        self.second_norm = CellNorm(outputs)
        self.second = Convolution(outputs, outputs, zero=True)
        self.modulation = nn.Linear(embedded, 2 * outputs)
        self.skip = Convolution(inputs, outputs, side=1) if inputs != outputs else nn.Identity()
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "B C H W"], condition: Float[Tensor, "B E"]
    ) -> Float[Tensor, "B D H W"]:
        """h <- (1 + scale) norm(h) + shift before the second convolution."""
        scale, shift = self.modulation(condition)[:, :, None, None].to(x.dtype).chunk(2, dim=1)
        hidden = self.first(F.silu(self.first_norm(x)))
        hidden = torch.addcmul(shift, self.second_norm(hidden), 1 + scale)
        hidden = F.dropout(F.silu(hidden), self.dropout, self.training)
        return self.skip(x) + self.second(hidden)  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Every cell of the coarsest grid looks at all others (Vaswani et al. 2017, equation 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // HEAD_WIDTH)
        self.norm = CellNorm(channels)
        self.asked = Convolution(channels, 3 * channels, side=1)
        self.answer = Convolution(channels, channels, side=1, zero=True)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """x + attention(x)."""
        count, channels, height, width = x.shape
        parts = self.asked(self.norm(x)).permute(0, 2, 3, 1)
        parts = parts.reshape(count, height * width, 3, self.heads, channels // self.heads)
        seen = F.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4))  # (B, heads, T, d)
        seen = seen.transpose(1, 2).reshape(count, height, width, channels).permute(0, 3, 1, 2)
        return x + self.answer(seen)  # type: ignore[no-any-return]


class UNet(PictureDenoiser):
    """Pictures of any size to values of the same size, position by position."""

    def __init__(self, channels: int, size: Size) -> None:
        widths, embedded = size.widths, 4 * size.first
        super().__init__(channels, fold=size.fold, classes=size.classes, embedded=embedded)
        self.size = size
        self.stem = Convolution(channels * size.fold**2, size.first)
        befores = (size.first, *widths[:-1])

        def blocks(inputs: int, outputs: int) -> nn.ModuleList:
            first = Block(inputs, outputs, embedded, size.dropout)
            more = (Block(outputs, outputs, embedded, size.dropout) for _ in range(size.blocks - 1))
            return nn.ModuleList((first, *more))

        self.down = nn.ModuleList(blocks(a, b) for a, b in zip(befores, widths, strict=True))
        self.attention = Attention(widths[-1])
        coarser = (*widths[1:], widths[-1])
        self.up = nn.ModuleList(blocks(a + b, b) for a, b in zip(coarser, widths, strict=True))
        self.norm = CellNorm(size.first)
        self.out = Convolution(size.first, channels * size.fold**2, zero=True)

    def denoised(
        self, x: Float[Tensor, "B P h w"], told: Float[Tensor, "B E"]
    ) -> Float[Tensor, "B P h w"]:
        """Down to the coarsest grid and up again, with what each grid had seen on the way down."""
        values = self.stem(x)
        kept = []
        for place, blocks in enumerate(self.down):
            if place:
                values = F.avg_pool2d(values, 2, ceil_mode=True)
            for block in blocks:  # type: ignore[attr-defined]
                values = block(values, told)
            kept.append(values)
        values = self.attention(values)
        for blocks, skipped in zip(reversed(self.up), reversed(kept), strict=True):
            if values.shape[2:] != skipped.shape[2:]:
                values = F.interpolate(values, size=skipped.shape[2:], mode="nearest")
            values = torch.cat([values, skipped], dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                values = block(values, told)
        answer: Tensor = self.out(F.silu(self.norm(values)))
        return answer

    def inside(self, name: str, parameter: nn.Parameter) -> bool:
        """Kernels wider than a cell, but for those of both ends."""
        wide = parameter.ndim == 4 and parameter.shape[2] == 3
        return wide and name not in ("stem.weight", "out.weight")


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest U-net that still sees enough pictures in the time there is."""
    fold, levels = usual_grids(spec.shape)
    sizes = (
        Size(first, rest, levels, blocks, fold, facts.outputs, dropout(facts))
        for first, rest, blocks in SIZES
    )
    return picture_plan(sizes, spec.shape, facts, wanted, updates=UPDATES, least=LEAST_BATCH)


def wanted(size: Size) -> float:
    """Pictures that a network of this width must see in training: wider ones pay later."""
    return float(60_000 * (size.first * size.rest / 2048) ** 0.6)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return UNet(spec.shape[2], Size(**size))  # type: ignore[arg-type]


BACKBONES = {"image": Kind(plan, build)}

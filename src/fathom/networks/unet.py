"""Noisy pictures (B, H, W, C) with their noise level and class to one value for every pixel.

A U-net (Ronneberger et al. 2015, arXiv:1505.04597) with residual blocks that the noise level
scales and shifts (Dhariwal and Nichol 2021, section 3, arXiv:2105.05233). Pixels are first folded
into channels, 2x2 or 4x4 of them: convolutions at full resolution would take most of the time and
have the fewest channels.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Plan
from fathom.spec import Spec

FREQUENCIES = 16
MUON_RATE, ADAMW_RATE = 0.02, 2e-3
HEAD_WIDTH = 32
FEW = 10_000
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
        return (self.first, *(self.rest,) * (self.levels - 1))

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


class Condition(nn.Module):
    """Noise level in [0, 1] and class number to a vector; class 0 stands for any class."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.level = nn.Linear(2 * FREQUENCIES, width)
        self.mixed = nn.Linear(width, width)
        self.classes = nn.Embedding(classes + 1, width)
        nn.init.normal_(self.classes.weight, std=0.5)

    def forward(self, condition: Float[Tensor, "B 2"]) -> Float[Tensor, "B E"]:
        """Sines and cosines of the level at frequencies from 1 / 4 to 64 turns."""
        turns = 2.0 ** torch.linspace(-2, 6, FREQUENCIES, device=condition.device)
        angles = 2 * math.pi * condition[:, :1].float() * turns
        waves = torch.cat([angles.sin(), angles.cos()], dim=1)
        hidden = self.level(waves) + self.classes(condition[:, 1].long())
        return F.silu(self.mixed(F.silu(hidden)))


class UNet(nn.Module):
    """Pictures of any size to values of the same size, position by position.

    width: values of a position, C. dtype: what is computed in; the answer is float32.
    """

    members = 1
    couples = False
    pooling: Literal["mean", "max", "members"] = "mean"

    def __init__(self, channels: int, size: Size) -> None:
        super().__init__()
        self.size = size
        self.width = channels
        self.dtype = torch.float32
        self.head = Head()
        widths, embedded = size.widths, 4 * size.first
        self.condition = Condition(size.classes, embedded)
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

    def forward(
        self,
        x: Float[Tensor, "B H W C"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """One position a pixel, row by row. condition: (B, 2), noise level and class number."""
        height, width = x.shape[1:3]
        if condition is None:
            condition = torch.zeros(len(x), 2, device=x.device)
        told = self.condition(condition)
        values = self.stem(self.folded(x.permute(0, 3, 1, 2).to(self.dtype)))
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
        values = F.pixel_shuffle(self.out(F.silu(self.norm(values))), self.size.fold)
        values = values[:, :, :height, :width].float().permute(0, 2, 3, 1)
        return Features(values.flatten(1, 2), ((height, width),))

    def folded(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """Squares of pixels as channels; what is missing of the last ones repeats the border."""
        fold = self.size.fold
        below, right = -x.shape[2] % fold, -x.shape[3] % fold
        if below or right:
            x = F.pad(x, (0, right, 0, below), mode="replicate")
        return F.pixel_unshuffle(x, fold).contiguous(memory_format=torch.channels_last)

    def initialise(self, x: Tensor) -> None:
        """Nothing is learnt from a first look."""

    def groups(self) -> tuple[Group, ...]:
        """Muon for the kernels inside, AdamW for the rest."""
        names = [name for name, p in self.named_parameters() if p.requires_grad]
        inside = {
            name for name, p in self.named_parameters() if p.ndim == 4 and p.shape[2] == 3
        } - {"stem.weight", "out.weight"}
        rest = tuple(name for name in names if name not in inside)
        return (
            Group(tuple(n for n in names if n in inside), "muon", MUON_RATE, momentum=0.95),
            Group(rest, "adamw", ADAMW_RATE, second=0.99),
        )


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest U-net that still sees enough pictures in the time there is."""
    work = facts.seconds * facts.gflops * 1e9
    fold = 2 if min(spec.shape[:2]) <= 40 else 4
    coarse = min(spec.shape[:2]) / fold
    levels = max(1, min(3, 1 + round(math.log2(max(1.0, coarse / 4)))))
    dropout = 0.1 if facts.examples < FEW else 0.0
    for first, rest, blocks in SIZES:
        size = Size(first, rest, levels, blocks, fold, facts.outputs, dropout)
        seen = work / size.flops(spec.shape)
        if seen >= wanted(size):
            break
    most = 400.0 if facts.examples > FEW else 4e6 / facts.examples
    return Plan(
        size=asdict(size),
        batch=int(min(128, max(LEAST_BATCH, seen / UPDATES), facts.examples)),
        epochs=most,
        flops=size.flops(spec.shape),
        warmup=0.03,
        decay=0.7,
        floor=0.02,
        averaging=0.05,
        clip=1.0,
        augment={"flip": 0.0 if facts.mirrored or not facts.outputs else 1.0},
    )


def wanted(size: Size) -> float:
    """Pictures that a network of this width must see in training: wider ones pay later."""
    return float(60_000 * (size.first * size.rest / 2048) ** 0.6)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return UNet(spec.shape[2], Size(**size))  # type: ignore[arg-type]


BACKBONES = {"image": Kind(plan, build)}

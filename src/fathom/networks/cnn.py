"""Pictures (B, H, W, C) to a grid of features: convolutions, pooling, normalisation.

The small-picture network follows Jordan 2024 (arXiv:2404.00498): fixed whitening of 2x2 patches,
then groups of two 3x3 convolutions that halve the grid, trained by Muon with filters held at a
fixed norm.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Plan
from fathom.networks.layers import BatchNorm, Conv2d, Whitening
from fathom.spec import Spec


class Halving(nn.Module):
    """Two 3x3 convolutions; the first one's result is halved by its largest of 2x2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = Conv2d(inputs, outputs)
        self.first_norm = BatchNorm(outputs)
        self.second = Conv2d(outputs, outputs)
        self.second_norm = BatchNorm(outputs)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """Convolve, halve, convolve."""
        x = F.max_pool2d(self.first(x), 2)
        x = F.gelu(self.first_norm(x))
        return F.gelu(self.second_norm(self.second(x)))


class SmallPictures(nn.Module):
    """Pictures of 4 to 64 pixels a side to the features of a grid of about 3x3 cells.

    dtype: what is computed in; sums and statistics are float32 anyway.
    """

    members = 1
    couples = True
    pooling: Literal["max"] = "max"

    def __init__(
        self, channels: int, *, widths: tuple[int, ...], batch: int, rate: float = 0.24
    ) -> None:
        super().__init__()
        self.width = widths[-1]
        self.dtype = torch.float32
        self.batch = batch
        self.rate = rate
        self.whitening = Whitening(channels)
        inputs = (self.whitening.outputs, *widths[:-1])
        self.halvings = nn.ModuleList(map(Halving, inputs, widths))
        self.head = Head(
            scale=1.0 / self.width,
            std=self.width**0.5,
            group=Group((), "nesterov", 0.67 * batch, momentum=0.85, weight_decay=3e-6),
        )

    def forward(
        self,
        x: Float[Tensor, "B H W C"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of every cell of the last grid, row by row."""
        x = x.permute(0, 3, 1, 2).to(self.dtype)  # (B, C, H, W), channels last in memory
        x = F.gelu(self.whitening(x))
        for halving in self.halvings:
            x = halving(x)
        return Features(x.permute(0, 2, 3, 1).flatten(1, 2), ((x.shape[2], x.shape[3]),))

    def initialise(self, x: Float[Tensor, "B H W C"]) -> None:
        """Fit the whitening filters."""
        self.whitening.initialise(x.permute(0, 3, 1, 2))

    def groups(self) -> tuple[Group, ...]:
        """Muon for the kernels; fast momentum for the shifts, of which the first soon freezes."""
        names = [name for name, p in self.named_parameters() if p.requires_grad]
        kernels = tuple(name for name in names if name.endswith("weight"))
        shifts = tuple(name for name in names if name.endswith("norm.shift"))
        quick = Group(shifts, "nesterov", 0.053 * self.batch, momentum=0.85, weight_decay=3.8e-5)
        return (
            Group(kernels, "muon", self.rate, momentum=0.6, normalise=True),
            quick,
            replace(quick, names=("whitening.shift",), until=0.35),
        )


def small_flops(shape: tuple[int, ...], widths: tuple[int, ...]) -> float:
    """Multiplications and additions of one picture, forward and backward."""
    height, width, channels = shape[0] - 1, shape[1] - 1, shape[2]
    inputs = 8 * channels
    total = 2.0 * height * width * inputs * inputs / 2
    for outputs in widths:
        total += 18.0 * height * width * inputs * outputs
        height, width, inputs = height // 2, width // 2, outputs
        total += 18.0 * height * width * inputs * outputs
    return 3 * total


def small_depth(shape: tuple[int, ...]) -> int:
    """How often the grid can be halved until its shorter side is at most 4."""
    side, depth = min(shape[:2]) - 1, 0
    while side > 4:
        side, depth = side // 2, depth + 1
    return max(depth, 1)


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest network that still sees the data often enough in the time there is."""
    work = facts.seconds * facts.gflops * 1e9
    wanted = 6.0 if facts.examples > 20_000 else 30.0
    factors = (4, 2, 1, 0.75, 0.5)
    for factor in factors:
        widths = small_widths(spec.shape, factor)
        flops = small_flops(spec.shape, widths)
        epochs = work / flops / facts.examples
        if epochs >= wanted:
            break
    most = 40.0 if facts.examples > 20_000 else 400.0
    seen = min(epochs, most) * facts.examples
    flip = 0.0 if facts.mirrored else 1.0
    return Plan(
        size={"width": widths[0], "factor": factor, "batch": small_batch(seen, facts.examples)},
        batch=small_batch(seen, facts.examples),
        epochs=most,
        flops=flops,
        warmup=0.0,
        decay=1.0,
        floor=0.0,
        averaging=0.0,
        clip=0.0,
        augment={"flip": flip, "translate": max(1.0, round(spec.shape[0] / 16))},
        objective={"mirror": flip, "label_smoothing": 0.2 if epochs < 20 else 0.1},
    )


def small_widths(shape: tuple[int, ...], factor: float) -> tuple[int, ...]:
    """Channels of each group: 32, then 128; half of that for grey pictures."""
    unit = factor * (1.0 if shape[2] == 3 else 0.5)
    depth = small_depth(shape)
    return (round(32 * unit), *(round(128 * unit),) * (depth - 1))


def small_batch(seen: float, examples: int) -> int:
    """Examples per update: 400 updates or more, and never more than there are."""
    return min(examples, max(32, min(500, int(seen / 400))))


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    widths = small_widths(spec.shape, float(size["factor"]))
    return SmallPictures(spec.shape[2], widths=widths, batch=int(size["batch"]))


BACKBONES = {"image": Kind(plan, build)}

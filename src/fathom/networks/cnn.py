"""Pictures (B, H, W, C) to a grid of features: convolutions, pooling, normalisation.

After Jordan 2024 (arXiv:2404.00498): patches are whitened by fixed filters, then groups of two 3x3
convolutions each halve the grid to about 3x3 cells; Muon trains the kernels, held at a fixed norm.
Small pictures are whitened at every pixel, photos once every 2, 4 or 8 pixels, so that the first
convolution always sees a grid of 20 to 45 cells a side.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Plan, mean_area
from fathom.networks.layers import BatchNorm, Conv2d, Whitening
from fathom.spec import Spec

GRID = 32
MANY = 20_000
SMALLEST_GROWING = 24
MANY_PASSES = 15.0
DESIGNED = 256  # the width that the rates were made for


@dataclass(frozen=True)
class Size:
    """All numbers that define a network for pictures.

    first, rest: channels of the first group and of the others; halvings: how many groups; patch,
    stride, kept: side, distance and number of the whitening filters; batch: examples per update and
    rate of the kernels, which set the other rates.
    """

    first: int
    rest: int
    halvings: int
    patch: int
    stride: int
    kept: int
    batch: int
    rate: float

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each group."""
        return (self.first, *(self.rest,) * (self.halvings - 1))

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C), forward and backward."""
        height, width = ((side - self.patch) // self.stride + 1 for side in shape[:2])
        inputs = 2 * self.kept
        forward = 2.0 * height * width * inputs * self.patch**2 * shape[2]
        for outputs in self.widths:
            forward += 18.0 * height * width * inputs * outputs
            height, width, inputs = height // 2, width // 2, outputs
            forward += 18.0 * height * width * inputs * outputs
        return 3 * forward


class Halving(nn.Module):
    """Two 3x3 convolutions; the first one's result is halved by the largest of each 2x2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = Conv2d(inputs, outputs)
        self.first_norm = BatchNorm(outputs)
        self.second = Conv2d(outputs, outputs)
        self.second_norm = BatchNorm(outputs)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """Convolve, halve, convolve; a grid of one row or column keeps it."""
        window = (min(2, x.shape[2]), min(2, x.shape[3]))
        x = F.max_pool2d(self.first(x), window)
        x = F.gelu(self.first_norm(x))
        return F.gelu(self.second_norm(self.second(x)))


class PictureNetwork(nn.Module):
    """Pictures of any size to the features of a grid of about 3x3 cells.

    dtype: what is computed in; sums and statistics are float32 anyway.
    """

    members = 1
    couples = True
    pooling: Literal["max"] = "max"

    def __init__(self, channels: int, size: Size) -> None:
        super().__init__()
        self.size = size
        self.width = size.widths[-1]
        self.dtype = torch.float32
        self.whitening = Whitening(channels, side=size.patch, stride=size.stride, kept=size.kept)
        inputs = (self.whitening.outputs, *size.widths[:-1])
        self.halvings = nn.ModuleList(map(Halving, inputs, size.widths))
        # Scores start near zero: weights of unit size, divided by the width. One step of the head
        # or of the shifts then moves the scores by its rate over the width: at the rates of a
        # network of width 256, one of width 32 ended anywhere from 37 to 99 % on MNIST.
        self.pace = size.batch * self.width / DESIGNED
        self.head = Head(
            scale=1.0 / self.width,
            std=self.width**0.5,
            group=Group((), "nesterov", 0.67 * self.pace, momentum=0.85, weight_decay=3e-6),
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
        """Muon for the kernels; fast momentum for the shifts, of which the first soon freezes.

        Freezing it ends the backward pass before the largest grid.
        """
        names = [name for name, p in self.named_parameters() if p.requires_grad]
        kernels = tuple(name for name in names if name.endswith("weight"))
        shifts = tuple(name for name in names if name.endswith("norm.shift"))
        rate = 0.053 * self.pace
        quick = Group(shifts, "nesterov", rate, momentum=0.85, weight_decay=3.8e-5)
        return (
            Group(kernels, "muon", self.size.rate, momentum=0.6, normalise=True),
            quick,
            replace(quick, names=("whitening.shift",), until=0.35),
        )


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest network that still sees the data often enough in the time there is."""
    work = facts.seconds * facts.gflops * 1e9
    most = 60.0 if facts.examples > MANY else min(400.0, 1.2e6 / facts.examples)
    resolutions = growing(spec.shape)
    area = mean_area(resolutions)
    for factor in factors(facts.examples):
        size = sized(spec.shape, factor)
        epochs = min(most, work / (area * size.flops(spec.shape)) / facts.examples)
        if epochs >= wanted_epochs(spec.shape, facts.examples, factor):
            break
    batch = batch_size(facts.examples, epochs)
    size = replace(size, batch=batch, rate=kernel_rate(spec.shape, batch, factor))
    flip = 0.0 if facts.mirrored else 1.0
    return Plan(
        size=asdict(size),
        batch=size.batch,
        epochs=most,
        flops=area * size.flops(spec.shape),
        warmup=0.0,
        decay=1.0,
        floor=0.0,
        averaging=0.0,
        clip=0.0,
        resolutions=resolutions,
        augment={"flip": flip, **changes(spec.shape, facts.examples, epochs)},
        objective={"mirror": flip, "label_smoothing": 0.2 if epochs < 20 else 0.1},
    )


def growing(shape: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    """(share of the updates until, scale of the sides) in order, for pictures (H, W, C).

    Learning begins on smaller ones. On CIFAR-10 half the updates at three quarters of the side
    lower the loss at equal time; half the side, good for photos, leaves too little to see there.
    """
    if shape[2] == 1 or min(shape[:2]) < SMALLEST_GROWING:
        return ()
    return ((0.5, 0.75),) if min(shape[:2]) <= 2 * GRID else ((0.35, 0.5), (0.7, 0.75))


def factors(examples: int) -> tuple[float, ...]:
    """Widths to try, the widest first: a few hundred pictures cannot fill a wide network."""
    widest = 4.0 if examples > MANY else 2.0 if examples >= 1000 else 1.0
    return tuple(factor for factor in (4.0, 2.0, 1.5, 1.0, 0.75, 0.5) if factor <= widest)


def wanted_epochs(shape: tuple[int, ...], examples: int, factor: float) -> float:
    """Passes below which a network narrower than `factor` learns more in the same time.

    Grey shapes need few channels: before a wide network pays they want to be seen often.
    """
    if examples > MANY:
        return MANY_PASSES if shape[2] == 1 and factor > 1.0 else 5.0
    return 15.0 if examples > 5000 else 20.0 if examples > 500 else 100.0


def sized(shape: tuple[int, ...], factor: float) -> Size:
    """The network of a width for pictures (H, W, C); batch and rate are still open."""
    side, channels = min(shape[:2]), shape[2]
    stride = 2 ** max(0, round(math.log2(side / GRID)))
    patch = min(side, 2 if stride == 1 and channels == 3 else max(3, stride))
    kept = min(24, channels * patch**2)
    grid, halvings = (side - patch) // stride + 1, 0
    while grid > 4 or not halvings:
        grid, halvings = grid // 2, halvings + 1
    unit = factor * (1.0 if channels == 3 else 0.5)
    narrow = 32 if stride == 1 else 64
    first, rest = (8 * max(1, round(width * unit / 8)) for width in (narrow, 128))
    first = rest if halvings == 1 else first
    return Size(first, rest, halvings, patch, stride, kept, batch=1, rate=0.0)


def batch_size(examples: int, epochs: float) -> int:
    """At most 500, for 400 updates and 8 a pass, such that few examples are left over in one."""
    batch = max(32.0, min(500.0, examples * epochs / 400, examples / 8))
    return math.ceil(examples / math.ceil(examples / batch))


def kernel_rate(shape: tuple[int, ...], batch: int, factor: float) -> float:
    """How far an update turns the kernels.

    The noise of an orthogonalised step grows as its batch shrinks, and the step stays as long when
    nothing is left to learn, as wide networks come to it on grey shapes: 900 updates of 32/128/128
    channels on MNIST ended at 98.9 % with a rate of .12, at 99.4 with .08, .06 and .03. CIFAR-10
    wants .12 after 800 updates, too.
    """
    calmer = 0.5 if shape[2] == 1 and factor > 1.0 else 1.0
    return 0.24 * math.sqrt(batch / 2000) * calmer


def changes(shape: tuple[int, ...], examples: int, epochs: float) -> dict[str, float]:
    """Shifts for small pictures, random crops for photos; stronger with more passes.

    Grey shapes are also turned, leant and grown: not so small ones that sampling blurs them.
    Swapped rectangles cost nothing at 20 passes over the flowers and lower the loss a little; with
    more passes a network that sees only whole photos learns them by heart.
    """
    if max(shape[:2]) > 64:
        swapped = {"cutmix": 0.5, "calm": 0.85} if epochs > 30 else {}
        return {"crop": 0.35 if epochs > 10 else 0.6, **swapped}
    turned = shape[2] == 1 and min(shape[:2]) >= SMALLEST_GROWING and epochs >= MANY_PASSES
    return {
        "translate": float(max(1, round(max(shape[:2]) / 16))),
        **({"affine": 0.5, "calm": 0.85} if turned else {}),
    }


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return PictureNetwork(spec.shape[2], Size(**size))  # type: ignore[arg-type]


BACKBONES = {"image": Kind(plan, build)}

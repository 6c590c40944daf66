"""Pictures to features that a code is read from, and a code back to pictures, by convolutions.

Both ways mirror each other: squares of pixels are folded into channels (pixel shuffle: Shi et al.
2016, section 3.2, arXiv:1609.05158), which halves the grid and loses nothing, and residual blocks
(He et al. 2016, arXiv:1603.05027) look at cells and their neighbours on two grids. Only the coarse
grid is turned into a vector, so that the number of weights hardly grows with the picture.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Kind, Plan
from fathom.networks.coders import Coder
from fathom.networks.folding import folded
from fathom.networks.mlp import Linear
from fathom.networks.unet import CellNorm, Convolution
from fathom.spec import Spec

GRID = 16  # cells a side of the finer grid, about
RATE = 2e-3
ENOUGH_EXAMPLES = 10_000_000
# Channels of the finer and the coarser grid, and the examples that pay for them, the widest first.
WIDTHS = ((48, 96, 3_000_000), (32, 64, 400_000), (16, 32, 0))


@dataclass(frozen=True)
class Size:
    """All numbers that define a coder for pictures.

    first, rest: channels of the finer and of the coarser grid; fold: side of the squares of pixels
    that become channels; blocks: residual blocks on each grid; width: of the features.
    """

    code: int
    first: int
    rest: int
    fold: int
    blocks: int
    width: int
    rate: float

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C), there, back and backward."""
        fine, coarse = self.grids(shape)
        inside = 2 * self.blocks
        folded = shape[2] * self.fold**2
        forward = math.prod(fine) * 18.0 * (folded * self.first + inside * self.first**2)
        forward += math.prod(coarse) * 18.0 * (4 * self.first * self.rest + inside * self.rest**2)
        forward += math.prod(coarse) * 2.0 * self.rest * self.width + 2.0 * self.width * self.code
        return 6 * forward

    def grids(self, shape: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Cells (H, W) of the finer and of the coarser grid; the last ones may be padded."""
        height, width = (math.ceil(side / self.fold) for side in shape[:2])
        return (height, width), (math.ceil(height / 2), math.ceil(width / 2))


class Residual(nn.Module):
    """x + f(x): two convolutions, the second of which starts at zero, so that x is passed on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = CellNorm(channels)
        self.first = Convolution(channels, channels)
        self.second = Convolution(channels, channels, zero=True)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Look at each cell and its neighbours, twice."""
        hidden = F.silu(self.first(F.silu(self.norm(x))))
        return x + self.second(hidden)  # type: ignore[no-any-return]


def blocks(channels: int, count: int) -> nn.Sequential:
    """Residual blocks, one after the other."""
    return nn.Sequential(*(Residual(channels) for _ in range(count)))


class PictureEncoder(nn.Module):
    """Flat pictures (B, P) to features (B, D), in the type of what flows in."""

    def __init__(self, shape: tuple[int, ...], size: Size) -> None:
        super().__init__()
        self.shape, self.size = shape, size
        self.width = size.width
        self.stem = Convolution(shape[2] * size.fold**2, size.first)
        self.fine = blocks(size.first, size.blocks)
        self.down = Convolution(4 * size.first, size.rest)
        self.coarse = blocks(size.rest, size.blocks)
        cells = math.prod(size.grids(shape)[1])
        self.last = dense(cells * size.rest, size.width)

    def forward(self, x: Float[Tensor, "B P"]) -> Float[Tensor, "B D"]:
        """Fold, look, fold, look, and read all cells at once."""
        grid = x.view(len(x), *self.shape).permute(0, 3, 1, 2)
        grid = self.fine(self.stem(folded(grid, self.size.fold)))
        grid = self.coarse(self.down(folded(grid, 2)))
        return F.silu(self.last(F.silu(grid.permute(0, 2, 3, 1).flatten(1))))


class PictureSynthesis(nn.Module):
    """A code to a picture, (B, K) -> (B, H, W, C), float32 whatever is computed in.

    It starts by answering 0 whatever the code, which a coder takes for the mean picture.
    """

    def __init__(self, shape: tuple[int, ...], size: Size) -> None:
        super().__init__()
        self.shape, self.size = shape, size
        self.dtype = torch.float32
        self.first = dense(size.code, size.width)
        cells = math.prod(size.grids(shape)[1])
        self.spread = dense(size.width, cells * size.rest)
        self.coarse = blocks(size.rest, size.blocks)
        self.up = Convolution(size.rest, 4 * size.first)
        self.fine = blocks(size.first, size.blocks)
        self.norm = CellNorm(size.first)
        self.last = Convolution(size.first, shape[2] * size.fold**2)
        with torch.no_grad():
            self.last.weight.mul_(0.1)

    def forward(
        self, code: Float[Tensor, "B K"], condition: Tensor | None = None
    ) -> Float[Tensor, "B H W C"]:
        """The encoder's way back."""
        (height, width), coarse = self.size.grids(self.shape)
        grid = self.spread(F.silu(self.first(code.to(self.dtype))))
        grid = grid.view(len(code), *coarse, self.size.rest).permute(0, 3, 1, 2)
        grid = F.pixel_shuffle(self.up(self.coarse(grid)), 2)[:, :, :height, :width]
        grid = grid.contiguous(memory_format=torch.channels_last)
        grid = F.silu(self.norm(self.fine(grid)))
        picture = F.pixel_shuffle(self.last(grid), self.size.fold)
        picture = picture[:, :, : self.shape[0], : self.shape[1]].permute(0, 2, 3, 1)
        return picture.float()


def dense(inputs: int, outputs: int) -> Linear:
    """A linear map that keeps unit size (He et al. 2015, equation 10)."""
    made = Linear(inputs, outputs)
    nn.init.normal_(made.weight, std=(2.0 / inputs) ** 0.5)
    nn.init.zeros_(made.bias)
    return made


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest coder that still sees enough pictures in the time there is."""
    work = facts.seconds * facts.gflops * 1e9
    fold = 2 ** max(1, round(math.log2(max(spec.shape[:2]) / GRID)))
    for first, rest, enough in WIDTHS:
        size = Size(facts.code, first, rest, fold, blocks=1, width=4 * rest, rate=RATE)
        seen = work / size.flops(spec.shape)
        if seen >= enough:
            break
    batch = int(max(16, min(250, facts.examples // 20, seen / 1000)))
    return Plan(
        size=asdict(size),
        batch=batch,
        epochs=ENOUGH_EXAMPLES / max(1, facts.examples) if facts.examples > 20_000 else 400.0,
        flops=size.flops(spec.shape),
        warmup=0.03,
        decay=0.7,
        floor=0.0,
        averaging=0.02,
        clip=1.0,
        augment={"flip": 1.0} if spec.shape[2] == 3 and not facts.mirrored else {},
        objective={"free_nats": 0.02},
    )


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> Coder:
    """The coder of a plan's size."""
    made = Size(**size)  # type: ignore[arg-type]
    encoder, synthesis = PictureEncoder(spec.shape, made), PictureSynthesis(spec.shape, made)
    return Coder(spec, made.code, encoder, synthesis, rate=made.rate)


CODERS: Mapping[str, Kind] = {"image": Kind(plan, build)}

"""Noisy pictures (B, H, W, C) with their noise level and class to one value for every pixel.

A diffusion transformer (Peebles and Xie 2023, arXiv:2212.09748). The picture is cut into squares,
each becomes a vector, and layers follow in which every square looks at all others, and a small
network works on each alone. Noise level and class speak through *adaptive normalisation* (section
3.2 there): in each layer they scale and shift what a branch sees, and a gate says how much of its
answer is added. The gates start at zero, so that the untrained network passes its input on.

What differs from 2023: squares are told apart by their place in the picture and, in attention, by
rotary distances in both directions (Su et al. 2021, arXiv:2104.09864); queries and keys are
normalised, so that scores stay bounded (Henry et al. 2020, arXiv:2010.04245).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Kind, Plan
from fathom.networks.attention import Table, turned
from fathom.networks.denoiser import PictureDenoiser
from fathom.networks.drawing_plan import dropout, picture_plan
from fathom.networks.positions import Linear, normalised
from fathom.spec import Spec

HEAD_WIDTH = 32
HIDDEN = 4  # widths of the small network
FEWEST_TOKENS, MOST_TOKENS = 49, 256  # every one looks at all others: so many are dear
LONGEST_WAVE = 100.0  # squares that the slowest pair of a rotary head needs to turn once, over 2 pi
# Features of a square and layers, the widest first.
SIZES = ((384, 12), (256, 8), (192, 6), (128, 6), (96, 4), (64, 4))


@dataclass(frozen=True)
class Size:
    """All numbers that define a diffusion transformer.

    width: D; layers; patch: side of the squares in pixels; classes: K, 0 for none; dropout: of what
    each branch adds.
    """

    width: int
    layers: int
    patch: int
    classes: int
    dropout: float

    @property
    def matrices(self) -> int:
        """Numbers in the matrices that every square passes, those of the layers."""
        return self.layers * (4 + 2 * HIDDEN) * self.width**2

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C), forward and backward."""
        squares = tokens(shape, self.patch)
        ends = 2 * shape[2] * self.patch**2 * self.width
        looks = 2 * self.layers * squares * self.width
        told = (6 * self.layers + 3) * self.width**2
        return 6.0 * (squares * (self.matrices + ends + looks) + told)


def tokens(shape: tuple[int, ...], patch: int) -> int:
    """How many squares of that side cover a picture (H, W, C)."""
    return math.prod(math.ceil(side / patch) for side in shape[:2])


class Attention(nn.Module):
    """Every square asks all squares (Vaswani et al. 2017, equation 1, arXiv:1706.03762)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.all = Linear(width, 3 * width, stack=3)
        self.out = Linear(width, width)

    def forward(self, x: Float[Tensor, "B T D"], table: Table) -> Float[Tensor, "B T D"]:
        """What each square gathers."""
        pointers, value = (
            self.all(x)
            .unflatten(-1, (3 * self.heads, HEAD_WIDTH))
            .split((2 * self.heads, self.heads), dim=2)
        )
        query, key = turned(normalised(pointers), table).chunk(2, dim=2)
        query, key, value = (
            part.transpose(1, 2) for part in (query, key, value)
        )  # (B, heads, T, d)
        seen = F.scaled_dot_product_attention(query, key, value)
        mixed: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return mixed


class Layer(nn.Module):
    """x + gate f((1 + scale) norm(x) + shift), once for attention and once for a small network."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.attention = Attention(width)
        self.expand = Linear(width, HIDDEN * width)
        self.shrink = Linear(HIDDEN * width, width)
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "B T D"], condition: Float[Tensor, "B D"], table: Table
    ) -> Float[Tensor, "B T D"]:
        """The condition chooses scale, shift and gate of both branches."""
        told = self.modulation(condition)[:, None].to(x.dtype).chunk(6, dim=-1)
        found = self.attention(modulated(x, told[0], told[1]), table)
        x = torch.addcmul(x, told[2], self.drop(found))
        found = self.shrink(F.gelu(self.expand(modulated(x, told[3], told[4])), approximate="tanh"))
        return torch.addcmul(x, told[5], self.drop(found))

    def drop(self, x: Tensor) -> Tensor:
        """Leave out a share of a branch while training."""
        return F.dropout(x, self.dropout, self.training)


def modulated(
    x: Float[Tensor, "B T D"], scale: Float[Tensor, "B 1 D"], shift: Float[Tensor, "B 1 D"]
) -> Float[Tensor, "B T D"]:
    """(1 + scale) norm(x) + shift."""
    return torch.addcmul(shift, normalised(x), 1 + scale)


class Transformer(PictureDenoiser):
    """Pictures of any size to values of the same size, position by position."""

    def __init__(self, channels: int, size: Size) -> None:
        super().__init__(channels, fold=size.patch, classes=size.classes, embedded=size.width)
        self.size = size
        pixels = channels * size.patch**2
        self.stem = Linear(pixels, size.width)
        self.place = Linear(HEAD_WIDTH, size.width)
        self.layers = nn.ModuleList(Layer(size.width, size.dropout) for _ in range(size.layers))
        self.last = nn.Linear(size.width, 2 * size.width)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.out = Linear(size.width, pixels, silent=True)

    def denoised(
        self, x: Float[Tensor, "B P h w"], told: Float[Tensor, "B E"]
    ) -> Float[Tensor, "B P h w"]:
        """Every square a vector, layer after layer, and back."""
        grid = (x.shape[2], x.shape[3])
        values = self.stem(x.flatten(2).mT)  # (B, T, D)
        table = places(grid, like=values)
        values = values + self.place(waves(table))
        for layer in self.layers:
            values = layer(values, told, table)
        scale, shift = self.last(told)[:, None].to(values.dtype).chunk(2, dim=-1)
        answer: Tensor = self.out(modulated(values, scale, shift)).mT.unflatten(2, grid)
        return answer

    def inside(self, name: str, parameter: nn.Parameter) -> bool:
        """The matrices of the layers, but for those that hear of the condition."""
        return name.startswith("layers.") and ".modulation." not in name


def places(grid: tuple[int, int], like: Tensor) -> Table:
    """Cosines, and sines with their signs, (T, 1, d) of the squares of a grid, row by row.

    The first half of a head's pairs turns with the row and the second with the column, so that the
    score of two squares depends on how far apart they are in each direction.
    """
    pairs = HEAD_WIDTH // 4
    turns = LONGEST_WAVE ** (-torch.arange(pairs, device=like.device) / pairs)
    rows, columns = (torch.arange(side, device=like.device)[:, None] * turns for side in grid)
    down = rows[:, None].expand(*grid, pairs)
    along = columns[None].expand(*grid, pairs)
    angle = torch.cat([down, along], dim=-1).flatten(0, 1)[:, None]  # (T, 1, d / 2)
    cosine, sine = angle.cos(), angle.sin()
    return torch.cat((cosine, cosine), -1).to(like), torch.cat((-sine, sine), -1).to(like)


def waves(table: Table) -> Float[Tensor, "T d"]:
    """The same cosines and sines side by side, each once."""
    return torch.cat([part.chunk(2, dim=-1)[0] for part in table], dim=-1)[:, 0]


def plan(spec: Spec, facts: Facts) -> Plan:
    """The largest transformer that still sees enough pictures in the time there is."""
    every = sizes(spec.shape, facts.outputs, dropout(facts))
    return picture_plan(every, spec.shape, facts, wanted)


def sizes(shape: tuple[int, ...], classes: int, left_out: float) -> Iterator[Size]:
    """All sizes for a picture (H, W, C): first with the finest squares that are few enough, then
    with the coarsest that are no fewer than `FEWEST_TOKENS`; the widest first.
    """
    fine = next(side for side in count(1) if tokens(shape, side) <= MOST_TOKENS)
    coarse = next(side for side in count(fine) if tokens(shape, side + 1) < FEWEST_TOKENS)
    for patch in dict.fromkeys((fine, coarse)):
        for width, layers in SIZES:
            yield Size(width, layers, patch, classes, left_out)


def wanted(size: Size) -> float:
    """Pictures that a transformer of this size must see in training, as for the U-net: larger ones
    pay later.
    """
    smallest = Size(*SIZES[-1], size.patch, size.classes, size.dropout)
    return float(60_000 * (size.matrices / smallest.matrices) ** 0.6)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return Transformer(spec.shape[2], Size(**size))  # type: ignore[arg-type]


BACKBONES = {"image": Kind(plan, build)}

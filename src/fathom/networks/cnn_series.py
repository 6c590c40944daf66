"""Series to features by convolution: filters of several lengths that look for forms in time.

Inception blocks (Ismail Fawaz et al. 2020, InceptionTime, arXiv:1909.04939): each looks with
filters of three lengths at once, so that short and long forms are both found, and adds what it
finds to what was there. In the end only how strongly each form was found counts, on the mean and at
most, not where.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Group, Head, Kind, Plan
from fathom.networks.layers import BatchNorm
from fathom.networks.positions import mean_and_largest, real_positions
from fathom.networks.series_reader import SeriesReader
from fathom.spec import Spec

LENGTHS = (9, 19, 39)
FILTERS = 24
DEPTH = 3
RATE = 2e-3


class Filters(nn.Module):
    """Filters of several lengths, (B, C, T) -> (B, D, T), zero-padded to keep T."""

    def __init__(self, channels: int, filters: int, lengths: tuple[int, ...]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(
            torch.empty(filters, channels, length).uniform_(-1, 1)
            * (3 / (channels * length)) ** 0.5
            for length in lengths
        )

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        """Compare every stretch with every filter, in the type of `x`."""
        found = [F.conv1d(x, w.to(x.dtype), padding=w.shape[2] // 2) for w in self.weights]
        return torch.cat(found, dim=1)


class Inception(nn.Module):
    """Look with all filters, standardise, keep what agrees, add it to what was there."""

    def __init__(self, channels: int, filters: int, lengths: tuple[int, ...]) -> None:
        super().__init__()
        outputs = filters * len(lengths)
        self.narrow = Filters(channels, filters, (1,)) if channels > filters else None
        self.look = Filters(min(channels, filters), filters, lengths)
        self.norm = BatchNorm(outputs, memory=0.9)
        self.skip = Filters(channels, outputs, (1,)) if channels != outputs else None

    def forward(
        self, x: Float[Tensor, "B C T"], real: Bool[Tensor, "B 1 T"]
    ) -> Float[Tensor, "B D T"]:
        """What flows through with what was found; nothing behind the end."""
        seen = x if self.narrow is None else self.narrow(x)
        found = F.gelu(self.norm(self.look(seen)[..., None])[..., 0])
        kept = x if self.skip is None else self.skip(x)
        return (kept + found) * real


class SeriesConvolutions(SeriesReader):
    """(B, T, C) -> one position: mean and maximum over time of every form."""

    couples = True
    head = Head(group=Group((), "adamw", RATE))

    def __init__(self, channels: int, *, filters: int, depth: int, longest: int) -> None:
        super().__init__()
        lengths = tuple(min(length, longest // 2 * 2 + 1) for length in LENGTHS)
        outputs = filters * len(lengths)
        self.width = 2 * outputs
        self.blocks = nn.ModuleList(
            Inception(channels if place == 0 else outputs, filters, lengths)
            for place in range(depth)
        )

    def read(
        self, seen: Float[Tensor, "B T C"], length: Int[Tensor, " B"] | None
    ) -> Float[Tensor, "B 1 D"]:
        """Run the blocks over time, then gather over the real positions."""
        real = real_positions(seen, length)
        values = seen.transpose(1, 2)  # (B, C, T)
        for block in self.blocks:
            values = block(values, real[:, None])
        return mean_and_largest(values.float().transpose(1, 2), real)

    def groups(self) -> tuple[Group, ...]:
        """AdamW; filters decay, shifts do not."""
        named = [name for name, p in self.named_parameters() if p.requires_grad]
        shifts = tuple(name for name in named if name.endswith("shift"))
        filters = tuple(name for name in named if not name.endswith("shift"))
        return (
            Group(filters, "adamw", RATE, weight_decay=0.01),
            Group(shifts, "adamw", RATE),
        )


def plan(spec: Spec, facts: Facts) -> Plan:
    """Three blocks; sets of series are small, hence smoothed labels and many passes."""
    size: dict[str, int | float | str | bool] = {"filters": FILTERS, "depth": DEPTH}
    outputs = FILTERS * len(LENGTHS)
    weights = DEPTH * (FILTERS * FILTERS * sum(LENGTHS) + FILTERS * outputs)
    return Plan(
        size,
        batch=64,
        epochs=1500.0,
        flops=6.0 * weights * spec.shape[0],
        warmup=0.05,
        decay=0.9,
        floor=0.0,
        objective={"label_smoothing": 0.1} if not facts.regression else {},
    )


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return SeriesConvolutions(
        spec.shape[1], filters=int(size["filters"]), depth=int(size["depth"]), longest=spec.shape[0]
    )


BACKBONES: Mapping[str, Kind] = {"series": Kind(plan, build)}

"""Log-mel features (B, T, F) to positions: what the networks for sound have in common.

A clip is read as a picture of time and frequency: groups of two 3x3 convolutions each halve the
frequencies, and the first of them time as well, so that a position knows which pitches sound around
its moment. A core, each family's own, then relates the positions. Where a class or a number is
asked for, mean and maximum over the clip's own positions are read; where each moment has an answer
of its own (transcription), the positions are.

What is heard in training is distorted: bands and moments are hidden (SpecAugment, Park et al. 2019,
arXiv:1904.08779), and frequencies are stretched, as by a longer or shorter throat (Jaitly and
Hinton 2013).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Plan
from fathom.networks.layers import BatchNorm, Conv2d
from fathom.networks.positions import Linear, mean_and_largest, real_positions
from fathom.spec import Spec

RATE = 2e-3
MOMENT_RATE = 4e-3
KERNEL_RATE = 0.24  # at 2,000 clips an update; less, the fewer there are
MOST_EPOCHS = 150.0
WANTED = 25.0  # passes below which a narrower network learns more in the same time
UNITS = (32, 24, 16, 12, 8)  # channels of the first group to try, the widest first
FEW = 500
BATCH = 64
MOMENT_HALVINGS = 2  # an answer every 4 frames


@dataclass(frozen=True)
class Size:
    """All numbers that define a network for sound.

    unit: channels of the first group, doubled from group to group; groups: each halves the
    frequencies; halvings: how many of them also halve time; width: of the positions that the core
    relates, 0 for no core; depth: of the core. pooled: one vector a clip instead of positions.
    dropout: of features; hidden: share of the bands, and skipped: of the moments, hidden at most,
    each twice; stretch: of frequencies. batch: clips an update.
    """

    unit: int
    groups: int
    halvings: int
    width: int
    depth: int
    pooled: bool = True
    dropout: float = 0.3
    hidden: float = 0.2
    skipped: float = 0.1
    stretch: float = 0.1
    batch: int = BATCH

    @property
    def channels(self) -> tuple[int, ...]:
        """Of each group."""
        return tuple(self.unit * 2**group for group in range(self.groups))

    def flops(self, shape: tuple[int, ...], core: int) -> float:
        """Multiplications and additions of one clip (T, F), forward and backward.

        core: weights that each of its positions meets in the core.
        """
        frames, bands, inputs, forward = *shape, 1, 0.0
        for group, outputs in enumerate(self.channels):
            forward += 18.0 * frames * bands * inputs * outputs
            frames = max(1, frames // 2 if group < self.halvings else frames)
            bands, inputs = max(1, bands // 2), outputs
            forward += 18.0 * frames * bands * inputs * outputs
        entrance = bands * inputs * self.width
        return 3 * (forward + 2.0 * frames * (entrance + core))


Core = Callable[[Size], nn.Module]
"""A size to a module that maps positions (B, T, width) and which are real to positions."""


class Halving(nn.Module):
    """Two 3x3 convolutions; the first one's result is halved by the largest of neighbours.

    What lies beyond a clip's own end is silenced after each, so that padding changes nothing.
    """

    def __init__(self, inputs: int, outputs: int, *, halves_time: bool) -> None:
        super().__init__()
        self.halves_time = halves_time
        self.first = Conv2d(inputs, outputs)
        self.first_norm = BatchNorm(outputs, memory=0.9)
        self.second = Conv2d(outputs, outputs)
        self.second_norm = BatchNorm(outputs, memory=0.9)

    def forward(
        self, x: Float[Tensor, "B C T F"], length: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B D t f"], Int[Tensor, " B"]]:
        """Convolve, halve, convolve; the new lengths come with it."""
        x = F.max_pool2d(self.first(x), (2 if self.halves_time else 1, min(2, x.shape[3])))
        length = (length + 1) // 2 if self.halves_time else length
        real = torch.arange(x.shape[2], device=x.device) < length[:, None]
        mask = real[:, None, :, None].to(x.dtype)
        x = F.silu(self.first_norm(x)) * mask
        x = F.silu(self.second_norm(self.second(x))) * mask
        return x, length


class SoundNetwork(nn.Module):
    """Clips to one vector each, or to positions of which each knows what sounds around it.

    dtype: what is computed in; statistics are float32 anyway.
    """

    members = 1
    couples = True
    pooling: Literal["mean"] = "mean"

    def __init__(self, bands: int, size: Size, core: Core) -> None:
        super().__init__()
        self.size = size
        self.dtype = torch.float32
        inputs = (1, *size.channels[:-1])
        self.stages = nn.ModuleList(
            Halving(read, made, halves_time=place < size.halvings)
            for place, (read, made) in enumerate(zip(inputs, size.channels, strict=True))
        )
        heard = size.channels[-1] * max(1, bands >> size.groups)
        self.entrance = Linear(heard, size.width) if size.width else None
        self.core = core(size) if size.width else None
        width = size.width or heard
        self.width = 2 * width if size.pooled else width
        self.head = Head(group=Group((), "adamw", RATE, weight_decay=0.01))

    def forward(
        self,
        x: Float[Tensor, "B T F"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """(B, 1, D) of whole clips, or (B, T', D): a position every 2^halvings frames."""
        if length is None:
            length = torch.full((len(x),), x.shape[1], device=x.device)
        if self.training:
            x = distorted(x, length, self.size)
        step: int = 2**self.size.halvings
        x = F.pad(x, (0, 0, 0, -x.shape[1] % step)).to(self.dtype)[:, None]  # (B, 1, T, F)
        for group in self.stages:
            x, length = group(x, length)
        x = x.permute(0, 2, 3, 1).flatten(2)  # (B, T', F' C)
        real = real_positions(x, length)
        if self.entrance is not None and self.core is not None:
            x = self.core(self.entrance(x), real)
        if self.size.pooled:
            x = mean_and_largest(x, real)
        return Features(F.dropout(x, self.size.dropout, self.training))

    def positions(self, length: Int[Tensor, " B"]) -> Int[Tensor, " B"]:
        """How many positions clips of so many frames have."""
        step: int = 2**self.size.halvings
        return (length.clamp_min(1) + step - 1) // step

    def initialise(self, x: Tensor) -> None:
        """Nothing depends on the data."""

    def groups(self) -> tuple[Group, ...]:
        """Muon for the kernels of the convolutions, AdamW for all else."""
        kernels = {
            f"{name}.weight" for name, part in self.named_modules() if isinstance(part, Conv2d)
        }
        rest = [name for name, p in self.named_parameters() if p.requires_grad]
        own = RATE if self.size.pooled else MOMENT_RATE
        rate = KERNEL_RATE * (self.size.batch / 2000) ** 0.5
        maps = tuple(n for n in rest if n not in kernels and n.endswith("weight"))
        others = tuple(n for n in rest if n not in kernels and not n.endswith("weight"))
        every = (
            Group(tuple(sorted(kernels)), "muon", rate, momentum=0.6, normalise=True),
            Group(maps, "adamw", own, weight_decay=0.01),
            Group(others, "adamw", own),
        )
        return tuple(group for group in every if group.names)


def distorted(
    x: Float[Tensor, "B T F"], length: Int[Tensor, " B"], size: Size
) -> Float[Tensor, "B T F"]:
    """Frequencies stretched, then two stretches of bands and two of moments set to the mean, 0.

    Draws from torch's global generator, which the loop seeds.
    """
    if size.stretch:
        x = stretched(x, size.stretch)
    frames, bands = x.shape[1:]
    for _ in range(2):
        low = hidden_stretch(torch.full_like(length, bands), bands, size.hidden)
        x = x.masked_fill(low[:, None, :], 0.0)
        when = hidden_stretch(length, frames, size.skipped)
        x = x.masked_fill(when[..., None], 0.0)
    return x


def hidden_stretch(length: Int[Tensor, " B"], places: int, most: float) -> Bool[Tensor, "B places"]:
    """For each example a stretch of up to a share `most` of its length, anywhere in it."""
    drawn = torch.rand(2, len(length), device=length.device)
    size = drawn[0] * most * length
    start = drawn[1] * (length - size)
    place = torch.arange(places, device=length.device) + 0.5
    return (place >= start[:, None]) & (place < (start + size)[:, None])


def stretched(x: Float[Tensor, "B T F"], most: float) -> Float[Tensor, "B T F"]:
    """Bands read from a place up to a share `most` higher or lower, linearly in between."""
    count, frames, bands = x.shape
    factor = 1 + most * (2 * torch.rand(count, 1, device=x.device) - 1)
    place = (torch.arange(bands, device=x.device) * factor).clamp(max=bands - 1)  # (B, F)
    below = place.floor().long().clamp(max=bands - 2)
    share = (place - below)[:, None].to(x.dtype)
    wide = below[:, None].expand(count, frames, bands)
    low, high = x.gather(2, wide), x.gather(2, wide + 1)
    return low + share * (high - low)


@dataclass(frozen=True)
class Family:
    """What a family adds: its core, the weights that a position meets there, and its usual shape.

    usual: of a network that answers once a clip, before its width is known.
    """

    core: Core
    weights: Callable[[Size], int]
    usual: Size

    def kind(self) -> Kind:
        """The entry of a network file's BACKBONES."""
        return Kind(self.plan, self.build)

    def build(self, spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
        """The network of a plan's size."""
        return SoundNetwork(spec.shape[1], Size(**size), self.core)  # type: ignore[arg-type]

    def plan(self, spec: Spec, facts: Facts) -> Plan:
        """The widest network that still hears the data often enough in the time there is."""
        work = facts.seconds * facts.gflops * 1e9
        made = self.usual if facts.outputs else self.by_moment()
        batch = max(8, min(BATCH, facts.examples // 8))
        units = [unit for unit in UNITS if unit <= (16 if facts.examples < FEW else 32)]
        for unit in units:
            size = replace(made, unit=unit, batch=batch, width=self.scaled(made, unit))
            flops = size.flops(spec.shape, self.weights(size))
            if work / flops / facts.examples >= WANTED:
                break
        return Plan(
            asdict(size),
            batch=batch,
            epochs=MOST_EPOCHS if facts.outputs else 3 * MOST_EPOCHS,
            flops=flops,
            warmup=0.05,
            decay=0.9,
            floor=0.0,
            averaging=0.05,
            augment={"sound_speed": 0.1, "sound_mixup": 0.5 if facts.outputs else 0.0},
            objective={"label_smoothing": 0.1 if facts.outputs else 0.0},
        )

    def scaled(self, made: Size, unit: int) -> int:
        """The core's width grows with the first group's; it is a multiple of 32, or 0."""
        return 32 * max(1, made.width * unit // 512) if made.width else 0

    def by_moment(self) -> Size:
        """The same for an answer at every moment: time is halved twice, and a core is needed."""
        return replace(
            self.usual,
            groups=3,
            halvings=MOMENT_HALVINGS,
            pooled=False,
            width=96,
            depth=max(2, self.usual.depth),
            dropout=0.1,
            skipped=0.02,  # more would hide whole words
        )

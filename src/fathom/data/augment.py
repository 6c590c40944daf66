"""Stored pictures and prepared targets of a batch to randomly changed ones; training only.

Everything works on whole batches of uint8 pictures and draws from the generator it is given.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol, Self

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.codecs import Tensors
from fathom.spec import Spec

TARGET = "target"
GREY = (0.299, 0.587, 0.114)


class Asked(Protocol):
    """What is read of a recipe."""

    @property
    def augment(self) -> Mapping[str, float]:
        """Strengths by name."""

    @property
    def resolutions(self) -> tuple[tuple[float, float], ...]:
        """(share of the updates until, scale of the side), in order."""


@dataclass(frozen=True)
class Strengths:
    """How much is done to every picture; 0 is nothing.

    flip: 1 mirrors each picture in every other epoch (Jordan 2024, section 3.6, arXiv:2404.00498).
    translate: largest shift in pixels, the border reflected. cutout: side of a square set to the
    mean colour, as a share of the picture's. crop: smallest share of the area in a random resized
    crop. affine, colour: greatest strength of one random change a picture (Mueller and Hutter 2021,
    TrivialAugment, arXiv:2103.10158), 1 is the paper's. mixup: parameter of the beta distribution
    of the share of another picture mixed in (Zhang et al. 2018, arXiv:1710.09412). cutmix:
    probability that a batch has rectangles swapped instead (Yun et al. 2019, arXiv:1905.04899).
    calm: share of the updates after which only flip, translate and gentle crops are left.
    """

    flip: float = 0.0
    translate: float = 0.0
    cutout: float = 0.0
    crop: float = 0.0
    affine: float = 0.0
    colour: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    calm: float = 1.0


@dataclass(frozen=True)
class Augment:
    """Random changes of the picture fields of a batch, and of the targets mixed with them.

    pictures: the fields' names. classes: K of a class target (0: the target is a vector already).
    resolutions: (share of the updates until, scale of the side), in order.
    """

    strengths: Strengths
    pictures: tuple[str, ...]
    classes: int = 0
    resolutions: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, asked: Asked, specs: Mapping[str, Spec]) -> Self:
        """The augmentation that a recipe asks for, for fields of these specs."""
        known = {field.name for field in fields(Strengths)}
        unknown = sorted(asked.augment.keys() - known)
        if unknown:
            raise ValueError(f"no such augmentation: {', '.join(unknown)}")
        pictures = tuple(name for name, spec in specs.items() if spec.kind == "image")
        target = specs.get(TARGET)
        classes = len(target.classes) if target and target.kind == "category" else 0
        return cls(Strengths(**asked.augment), pictures, classes, tuple(asked.resolutions))

    def __call__(
        self,
        inputs: Tensors,
        targets: Tensors,
        index: Int[Tensor, " B"],
        generator: torch.Generator,
        epoch: int,
        share: float,
    ) -> tuple[Tensors, Tensors]:
        """Change a batch; soft class targets (B, K) come back where pictures were mixed.

        index: row numbers; epoch: finished passes; share: finished part of the training, 0 to 1.
        """
        if not self.pictures:
            return inputs, targets
        inputs, targets = dict(inputs), dict(targets)
        for name in self.pictures:
            inputs[name] = self.changed(inputs[name], index, generator, epoch, share)
        strengths = self.strengths
        # several fields of one example would have to be mixed alike; rows cannot be mixed at all
        if share < strengths.calm and len(inputs) == 1 and (strengths.mixup or strengths.cutmix):
            name = self.pictures[0]
            inputs[name], targets[TARGET] = self.mixed(inputs[name], targets[TARGET], generator)
        return inputs, targets

    def changed(
        self,
        x: UInt8[Tensor, "B H W C"],
        index: Int[Tensor, " B"],
        generator: torch.Generator,
        epoch: int,
        share: float,
    ) -> UInt8[Tensor, "B h w C"]:
        """Each picture on its own: resolution, geometry, colour, cutout."""
        strengths, strong = self.strengths, share < self.strengths.calm
        scale = next((scale for until, scale in self.resolutions if share < until), 1.0)
        sides = tuple(max(4, round(side * scale)) for side in x.shape[1:3])
        flipped = (index + epoch) % 2 == 0 if strengths.flip else torch.zeros_like(index) > 0
        crop = strengths.crop if strong else gentle(strengths.crop)
        affine = strengths.affine if strong else 0.0
        if crop or affine:
            x = warp(x, flipped, sides, crop, affine, generator)
            flipped = torch.zeros_like(flipped)
        else:
            x = resize(x, sides)
        if not crop:
            x = shift(x, flipped, math.ceil(strengths.translate * scale), generator)
        if strong and strengths.colour:
            x = recolour(x, strengths.colour, generator)
        if strong and strengths.cutout:
            x = cut_out(x, strengths.cutout, generator)
        return x

    def mixed(
        self, x: UInt8[Tensor, "B H W C"], target: Tensor, generator: torch.Generator
    ) -> tuple[UInt8[Tensor, "B H W C"], Float[Tensor, "B K"]]:
        """Each picture with the one before it in the batch, and its target likewise."""
        if target.dtype == torch.int64 and target.ndim == 1:
            target = F.one_hot(target, self.classes)
        target = target.to(torch.float32)
        # the batch is a random draw, so its neighbour is a random partner
        partner, other = x.roll(1, dims=0), target.roll(1, dims=0)
        if float(torch.rand((), generator=generator)) < self.strengths.cutmix:
            inside = rectangle(x, float(torch.rand((), generator=generator)) ** 0.5, generator)
            x = torch.where(inside[..., None], partner, x)
            kept = 1 - inside.float().mean(dim=(1, 2))[:, None]
        elif self.strengths.mixup:
            kept = beta(self.strengths.mixup, len(x), generator)[:, None]
            whole = (kept * 256).round().to(torch.int32).view(-1, 1, 1, 1)
            blend = x * whole + partner * (256 - whole)
            x = blend.add_(128).bitwise_right_shift_(8).clamp_(max=255).to(torch.uint8)
        else:
            return x, target
        return x, kept * target + (1 - kept) * other


def gentle(crop: float) -> float:
    """The smallest share of a crop that cuts half as much away; 0, for no crop, stays."""
    return (1 + crop) / 2 if crop else 0.0


def shift(
    x: UInt8[Tensor, "B H W C"],
    flipped: Bool[Tensor, " B"],
    most: int,
    generator: torch.Generator,
) -> UInt8[Tensor, "B H W C"]:
    """Mirror where `flipped`, and move by up to `most` pixels each way; the border is reflected."""
    count, height, width, channels = x.shape
    if bool(flipped.any()):
        x = torch.where(flipped[:, None, None, None], x.flip(2), x)
    most = min(most, height - 1, width - 1)
    if most <= 0:
        return x
    rows, columns = mirrored_range(height, most), mirrored_range(width, most)
    padded = x.index_select(1, rows).index_select(2, columns)
    line = padded.shape[2] * channels
    # every window of every picture, as a view; picking one copies whole lines
    windows = padded.as_strided(
        (count, 2 * most + 1, 2 * most + 1, height, width * channels),
        (padded.stride(0), line, channels, line, 1),
    )
    offsets = torch.randint(0, 2 * most + 1, (2, count), generator=generator)
    return windows[torch.arange(count), offsets[0], offsets[1]].view(x.shape)


def mirrored_range(length: int, margin: int) -> Int[Tensor, " L"]:
    """Places -margin .. length + margin - 1 folded back into 0 .. length - 1 at the borders."""
    places = torch.arange(-margin, length + margin).abs()
    return torch.minimum(places, 2 * (length - 1) - places)


def resize(x: UInt8[Tensor, "B H W C"], sides: tuple[int, ...]) -> UInt8[Tensor, "B h w C"]:
    """Pictures of other sides, each new pixel the mean of those it covers."""
    if x.shape[1:3] == sides:
        return x
    # on uint8: fifteen times as fast as on float32, within one grey level
    small = F.interpolate(x.permute(0, 3, 1, 2), size=sides, mode="bilinear", antialias=True)
    return small.permute(0, 2, 3, 1).contiguous()


def warp(
    x: UInt8[Tensor, "B H W C"],
    flipped: Bool[Tensor, " B"],
    sides: tuple[int, ...],
    crop: float,
    affine: float,
    generator: torch.Generator,
) -> UInt8[Tensor, "B h w C"]:
    """Random resized crop, mirror and one affine change a picture, in a single resampling.

    crop: smallest share of the area, 0 for whole pictures; aspect between 3/4 and 4/3.
    """
    count = len(x)

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    if crop:
        area, aspect = drawn(crop, 1.0), drawn(-0.29, 0.29).exp()
        tall = (area / aspect).sqrt().clamp(max=1.0)
        wide = (area * aspect).sqrt().clamp(max=1.0)
    else:
        tall = wide = torch.ones(count)
    left, top = (1 - wide) * drawn(-1, 1), (1 - tall) * drawn(-1, 1)
    if affine:
        kind, strength = torch.randint(0, 5, (count,), generator=generator), drawn(-1, 1) * affine
    else:
        kind, strength = torch.zeros(count, dtype=torch.int64), torch.zeros(count)
    angle = torch.where(kind == 1, strength * 0.52, 0.0)
    lean = torch.where(kind == 2, strength * 0.4, 0.0)
    tilt = torch.where(kind == 3, strength * 0.4, 0.0)
    grow = torch.where(kind == 4, strength * 0.3, 0.0).exp()
    cosine, sine = angle.cos() * grow, angle.sin() * grow
    sign = torch.where(flipped, -1.0, 1.0)
    matrix = torch.stack(
        [
            torch.stack([wide * sign * cosine, wide * (lean - sine), left], dim=1),
            torch.stack([tall * sign * (sine + tilt), tall * cosine, top], dim=1),
        ],
        dim=1,
    )  # (B, 2, 3)
    # a crop is at least half as wide as the picture: reading from twice the new side does not alias
    if min(x.shape[1] / sides[0], x.shape[2] / sides[1]) > 1.5:
        x = resize(x, (x.shape[1] // 2, x.shape[2] // 2))
    planes = x.permute(0, 3, 1, 2).float()
    grid = F.affine_grid(matrix, [count, x.shape[3], *sides], align_corners=False)
    seen = F.grid_sample(planes, grid, padding_mode="reflection", align_corners=False)
    return seen.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def recolour(
    x: UInt8[Tensor, "B H W C"], strength: float, generator: torch.Generator
) -> UInt8[Tensor, "B H W C"]:
    """One of brightness, contrast, saturation, channel gains or nothing, for each picture.

    All are the linear map x -> gain x + blend grey(x) + offset, with one number each a picture.
    """
    count, channels = len(x), x.shape[3]
    kind = torch.randint(0, 5, (count, 1), generator=generator)
    amount = (torch.rand((count, 1), generator=generator) * 2 - 1) * strength
    gains = 1 + (torch.rand((count, channels), generator=generator) - 0.5) * 0.5 * strength
    change = 1 + 0.7 * amount
    mean = x.float().mean(dim=(1, 2)).mean(dim=1, keepdim=True)  # (B, 1)
    gain = torch.where(kind == 4, gains, torch.where((kind >= 1) & (kind <= 3), change, 1.0))
    offset = torch.where(kind == 2, (1 - change) * mean, 0.0)
    blend = torch.where(kind == 3, 1 - change, 0.0)
    flat = x.flatten(1, 2).float()  # (B, HW, C)
    weights = torch.tensor(GREY) if channels == 3 else torch.ones(channels) / channels
    grey = flat @ weights.to(flat)  # (B, HW)
    flat = flat.mul_(gain[:, None]).add_((grey * blend + offset)[..., None])
    return flat.round_().clamp_(0, 255).to(torch.uint8).view(x.shape)


def cut_out(
    x: UInt8[Tensor, "B H W C"], share: float, generator: torch.Generator
) -> UInt8[Tensor, "B H W C"]:
    """A square of `share` of the side, anywhere, set to the batch's mean colour.

    DeVries and Taylor 2017, arXiv:1708.04552.
    """
    colour = x.float().mean(dim=(0, 1, 2)).round().to(torch.uint8)
    inside = rectangle(x, share, generator)
    return torch.where(inside[..., None], colour, x)


def rectangle(
    x: UInt8[Tensor, "B H W C"], share: float, generator: torch.Generator
) -> Bool[Tensor, "B H W"]:
    """A box of `share` of each side, at a random centre in each picture, cut off at the border."""
    count, height, width = x.shape[:3]
    inside = []
    for length in (height, width):
        centre = torch.rand((count, 1), generator=generator) * length
        places = torch.arange(length) + 0.5
        inside.append((places - centre).abs() <= share * length / 2)
    return inside[0][:, :, None] & inside[1][:, None, :]


def beta(parameter: float, count: int, generator: torch.Generator) -> Float[Tensor, " B"]:
    """Draws from Beta(a, a), at least one half: the larger share is the picture's own.

    Johnk 1964: with u, v uniform, u^(1/a) / (u^(1/a) + v^(1/a)) where that sum is at most 1.
    """
    exponent = 1 / parameter
    drawn = torch.rand((2, 16, count), generator=generator).clamp_min_(1e-30).pow_(exponent)
    total = drawn.sum(dim=0)
    first = (total <= 1).float().argmax(dim=0, keepdim=True)
    share = (drawn[0].gather(0, first) / total.gather(0, first)).squeeze(0)
    return torch.maximum(share, 1 - share)

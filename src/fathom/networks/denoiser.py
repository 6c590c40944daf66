"""The frame of networks that tell noise from data: noisy examples with their noise level and class
to one value for each of their numbers.

What such a network computes in between is its own; how it hears of level and class, how pictures
are folded and which rule updates what is here, once.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Features, Group, Head
from fathom.networks.folding import folded

MUON_RATE, ADAMW_RATE = 0.02, 2e-3
FREQUENCIES = 16


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


class Denoiser(nn.Module):
    """What all of them are: a backbone whose positions are those of its input.

    width: values of a position. dtype: what is computed in; the answer is float32. A network of
    this kind gives `forward` and says which parameters are `inside`.
    """

    members = 1
    couples = False
    pooling: Literal["mean", "max", "members"] = "mean"

    def __init__(self, width: int, *, classes: int, embedded: int) -> None:
        super().__init__()
        self.width = width
        self.dtype = torch.float32
        self.head = Head()
        self.condition = Condition(classes, embedded)

    def told(self, x: Tensor, condition: Tensor | None) -> Float[Tensor, "B E"]:
        """Level and class as a vector; without any, level 0 and class 0. condition: (B, 2)."""
        if condition is None:
            condition = torch.zeros(len(x), 2, device=x.device)
        vector: Tensor = self.condition(condition)
        return vector

    def initialise(self, x: Tensor) -> None:
        """Nothing is learnt from a first look."""

    def inside(self, name: str, parameter: nn.Parameter) -> bool:
        """Whether a parameter is a matrix or kernel between the two ends."""
        raise NotImplementedError

    def groups(self) -> tuple[Group, ...]:
        """Muon for what is inside; AdamW for both ends and what tells of the condition."""
        trained = [(name, p) for name, p in self.named_parameters() if p.requires_grad]
        inside = tuple(name for name, p in trained if self.inside(name, p))
        rest = tuple(name for name, _ in trained if name not in inside)
        return (
            Group(inside, "muon", MUON_RATE, momentum=0.95),
            Group(rest, "adamw", ADAMW_RATE, second=0.99),
        )


class PictureDenoiser(Denoiser):
    """Pictures of any size, folded: squares of pixels of side `fold` become channels. A network of
    this kind gives `denoised`.
    """

    def __init__(self, channels: int, *, fold: int, classes: int, embedded: int) -> None:
        super().__init__(channels, classes=classes, embedded=embedded)
        self.fold = fold

    def denoised(
        self, x: Float[Tensor, "B P h w"], told: Float[Tensor, "B E"]
    ) -> Float[Tensor, "B P h w"]:
        """Values of folded pictures, in the type of what flows in."""
        raise NotImplementedError

    def forward(
        self,
        x: Float[Tensor, "B H W C"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """One position a pixel, row by row. condition: (B, 2), noise level and class number."""
        height, width = x.shape[1:3]
        told = self.told(x, condition)
        values = self.denoised(folded(x.permute(0, 3, 1, 2).to(self.dtype), self.fold), told)
        values = F.pixel_shuffle(values, self.fold)[:, :, :height, :width]
        return Features(values.float().permute(0, 2, 3, 1).flatten(1, 2), ((height, width),))

"""Texts and other rows of unequal length to one vector each: padding is no part of it."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fathom.networks import Backbone, Features, Group, Head
from fathom.networks.positions import real_positions

RAGGED = ("text",)  # input kinds that come with lengths
# Rows that are read together where nothing is learnt. A network for texts makes some thousand
# numbers of every position, of which one vector a row is kept.
AT_ONCE = 64


class Pooled(nn.Module):
    """A backbone whose T positions are pooled, as it asks for, over the real ones alone: T is 1.

    Of an empty text the first position counts as real.
    """

    pooling: Literal["mean"] = "mean"

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.dtype = torch.float32
        self.width: int = self.inner.width
        self.members: int = self.inner.members
        self.head: Head = self.inner.head
        self.couples: bool = self.inner.couples

    @property
    def inner(self) -> Backbone:
        """The backbone, seen as what it promises."""
        return self.backbone  # type: ignore[return-value]

    def forward(
        self,
        x: Float[Tensor, "B ..."] | Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of each whole example, (B, 1, D)."""
        if self.training or length is None or condition is not None or len(x) <= AT_ONCE:
            return Features(self.pooled(x, length, condition))
        parts = [
            self.pooled(some[:, : max(1, int(own.max()))], own, None)
            for some, own in zip(torch.split(x, AT_ONCE), torch.split(length, AT_ONCE), strict=True)
        ]
        return Features(torch.cat(parts))

    def pooled(
        self,
        x: Float[Tensor, "B ..."] | Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None,
        condition: Tensor | None,
    ) -> Float[Tensor, "B 1 D"]:
        """The same of rows that are read together."""
        values = self.inner(x, length, condition).values
        return pool_real(values, length, self.inner.pooling)

    def initialise(self, x: Tensor) -> None:
        """As the backbone does."""
        self.inner.initialise(x)

    def groups(self) -> tuple[Group, ...]:
        """The backbone's own rules."""
        return tuple(group.prefixed("backbone") for group in self.inner.groups())


def pool_real(
    values: Float[Tensor, "B T D"], length: Int[Tensor, " B"] | None, pooling: str
) -> Float[Tensor, "B 1 D"]:
    """The largest or the mean of the first `length` positions; of all without lengths, and where a
    backbone answers with a single one.
    """
    if length is None or values.shape[1] == 1:
        length = torch.full((len(values),), values.shape[1], device=values.device)
    real = real_positions(values[..., 0], length)[..., None]  # (B, T, 1)
    if pooling == "max":
        return values.masked_fill(~real, -torch.inf).amax(dim=1, keepdim=True)
    total = values.masked_fill(~real, 0.0).sum(dim=1, keepdim=True, dtype=torch.float32)
    return (total / real.sum(dim=1, keepdim=True)).to(values.dtype)

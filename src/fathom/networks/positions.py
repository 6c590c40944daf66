"""Sequences of features (B, T, D): which positions are real, their order, windows and dropout.

Every network for text is built from these and from one linear map.
"""

from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it


class Linear(nn.Module):
    """A linear map without bias, (..., I) -> (..., D); float32 weights, computed in `x`'s type.

    silent: starts as zero, so that the branch it ends adds nothing at first; otherwise weights are
    uniform with variance 1 / I. stack: that many maps of equal size in one, which Muon takes apart.
    """

    def __init__(self, inputs: int, outputs: int, *, silent: bool = False, stack: int = 1) -> None:
        super().__init__()
        bound = 0.0 if silent else (3.0 / inputs) ** 0.5
        shape = (outputs, inputs) if stack == 1 else (stack, outputs // stack, inputs)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "... I"]) -> Float[Tensor, "... D"]:
        """Map the last axis."""
        return F.linear(x, self.weight.to(x.dtype).flatten(0, -2))


def sums(x: Tensor) -> torch.dtype:
    """The type that sums over `x` are taken in: float32 at least."""
    return torch.promote_types(x.dtype, torch.float32)


def normalised(x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
    """Each vector with mean 0 and variance 1, without gain or shift (Ba et al. 2016, equation 3).

    The root mean square alone does as well and took ten times as long: this one kernel is fused.
    """
    return F.layer_norm(x, x.shape[-1:])


class _SquaredRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        kept = F.relu(x)
        ctx.save_for_backward(kept)
        return kept * kept

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        kept: Tensor = ctx.saved_tensors[0]
        return (slope * kept).mul_(2)


def squared_relu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """max(x, 0)^2 (So et al. 2021, arXiv:2109.08668), its gradient in half the passes."""
    return _SquaredRelu.apply(x)  # type: ignore[no-any-return, no-untyped-call]


def locked_dropout(
    x: Float[Tensor, "B T D"], share: float, training: bool
) -> Float[Tensor, "B T D"]:
    """Drop features with one mask for all positions of an example.

    A recurrence that forgets other features at every step cannot keep anything (Gal and Ghahramani
    2016, arXiv:1512.05287).
    """
    if not share or not training:
        return x
    return x * F.dropout(x.new_ones(len(x), 1, x.shape[-1]), share)


def token_dropout(
    x: Float[Tensor, "B T D"], share: float, training: bool
) -> Float[Tensor, "B T D"]:
    """Drop whole positions."""
    if not share or not training:
        return x
    return x * F.dropout(x.new_ones(*x.shape[:2], 1), share)


def real_positions(x: Tensor, length: Int[Tensor, " B"] | None) -> Bool[Tensor, "B T"]:
    """Which of the T positions of `x` (B, T, ...) are no padding; the first always counts."""
    places = torch.arange(x.shape[1], device=x.device)
    if length is None:
        return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    return places < length.clamp_min(1)[:, None]


def turning(x: Tensor, length: Int[Tensor, " B"] | None) -> Int[Tensor, " N"]:
    """The order of all B T positions in which the real ones of each example run backward.

    Padding stays where it is, behind them, so that a recurrence meets it last in both directions.
    """
    batch, positions = x.shape[:2]
    places = torch.arange(positions, device=x.device)
    lengths = places.new_full((batch,), positions) if length is None else length
    back = lengths[:, None] - 1 - places
    first = positions * torch.arange(batch, device=x.device)[:, None]
    return (first + torch.where(back >= 0, back, places)).flatten()


def turned(x: Float[Tensor, "B T D"], order: Int[Tensor, " N"]) -> Float[Tensor, "B T D"]:
    """The positions in the order that `turning` gives; twice is once back."""
    return x.flatten(0, 1).index_select(0, order).view_as(x)


def with_largest(
    values: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
) -> Float[Tensor, "B T E"]:
    """Beside each position's features (B, T, D), the largest over all real ones: (B, T, 2 D).

    The mean over positions is then the mean and the maximum side by side.
    """
    low = torch.finfo(values.dtype).min
    largest = values.masked_fill(~real[..., None], low).amax(dim=1, keepdim=True)
    return torch.cat([values, largest.expand_as(values)], dim=-1)


def mean_and_largest(
    values: Float[Tensor, "B T D"], real: Bool[Tensor, "B T"]
) -> Float[Tensor, "B 1 E"]:
    """Mean and maximum of each feature over the real positions, side by side: (B, 1, 2 D)."""
    real = real[..., None]
    mean = (values * real).sum(dim=1, keepdim=True) / real.sum(dim=1, keepdim=True)
    low = torch.finfo(values.dtype).min
    largest = values.masked_fill(~real, low).amax(dim=1, keepdim=True)
    return torch.cat([mean, largest], dim=-1)


def windows(x: Float[Tensor, "B S D"], reach: int, dilation: int = 1) -> Float[Tensor, "B T E"]:
    """Each position and the `reach` - 1 before it, oldest first, side by side: (B, T, reach D).

    dilation: the distance between them. The first (reach - 1) dilation of the S positions have too
    few before them and are only looked back at.
    """
    positions = x.shape[1] - (reach - 1) * dilation
    parts = [x[:, k * dilation : k * dilation + positions] for k in range(reach)]
    return torch.cat(parts, dim=-1)

"""Examples of a class to their Gaussian: what can be said of them in closed form.

A class k of data x is taken for N(m, S). A drawn example is m + S^(1/2) z for z from N(0, I). And
if x_t = (1 - t) x + t e is an example on its way to noise e, then with r = x_t - (1 - t) m, in each
direction in which S has the variance l,

    E[e - x | x_t] = (t - (1 - t) l) / ((1 - t)^2 l + t^2) r - m,
    Var[e - x | x_t] = l / ((1 - t)^2 l + t^2),

by the rule for the conditional mean of jointly Gaussian numbers (Bishop 2006, equations 2.81 and
2.82). Where there is much noise, what trained networks answer is nearly this (Wang and Vastola
2023, arXiv:2311.10892): it need not be learnt step by step. With l = 1 and m = 0 everywhere, as
before it is fitted, it is the best guess for data without structure.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

AXES = 128
MOST_NUMBERS = 2**19  # in the covariances of all classes
LEAST_VARIANCE = 0.02  # of data of variance 1: a value that never varied may do so once
FEW = 5.0  # examples of a class after which its mean is trusted half
EACH = 8  # examples for an axis: with more axes few examples would seem to vary nowhere else
ROUNDS = 3


class Gaussians(nn.Module):
    """One Gaussian for each class 1 to K, and one, of number 0, for any class.

    Each is told on the `axes` that hold most of all examples' variance: `means` on them, `turns` to
    the directions in which a class has the `variances`; `rest` is its variance in any direction
    beside the axes. All are closed forms, fitted once; no gradient reaches them.
    """

    centre: Tensor
    axes: Tensor
    means: Tensor
    turns: Tensor
    variances: Tensor
    rest: Tensor

    def __init__(self, values: int, classes: int) -> None:
        super().__init__()
        self.values, self.count = values, classes + 1
        most = min(AXES, values, math.isqrt(MOST_NUMBERS // self.count))
        self.register_buffer("centre", torch.zeros(values))
        self.register_buffer("axes", torch.zeros(values, most))
        self.register_buffer("means", torch.zeros(self.count, most))
        self.register_buffer("turns", torch.eye(most).repeat(self.count, 1, 1))
        self.register_buffer("variances", torch.ones(self.count, most))
        self.register_buffer("rest", torch.ones(self.count, 1))

    def velocity(
        self, x: Float[Tensor, "B ..."], t: Float[Tensor, " B"], wish: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B ..."], Float[Tensor, " B"]]:
        """The mean of e - x given x_t, and how far off that is: the root of the mean variance."""
        level = t[:, None]
        mean = self.centre + self.means[wish] @ self.axes.mT
        off = x.flatten(1) - (1 - level) * mean  # r
        rest, variances, turn = self.rest[wish], self.variances[wish], self.turns[wish]
        beside = slope(rest, level)
        along = torch.einsum("bk,bkj->bj", off @ self.axes, turn)
        along = along * (slope(variances, level) - beside)
        back = torch.einsum("bj,bkj->bk", along, turn) @ self.axes.mT
        others = self.values - variances.shape[1]
        left = unknown(variances, level).sum(1) + others * unknown(rest, level)[:, 0]
        return (beside * off + back - mean).view_as(x), (left / self.values).sqrt()

    def drawn(self, code: Float[Tensor, "B E"], wish: Int[Tensor, " B"]) -> Float[Tensor, "B P"]:
        """m + S^(1/2) z along the directions of most variance, as many as the code has numbers;
        always m before it is fitted.
        """
        most = min(code.shape[1], self.variances.shape[1])
        along = code[:, :most] * self.variances[wish][:, -most:].sqrt()
        back = torch.einsum("bj,bkj->bk", along, self.turns[wish][:, :, -most:])
        return self.centre + (self.means[wish] + back) @ self.axes.mT

    @torch.no_grad()
    def fit(self, x: Float[Tensor, "N ..."], wish: Int[Tensor, " N"]) -> None:
        """Learn means and covariances; a class of few examples borrows from the others."""
        x = x.flatten(1).float()
        self.centre.copy_(x.mean(0))
        off = x - self.centre
        most = max(1, min(self.axes.shape[1], len(x) // EACH))
        axes = main_axes(off, most)
        self.axes.zero_()
        self.axes[:, : axes.shape[1]] = axes
        along = off @ self.axes  # (N, K)
        beside = off.square().sum(1) - along.square().sum(1)
        others = max(1, self.values - axes.shape[1])
        self.rest.copy_((beside.mean() / others).clamp_min(LEAST_VARIANCE))
        amounts = torch.bincount(wish, minlength=self.count).to(along)
        sums = torch.zeros_like(self.means).index_add_(0, wish, along)
        self.means.copy_(sums / (amounts + FEW)[:, None])
        self.means[0] = 0.0
        within = along - self.means[wish]
        shared = within.mT @ within / len(x)
        self.tell(0, along.mT @ along / len(x))
        for place in range(1, self.count):
            own = within[wish == place]
            self.tell(place, (own.mT @ own + most * shared) / (len(own) + most))

    def tell(self, place: int, spread: Float[Tensor, "K K"]) -> None:
        """Set a class's covariance on the axes."""
        variances, turn = torch.linalg.eigh(spread)
        self.variances[place] = variances.clamp_min(LEAST_VARIANCE)
        self.turns[place] = turn


def slope(variance: Float[Tensor, "B K"], t: Float[Tensor, "B 1"]) -> Float[Tensor, "B K"]:
    """How much of x_t - (1 - t) m the velocity has, in a direction of that variance."""
    found: Tensor = (t - (1 - t) * variance) / ((1 - t) ** 2 * variance + t**2)
    return found


def unknown(variance: Float[Tensor, "B K"], t: Float[Tensor, "B 1"]) -> Float[Tensor, "B K"]:
    """The variance of e - x that x_t leaves."""
    found: Tensor = variance / ((1 - t) ** 2 * variance + t**2)
    return found


def main_axes(off: Float[Tensor, "N P"], most: int) -> Float[Tensor, "P K"]:
    """The directions in which centred examples vary most.

    Of many values by subspace iteration from a fixed start (Halko et al. 2011, algorithm 4.4,
    arXiv:0909.4061): 5,000 pictures of 3,072 values would take seconds to decompose in full.
    """
    found: Tensor
    if off.shape[1] <= 4 * most:
        found = torch.linalg.eigh(off.mT @ off).eigenvectors.flip(1)[:, :most]
        return found
    source = torch.Generator().manual_seed(0)
    start = torch.randn(off.shape[1], min(most + 16, off.shape[1]), generator=source).to(off)
    for _ in range(ROUNDS):
        start = torch.linalg.qr(off.mT @ (off @ start)).Q
    seen = off @ start
    found = start @ torch.linalg.eigh(seen.mT @ seen).eigenvectors.flip(1)[:, :most]
    return found

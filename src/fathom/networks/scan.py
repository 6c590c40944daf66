"""Gates and candidates of every position to states: a recurrence whose gates know no state.

h_t = (1 - z_t) h_{t-1} + z_t c_t,  z_t = sigmoid(g_t)

Feng et al. 2024, section 3.1, arXiv:2410.01201. Because g and c come from the input alone, all
large products are done before the first step, and what is left is h_t = k_t h_{t-1} + n_t, number
by number. The paper takes logarithms so that no product of many k underflows; a product that
underflows is a state that is forgotten, and nothing here divides by it.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from fathom.networks.positions import sums


class GatedScan(torch.autograd.Function):
    """Gates and candidates side by side (B, T, 2 D), and the state before them (B, D), a constant,
    to all states (B, T, D), and the last one (B, D) without a gradient.

    Backward: with s_t the slope at h_t itself and S_t all that reaches it through later states too,
    S_t = k_{t+1} S_{t+1} + s_t: the same recurrence from the end. Then dc_t = z_t S_t and
    dg_t = z_t k_t (c_t - h_{t-1}) S_t. States are float32 at least, whatever flows in: in bfloat16
    a gate below 1/256 could not move a state at all.
    """

    @staticmethod
    def forward(
        ctx: Any, mixed: Float[Tensor, "B T E"], start: Float[Tensor, "B D"]
    ) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B D"]]:
        """Every state."""
        gate, candidate = (half.to(sums(mixed)) for half in mixed.chunk(2, dim=-1))
        start = start.to(gate.dtype)
        keep = torch.sigmoid(-gate)
        states = torch.addcmul(candidate, keep, candidate, value=-1)
        states[:, 0].addcmul_(keep[:, 0], start)
        carry(keep.unbind(1)[1:], states.unbind(1))
        ctx.save_for_backward(keep, candidate, states, start)
        last = states[:, -1].clone()
        ctx.mark_non_differentiable(last)
        return states.to(mixed.dtype), last

    @staticmethod
    def backward(ctx: Any, slope: Float[Tensor, "B T D"], _: Tensor) -> tuple[Tensor, None]:
        """The slopes of gates and candidates, side by side."""
        keep, candidate, states, start = ctx.saved_tensors
        reaching = slope.to(keep.dtype, copy=True)
        carry(keep.unbind(1)[:0:-1], reaching.unbind(1)[::-1])
        by_candidate = reaching.addcmul_(keep, reaching, value=-1)
        change = candidate.clone()
        change[:, 0] -= start
        change[:, 1:] -= states[:, :-1]
        by_gate = change.mul_(keep).mul_(by_candidate)
        return torch.cat([by_gate.to(slope.dtype), by_candidate.to(slope.dtype)], dim=-1), None


def carry(keep: Sequence[Tensor], new: Sequence[Tensor]) -> None:
    """Add to each of `new` what it keeps of the one before: x_t = k_t x_{t-1} + n_t, in place.

    One after another, every number is read and written once. Combining steps in pairs, pairs of
    pairs and so on (Hillis and Steele 1986) needs few calls but goes log2(T) times over memory: on
    a CPU it took eight times as long (32 examples, 128 positions, 768 features).
    """
    for share, before, now in zip(keep, new, new[1:], strict=False):
        now.addcmul_(share, before)


def gated_scan(
    mixed: Float[Tensor, "B T E"], start: Float[Tensor, "B D"]
) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B D"]]:
    """All states of the recurrence and the last one; see `GatedScan`."""
    return GatedScan.apply(mixed, start)  # type: ignore[no-any-return, no-untyped-call]


class Depthwise(torch.autograd.Function):
    """y_t = sum over k of w_k x_{t+k}, feature by feature: (B, T + K - 1, D), (K, D) -> (B, T, D).

    A product a tap into the same memory takes half the time of torch's grouped convolution in
    bfloat16, and no more in float32.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Float[Tensor, "B S D"], weight: Float[Tensor, "K D"]
    ) -> Float[Tensor, "B T D"]:
        """The sum of K shifted products."""
        ctx.save_for_backward(x, weight)
        positions = x.shape[1] - len(weight) + 1
        y = x[:, :positions] * weight[0]
        for place in range(1, len(weight)):
            y.addcmul_(x[:, place : place + positions], weight[place])
        return y

    @staticmethod
    def backward(ctx: Any, slope: Float[Tensor, "B T D"]) -> tuple[Tensor, Tensor]:
        """The slopes of inputs and taps."""
        x, weight = ctx.saved_tensors
        positions = slope.shape[1]
        by_x = torch.zeros_like(x)
        taps = []
        for place in range(len(weight)):
            by_x[:, place : place + positions].addcmul_(slope, weight[place])
            taps.append((slope * x[:, place : place + positions]).sum((0, 1)))
        return by_x, torch.stack(taps)


def depthwise(x: Float[Tensor, "B S D"], weight: Float[Tensor, "K D"]) -> Float[Tensor, "B T D"]:
    """A causal convolution of each feature by itself; see `Depthwise`."""
    return Depthwise.apply(x, weight)  # type: ignore[no-any-return, no-untyped-call]

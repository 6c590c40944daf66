"""Windows of a series to a first forecast: the last value, plus a linear map of what came before.

    forecast = last + mean over look-backs L of W_L (window_L - last)

W_L is the ridge solution in closed form (Hoerl and Kennard 1970, equation 2.1) on training windows;
its penalty foretells the latest fifth of them best, and so does the mean over the look-backs taken.
That fifth is one stretch of time: how far to go towards a tenth of the penalty, validation may say.
Taking the last value off follows NLinear (Zeng et al. 2023, arXiv:2205.13504). Deep parts of a
network add to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-12, 5))  # for each training window
HELD_OUT = 0.2
LOOSER = 0.1  # of the penalty
FEWEST = 10

Sums = tuple[Tensor, Tensor, Tensor, Tensor]  # as `gram` makes them


class Solution(NamedTuple):
    """The weights of one look-back from all examples, and with a tenth of the penalty; those from
    the earlier ones alone, and what these miss of the examples held out.
    """

    weight: Float[Tensor, "L H"]
    loose: Float[Tensor, "L H"]
    early: Float[Tensor, "L H"]
    missed: float


class LinearSkip(nn.Module):
    """(B, L) windows of one series each to (B, H); all zero, hence the last value, until fitted.

    looseness: 0 is the penalty that foretells the latest fifth of training best, 1 a tenth of it.
    """

    shares: Tensor
    looseness: Tensor

    def __init__(self, lookbacks: Sequence[int], horizon: int) -> None:
        super().__init__()
        self.lookbacks = tuple(lookbacks)
        self.register_buffer("shares", torch.full((len(self.lookbacks),), 1 / len(self.lookbacks)))
        self.register_buffer("looseness", torch.zeros(()))
        for place, length in enumerate(self.lookbacks):
            self.register_buffer(f"weight_{place}", torch.zeros(length, horizon))
            self.register_buffer(f"looser_{place}", torch.zeros(length, horizon))

    def forward(self, x: Float[Tensor, "B L"]) -> Float[Tensor, "B H"]:
        """Forecast in float32 whatever flows in."""
        x = x.float()
        return x[:, -1:] + self.mapped(x, "weight") + self.looseness * self.mapped(x, "looser")

    def mapped(self, x: Float[Tensor, "B L"], name: str) -> Float[Tensor, "B H"]:
        """The mean over look-backs of what one kind of weights adds to the last value: those of the
        full penalty ("weight"), or the way from these to a tenth of it ("looser").
        """
        last = x[:, -1:]
        each = [
            share * ((x[:, -length:] - last) @ self.get_buffer(f"{name}_{place}"))
            for place, (length, share) in enumerate(zip(self.lookbacks, self.shares, strict=True))
        ]
        return torch.stack(each).sum(dim=0)

    @torch.no_grad()
    def fit(self, x: Float[Tensor, "N C L"], y: Float[Tensor, "N C H"]) -> None:
        """Solve for the weights; examples in the order of time, y nan where not known."""
        x, y = x.float(), y.float()
        last = x[..., -1:]
        x, y = x - last, y - last
        cuts = parts(len(x), y.shape[-1])
        sums = [gram(x[cut].flatten(0, 1), y[cut].flatten(0, 1)) for cut in cuts]
        found = [solved([latest(each, length) for each in sums]) for length in self.lookbacks]
        used = together(found, sums[2])
        for place, solution in enumerate(found):
            self.get_buffer(f"weight_{place}").copy_(solution.weight)
            self.get_buffer(f"looser_{place}").copy_(solution.loose - solution.weight)
            self.shares[place] = float(place in used) / len(used)


def parts(count: int, horizon: int) -> tuple[slice, slice, slice]:
    """Examples to fit on, those whose truth overlaps with what follows, those to choose by."""
    held = max(1, round(HELD_OUT * count))
    end = max(min(2, count), count - held - horizon)
    return slice(0, end), slice(end, count - held), slice(count - held, count)


def latest(sums: Sums, length: int) -> Sums:
    """The same sums of windows that are cut to their latest positions."""
    return sums[0][-length:, -length:], sums[1][-length:], *sums[2:]


def together(found: Sequence[Solution], held: Sums) -> list[int]:
    """The look-backs whose mean misses the least of what was held out: from the best one on, each
    that lowers the error is taken in (Caruana et al. 2004, section 2, without replacement).
    """
    longest = max(len(solution.early) for solution in found)
    order = sorted(range(len(found)), key=lambda place: found[place].missed)
    used, least = order[:1], found[order[0]].missed
    for place in order[1:]:
        every = [found[k].early for k in (*used, place)]
        padded = [F.pad(weight, (0, 0, longest - len(weight), 0)) for weight in every]
        error = missed(torch.stack(padded).mean(dim=0), held)
        if error < least:
            used, least = [*used, place], error
    return used


def missed(weight: Float[Tensor, "L H"], sums: Sums) -> float:
    """The sum of squared errors of weights over the number of examples."""
    left = sums[2] - 2 * (weight * sums[1]).sum() + (weight * (sums[0] @ weight)).sum()
    return float(left / sums[3].clamp_min(1))


def solved(sums: Sequence[Sums]) -> Solution:
    """The ridge solution on all examples, and its error on those held out; sums as of `parts`.

    With x = rows of windows, G = x'x and R = x'y, W = (G + penalty n)^-1 R; the eigenvectors of G
    give it for every penalty at once.
    """
    (fit, held), every = (sums[0], sums[2]), [sum(each) for each in zip(*sums, strict=True)]
    values, vectors = torch.linalg.eigh(fit[0])
    turned = vectors.T @ fit[1]

    def early(penalty: float) -> Tensor:
        weight: Tensor = vectors @ (turned / (values.clamp_min(0) + penalty * fit[3])[:, None])
        return weight

    errors = {penalty: missed(early(penalty), held) for penalty in PENALTIES}
    best = min(errors, key=lambda penalty: errors[penalty])
    eye = torch.eye(len(values), dtype=values.dtype, device=values.device)
    tight, loose = (
        torch.linalg.solve(every[0] + penalty * every[3] * eye, every[1]).float()
        for penalty in (best, LOOSER * best)
    )
    return Solution(tight, loose, early(best), errors[best])


def gram(x: Float[Tensor, "N L"], y: Float[Tensor, "N H"]) -> Sums:
    """x'x, x'y, the sum of squares of y, and how many rows; rows of unknown truth do not count.

    Where hardly a row is known as a whole, what is not known counts as the last value.
    """
    known = ~y.isnan().any(dim=1)
    if int(known.sum()) < min(FEWEST, len(y)):
        y, known = y.nan_to_num(0.0), torch.ones_like(known)
    x, y = x[known], y[known]
    count = torch.tensor(float(len(x)), dtype=torch.float64, device=x.device)
    return (x.T @ x).double(), (x.T @ y).double(), y.double().square().sum(), count

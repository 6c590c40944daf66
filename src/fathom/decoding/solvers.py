"""A velocity field and noise to data: few-step solvers of dx/dt = v(x, t) from t = 1 to t = 0.

Pure functions of what they are given; t = 1 is noise, t = 0 is data.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Field = Callable[[Float[Tensor, "B ..."], float], Float[Tensor, "B ..."]]
Solver = Literal["euler", "heun"]

SHIFT = 1.0


def times(steps: int, shift: float = SHIFT) -> list[float]:
    """steps + 1 times from 1 to 0; with shift s each t becomes s t / (1 + (s - 1) t).

    Above 1 it spends more of the steps where there is much noise (Esser et al. 2024, equation 23,
    arXiv:2403.03206).
    """
    even = [1 - step / steps for step in range(steps + 1)]
    return [shift * t / (1 + (shift - 1) * t) for t in even]


def euler(field: Field, x: Float[Tensor, "B ..."], steps: int) -> Float[Tensor, "B ..."]:
    """x <- x + (t' - t) v(x, t): one look at the field a step; the error falls with 1 / steps."""
    known = times(steps)
    for now, then in pairwise(known):
        x = x + (then - now) * field(x, now)
    return x


def heun(field: Field, x: Float[Tensor, "B ..."], steps: int) -> Float[Tensor, "B ..."]:
    """Euler's step, then again with the mean of the field at both its ends.

    Karras et al. 2022, Algorithm 1, arXiv:2206.00364. The last step is Euler's, as there, for the
    field is not known at t = 0: 2 steps - 1 looks. The error falls with 1 / steps^2.
    """
    known = times(steps)
    for now, then in pairwise(known):
        slope = field(x, now)
        ahead = x + (then - now) * slope
        if then > 0:
            slope = (slope + field(ahead, then)) / 2
            ahead = x + (then - now) * slope
        x = ahead
    return x


def solve(
    field: Field, x: Float[Tensor, "B ..."], steps: int, solver: Solver
) -> Float[Tensor, "B ..."]:
    """From noise to data with the solver of that name."""
    return {"euler": euler, "heun": heun}[solver](field, x, steps)


def guided(
    known: Float[Tensor, "B ..."], unknown: Float[Tensor, "B ..."], strength: float
) -> Float[Tensor, "B ..."]:
    """Away from what is true of any class: u + w (c - u) (Ho and Salimans 2022, equation 6,
    arXiv:2207.12598, with w counted from 0).

    known: the field given the class; unknown: given none. strength 1 is the field itself.
    """
    return torch.lerp(unknown, known, strength)

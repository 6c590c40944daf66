"""Solvers against a case with a closed form: data that are Gaussian."""

import pytest
import torch
from torch import Tensor

from fathom.decoding.solvers import Solver, euler, guided, heun, solve, times

DEVIATION, MEAN = 0.5, 2.0


def velocity(x: Tensor, t: float) -> Tensor:
    """E[e - x0 | x_t] where x0 ~ N(m, s^2), e ~ N(0, 1), x_t = (1 - t) x0 + t e.

    Jointly Gaussian: Cov(e - x0, x_t) = t - (1 - t) s^2, Var(x_t) = (1 - t)^2 s^2 + t^2.
    """
    slope = (t - (1 - t) * DEVIATION**2) / ((1 - t) ** 2 * DEVIATION**2 + t**2)
    return -MEAN + slope * (x - (1 - t) * MEAN)


def exact(noise: Tensor) -> Tensor:
    """The flow keeps the place within the law: x0 = m + s e."""
    return MEAN + DEVIATION * noise


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2)])
def test_the_error_falls_with_the_order_of_the_solver(solver: Solver, order: int) -> None:
    noise = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    errors = [
        float((solve(velocity, noise, steps, solver) - exact(noise)).abs().max())
        for steps in (40, 80)
    ]
    assert errors[1] < 0.04
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.35)


def test_heun_is_nearer_than_euler_with_as_many_looks() -> None:
    noise = torch.linspace(-2, 2, 9, dtype=torch.float64)
    looks = 0

    def counted(x: Tensor, t: float) -> Tensor:
        nonlocal looks
        looks += 1
        return velocity(x, t)

    better = (heun(counted, noise, 8) - exact(noise)).abs().max()
    assert looks == 15
    assert better < (euler(velocity, noise, 15) - exact(noise)).abs().max()


def test_a_straight_path_needs_one_step() -> None:
    start = torch.tensor([3.0, -1.0])
    assert torch.equal(euler(lambda x, t: torch.full_like(x, 2.0), start, 1), start - 2)


def test_times_run_from_noise_to_data() -> None:
    assert times(4) == [1.0, 0.75, 0.5, 0.25, 0.0]
    shifted = times(4, shift=3.0)
    assert shifted[0] == 1.0
    assert shifted[-1] == 0.0
    assert shifted[2] == pytest.approx(0.75)


def test_guidance_of_one_changes_nothing_and_more_goes_on() -> None:
    known, unknown = torch.tensor([2.0]), torch.tensor([1.0])
    assert torch.equal(guided(known, unknown, 1.0), known)
    assert torch.equal(guided(known, unknown, 0.0), unknown)
    assert torch.equal(guided(known, unknown, 3.0), torch.tensor([4.0]))

"""Gaussians of classes: against formulas with whole matrices, and against draws."""

import pytest
import torch
from torch import Tensor

from fathom.networks.gaussians import Gaussians, main_axes

VALUES, CLASSES = 6, 2


def factors() -> tuple[Tensor, Tensor]:
    """Means (2, P) and factors (2, P, P) of two classes of data of about unit variance."""
    source = torch.Generator().manual_seed(0)
    means = torch.randn(CLASSES, VALUES, generator=source)
    return means, torch.randn(CLASSES, VALUES, VALUES, generator=source) * 0.4


def drawn(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Examples (N, 2, 3), and their classes from 1."""
    source, (means, spreads) = torch.Generator().manual_seed(seed), factors()
    wish = torch.arange(count) % CLASSES
    noise = torch.randn(count, VALUES, generator=source)
    x = means[wish] + torch.einsum("nij,nj->ni", spreads[wish], noise)
    return x.view(count, 2, 3), wish + 1


def fitted(count: int = 20_000) -> Gaussians:
    made = Gaussians(VALUES, CLASSES)
    made.fit(*drawn(count, 1))
    return made


def noisy(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """x_t and e - x."""
    e = torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    at = t.view(-1, 1, 1)
    return (1 - at) * x + at * e, e - x


def test_before_it_is_fitted_it_guesses_as_for_data_without_structure() -> None:
    x, wish = drawn(8, 2)
    t = torch.linspace(0.1, 0.9, 8)
    told, size = Gaussians(VALUES, CLASSES).velocity(x, t, wish)
    inverse = 1 / ((1 - t) ** 2 + t**2)
    torch.testing.assert_close(told, ((2 * t - 1) * inverse).view(-1, 1, 1) * x)
    torch.testing.assert_close(size.square(), inverse)


def test_fitted_it_is_the_conditional_mean_of_the_whole_matrices() -> None:
    (means, spreads), (x, wish) = factors(), drawn(40, 3)
    t = torch.linspace(0.05, 0.95, 40)
    seen, _ = noisy(x, t)
    told, _ = fitted().velocity(seen, t, wish)
    for row, place in enumerate((wish - 1).tolist()):
        covariance, level = spreads[place] @ spreads[place].T, t[row]
        of_sum = (1 - level) ** 2 * covariance + level**2 * torch.eye(VALUES)
        off = seen[row].flatten() - (1 - level) * means[place]
        whitened = torch.linalg.solve(of_sum, off)
        data = means[place] + (1 - level) * covariance @ whitened
        expected = level * whitened - data
        torch.testing.assert_close(told[row].flatten(), expected, atol=0.15, rtol=0.05)


@pytest.mark.parametrize("classes_told", [True, False])
def test_it_knows_how_far_off_it_is(classes_told: bool) -> None:
    x, wish = drawn(20_000, 4)
    t = torch.full((len(x),), 0.4)
    seen, velocity = noisy(x, t)
    told, size = fitted().velocity(seen, t, wish if classes_told else torch.zeros_like(wish))
    missed = float((told - velocity).square().mean())
    assert missed == pytest.approx(float(size.square().mean()), rel=0.03)


def test_a_class_knows_more_than_any_class() -> None:
    x, wish = drawn(2_000, 4)
    t = torch.full((len(x),), 0.7)
    seen, velocity = noisy(x, t)
    made = fitted()
    own, other = (
        float((made.velocity(seen, t, one)[0] - velocity).square().mean())
        for one in (wish, torch.zeros_like(wish))
    )
    assert own < 0.8 * other


def test_drawn_examples_have_the_mean_and_the_covariance_of_their_class() -> None:
    means, spreads = factors()
    code = torch.randn(20_000, VALUES, generator=torch.Generator().manual_seed(8))
    for place in range(CLASSES):
        found = fitted().drawn(code, torch.full((len(code),), place + 1))
        torch.testing.assert_close(found.mean(0), means[place], atol=0.05, rtol=0)
        torch.testing.assert_close(
            torch.cov(found.T), spreads[place] @ spreads[place].T, atol=0.08, rtol=0
        )


def test_a_short_code_draws_along_the_directions_of_most_variance() -> None:
    made, code = fitted(), torch.randn(5_000, 2, generator=torch.Generator().manual_seed(8))
    (_, spreads), wish = factors(), torch.ones(len(code), dtype=torch.int64)
    expected = torch.linalg.eigvalsh(spreads[0] @ spreads[0].T)[-2:].sum()
    assert float(made.drawn(code, wish).var(0).sum()) == pytest.approx(float(expected), rel=0.1)


@pytest.mark.parametrize("count", [1, 3])
def test_few_examples_and_classes_without_any_are_answered(count: int) -> None:
    made = Gaussians(VALUES, 4)
    made.fit(*drawn(count, 6))
    t = torch.tensor([0.01, 0.5, 0.99, 1.0, 0.3])
    told, size = made.velocity(torch.randn(5, 2, 3), t, torch.arange(5))
    assert bool(torch.isfinite(told).all())
    assert bool((size > 0).all())


def test_main_axes_of_many_values_are_those_of_the_whole_decomposition() -> None:
    source = torch.Generator().manual_seed(7)
    scales = 0.8 ** torch.arange(60)
    off = torch.randn(300, 60, generator=source) * scales
    found, whole = main_axes(off, 8), torch.linalg.eigh(off.mT @ off).eigenvectors[:, -8:]
    assert float((found.mT @ whole).square().sum()) == pytest.approx(8.0, abs=0.05)
    torch.testing.assert_close(found.mT @ found, torch.eye(8), atol=1e-4, rtol=0)

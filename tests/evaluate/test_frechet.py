"""The Frechet distance against scipy's root of a matrix and by hand, and its bias."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from fathom.evaluate.frechet import beside, frechet

SOURCE = np.random.default_rng(0)
MIXED = SOURCE.standard_normal((6, 6))


def by_root(x: np.ndarray, y: np.ndarray) -> float:
    a, b = np.cov(x.T), np.cov(y.T)
    shift = x.mean(0) - y.mean(0)
    return float(shift @ shift + np.trace(a + b - 2 * sqrtm(a @ b).real))


@pytest.mark.parametrize("counts", [(200, 90), (40, 40)])
def test_it_is_what_a_root_of_a_matrix_gives(counts: tuple[int, int]) -> None:
    x = SOURCE.standard_normal((counts[0], 6)) @ MIXED
    y = SOURCE.standard_normal((counts[1], 6)) * 2 + 1
    assert frechet(x, y) == pytest.approx(by_root(x, y), rel=1e-6)


def test_a_shift_counts_its_square_and_a_crowd_is_not_far_from_itself() -> None:
    x = SOURCE.standard_normal((50, 6))
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + 2.0) == pytest.approx(24)


def test_fewer_pictures_than_features_work_and_are_warned_of() -> None:
    x, y, z = (SOURCE.standard_normal((8, 30)) for _ in range(3))
    found = beside(x, y, z, judge="a classifier of these data", items="pictures")
    assert found["value"] > 0
    assert "few for 30 features" in found["sentence"]
    assert "FID" not in found["sentence"]


def test_few_draws_of_one_crowd_seem_farther_than_many() -> None:
    few, many = (
        frechet(SOURCE.standard_normal((n, 6)), SOURCE.standard_normal((n, 6))) for n in (30, 3000)
    )
    assert few > 5 * many

"""Random kernels against a plain convolution, and warping against the textbook recursion."""

import numpy as np
import pytest

from fathom.baselines import random_kernels, warped_series
from fathom.baselines.features import flat_series
from fathom.baselines.method import Setting


def setting(channels: int = 1) -> Setting:
    empty = np.zeros((0, 1))
    return Setting("category", 2, np.zeros(1, dtype=bool), empty, np.zeros(0), 0, channels=channels)


def textbook(one: np.ndarray, other: np.ndarray, band: int) -> float:
    """Sakoe and Chiba's recursion, cell by cell."""
    cost = np.full((len(one) + 1, len(other) + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(len(one)):
        for j in range(len(other)):
            if abs(i - j) <= band:
                before = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
                cost[i + 1, j + 1] = ((one[i] - other[j]) ** 2).sum() + before
    return float(cost[-1, -1])


def drawn(count: int, length: int, channels: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, length, channels)).astype(np.float32)


class TestKernels:
    def test_a_kernel_fits_as_numpy_correlates(self) -> None:
        x, weight = drawn(3, 20, 1)[..., 0], np.arange(7.0, dtype=np.float32)
        found = random_kernels.fit(x[None], weight[None], 1, padded=False)
        for row, expected in zip(found, x, strict=True):
            np.testing.assert_allclose(row, np.correlate(expected, weight, "valid"), rtol=1e-4)

    def test_what_is_behind_the_end_does_not_count(self) -> None:
        series = drawn(4, 30)
        length = np.array([30, 30, 30, 18])
        series[3, 18:] = 0.0
        other = series.copy()
        some = random_kernels.kernel_features(series, length, seed=1, kernels=40)
        again = random_kernels.kernel_features(other, length, seed=1, kernels=40)
        assert np.array_equal(some, again)
        assert (some[:, ::2] >= 0).all()
        assert (some[:, ::2] <= 1).all()

    def test_two_frequencies_are_told_apart(self) -> None:
        time = np.arange(60)
        y = np.arange(40) % 2
        series = np.stack([np.sin(time / (3 + 2 * k) + k) for k in y])[..., None]
        series = (series + 0.3 * drawn(40, 60, 1)).astype(np.float32)
        x = random_kernels.kernel_features(series, np.full(40, 60), seed=0, kernels=100)
        answer = random_kernels.fit_classes(setting(), x[:20], y[:20])(x[20:])
        assert answer.shape == (20, 2)
        assert (answer.argmax(1) == y[20:]).mean() > 0.9


class TestWarping:
    def test_distances_are_those_of_the_recursion(self) -> None:
        asked, known = drawn(3, 15), drawn(4, 15, seed=1)
        found = warped_series.distances(asked, known)
        expected = [[textbook(one, other, band=2) for other in known] for one in asked]
        np.testing.assert_allclose(found, expected, rtol=1e-4)

    def test_series_of_unequal_length_end_where_they_end(self) -> None:
        known, length = drawn(2, 12), np.array([12, 9])
        flat = flat_series(known, length)
        found = warped_series.distances(*(warped_series.unflattened(flat, 2),) * 2)
        assert found.diagonal() == pytest.approx([0.0, 0.0], abs=1e-5)
        expected = textbook(known[0], known[1, :9], band=3)
        np.testing.assert_allclose(found[0, 1], expected, rtol=1e-4)

    def test_the_nearest_series_answers(self) -> None:
        y = np.array([0, 1])
        x = flat_series(drawn(2, 10), np.full(2, 10))
        answer = warped_series.fit_classes(setting(2), x, y)(x[::-1])
        assert answer.argmax(1).tolist() == [1, 0]

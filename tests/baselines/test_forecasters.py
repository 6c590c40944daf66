"""Classical forecasts against cases worked by hand, and none of them sees the future."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fathom.baselines.forecasters import (
    Written,
    exponential_smoothing,
    look_back,
    ridge,
    seasonal_naive,
    without_gaps,
)
from fathom.baselines.request import Ahead, RivalRequest
from fathom.baselines.smoothing import Smoother, grid, one_step, refined

METHODS = (seasonal_naive, ridge, exponential_smoothing)


def request(series: np.ndarray, season: int = 12, horizon: int = 6) -> RivalRequest:
    rows = len(series)
    return RivalRequest(
        "future",
        series.shape[1],
        series,
        train=np.arange(0, rows - 60 - horizon),
        valid=np.arange(rows - 60, rows - 30 - horizon),
        test=np.arange(rows - 30, rows - horizon + 1),
        ahead=Ahead(horizon, season, 0, ((1.0, 1.0),) * series.shape[1]),
    )


def waves(rows: int = 240) -> np.ndarray:
    time = np.arange(rows)
    one = 10 + time / 20 + 3 * np.sin(2 * np.pi * time / 12)
    return np.stack([one, 5 - one / 3], axis=1)


class TestForecasters:
    def test_the_last_season_again_repeats_it(self) -> None:
        series = np.tile(np.arange(12.0), 20)[:, None]
        asked = request(series)
        found = seasonal_naive(asked, 1.0)["test"]["answer"]
        np.testing.assert_allclose(found, asked.truth(asked.test))

    @pytest.mark.parametrize("method", [ridge, exponential_smoothing])
    def test_trend_and_season_without_noise_are_foretold(
        self, method: Callable[[RivalRequest, float], Written]
    ) -> None:
        asked = request(waves())
        found = method(asked, 5.0)["test"]["answer"]
        assert np.abs(found - asked.truth(asked.test)).max() < 0.25

    def test_the_look_back_is_the_one_that_foretells_the_latest_training_forecasts(self) -> None:
        generator = np.random.default_rng(0)
        time = np.arange(300)
        series = (np.sin(2 * np.pi * time / 20) + 0.3 * generator.normal(size=300))[:, None]
        best, errors = look_back(series, np.arange(50, 250), (2, 41), 7)
        assert best == 41
        assert np.isfinite(errors).all()
        later = series.copy()
        later[260:] = 0.0  # behind the last training forecast
        assert look_back(later, np.arange(50, 250), (2, 41), 7)[0] == best

    def test_smoothing_is_estimated_anew_where_later_forecasts_begin(self) -> None:
        # The season that training saw is over before the test part begins.
        generator = np.random.default_rng(1)
        time = np.arange(240)
        wave = np.where(time < 120, 3.0, 0.0) * np.sin(2 * np.pi * time / 12)
        asked = request((10 + wave + 0.1 * generator.normal(size=240))[:, None])
        early = replace(asked, train=np.arange(0, 110), valid=np.arange(114, 118))
        found = exponential_smoothing(early, 5.0)["test"]["answer"]
        assert np.abs(found - early.truth(early.test)).mean() < 0.3

    def test_a_series_that_begins_late_is_not_told_before(self) -> None:
        late = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 4.0], [5.0, np.nan], [6.0, 8.0]])
        other = late.copy()
        other[4, 1] = 100.0
        one, two = (without_gaps(each, np.arange(3)) for each in (late, other))
        assert one[:, 1].tolist() == [4.0, 4.0, 4.0, 4.0, 8.0]
        np.testing.assert_array_equal(one[:4], two[:4])
        unknown = without_gaps(np.array([[np.nan], [np.nan], [7.0]]), np.arange(2))
        assert unknown[:, 0].tolist() == [0.0, 0.0, 7.0]  # nothing was learnt of it

    @pytest.mark.parametrize("method", METHODS)
    def test_changing_the_future_changes_no_forecast(
        self, method: Callable[[RivalRequest, float], Written]
    ) -> None:
        noisy = waves() + np.random.default_rng(0).normal(size=(240, 2))
        asked = request(noisy)
        later = noisy.copy()
        later[asked.test[3] :] += 100.0
        plain, other = (
            method(replace(asked, target=values), 5.0)["test"]["answer"][:4]
            for values in (noisy, later)
        )
        np.testing.assert_allclose(plain, other)


class TestSmoother:
    def test_simple_smoothing_by_hand(self) -> None:
        rates = np.array([[0.5], [0.0], [0.0], [1.0]])
        series = np.array([[4.0], [8.0], [2.0]])
        found = Smoother(rates, 1, False).forecasts(series, np.array([1, 2]), 2)
        # Level 4 after the first value, then (8 + 4) / 2.
        np.testing.assert_allclose(found[:, 0], [[4.0, 4.0], [6.0, 6.0]])

    def test_a_multiplied_season_by_hand(self) -> None:
        rates = np.array([[0.0], [0.0], [0.0], [1.0]])
        series = np.array([[1.0], [3.0], [1.0], [3.0], [1.0], [3.0]])
        found = Smoother(rates, 2, True).forecasts(series, np.array([4]), 2)
        np.testing.assert_allclose(found[0, 0], [1.0, 3.0], atol=1e-6)

    @pytest.mark.parametrize("multiplicative", [False, True])
    def test_refined_rates_miss_training_less_than_the_best_of_the_grid(
        self, multiplicative: bool
    ) -> None:
        generator = np.random.default_rng(0)
        time = np.arange(60)
        season = 1 + 0.3 * np.sin(2 * np.pi * time / 4)
        series = ((10 + time / 5) * season + 0.2 * generator.normal(size=60))[:, None]
        rates = grid(4)
        errors = one_step(series, rates, 4, multiplicative)[:, 0]
        plain = Smoother(rates[:, [errors.argmin()]], 4, multiplicative)
        smoother = refined(plain, series[:, 0])
        one_ahead = smoother.forecasts(series, np.arange(60), 1)[:, 0, 0]
        assert ((one_ahead - series[:, 0]) ** 2).sum() < errors.min()
        assert (smoother.rates[3, 0] < 1) == (plain.rates[3, 0] < 1)

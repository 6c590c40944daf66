"""Errors of forecasts by hand."""

import numpy as np
import pytest

from fathom.metrics import measure

TRUTH = np.array([[[1.0, 2.0, np.nan]], [[3.0, 5.0, 7.0]]])
FIELDS = {
    "answer": np.array([[[2.0, 2.0, 9.0]], [[3.0, 3.0, 4.0]]]),
    "low": np.array([[[0.0, 3.0, 0.0]], [[3.0, 3.0, 3.0]]]),
    "high": np.array([[[2.0, 4.0, 1.0]], [[3.0, 6.0, 6.0]]]),
    "errors": np.full((2, 1, 2), [2.0, 1.0]),
}


def test_errors_are_means_over_forecasts_of_what_is_known() -> None:
    found = measure("future", TRUTH, FIELDS)
    assert found["mae"] == pytest.approx((0.5 + 5 / 3) / 2)
    assert found["mase"] == pytest.approx((0.25 + 5 / 6) / 2)
    assert found["mse"] == pytest.approx((0.5 + 13 / 3) / 2)
    assert found["rmse"] == pytest.approx(((0.5 + 13 / 3) / 2) ** 0.5)
    assert found["coverage"] == pytest.approx((0.5 + 2 / 3) / 2)


def test_the_pinball_loss_is_least_at_the_quantile() -> None:
    truth = np.random.default_rng(0).normal(size=(400, 1, 5))

    def loss(low: float, high: float) -> float:
        fields = {
            "answer": np.zeros_like(truth),
            "low": np.full_like(truth, low),
            "high": np.full_like(truth, high),
            "errors": np.ones((400, 1, 2)),
        }
        return measure("future", truth, fields)["pinball"]

    assert loss(-1.645, 1.645) < min(loss(-1.2, 1.645), loss(-1.645, 2.2), loss(-2.2, 1.2))


def test_a_rival_without_an_interval_has_the_other_errors() -> None:
    plain = {name: FIELDS[name] for name in ("answer", "errors")}
    assert set(measure("future", TRUTH, plain)) == {"mase", "mae", "mse", "rmse"}

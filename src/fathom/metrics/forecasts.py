"""What came and what was forecast to the field's metrics: N forecasts of C series, H rows ahead.

Truth, `answer`, `low` and `high` are (N, C, H) in the user's units, nan where nothing is known;
`errors` (N, C, 2) holds what errors are divided by: the mean error of the seasonal naive forecast
in training for `mase`, and for the other errors, of several series, the deviation of each, as
series differ in size. Weights (..., N) and nan as in `classification`.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.texts import once
from fathom.metrics.weights import mean

COVERED = 0.9
AT_ONCE = 256
MASE, MAE, MSE, PINBALL, COVERAGE = range(5)


def missed(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Of each forecast the mean over series and rows ahead of each error, (N, 5)."""
    parts = [
        _missed(truth[start : start + AT_ONCE], {n: f[start : start + AT_ONCE] for n, f in own})
        for start in range(0, len(truth), AT_ONCE)
        for own in [[(n, fields[n]) for n in ("answer", "low", "high", "errors") if n in fields]]
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 5))


def _missed(truth: np.ndarray, fields: Fields) -> np.ndarray:
    naive, size = (fields["errors"][:, :, place, None] for place in (0, 1))
    gap = truth.astype(np.float64) - fields["answer"]
    terms = [np.abs(gap) / naive, np.abs(gap) / size, (gap / size) ** 2]
    if "low" in fields:
        low, high = fields["low"], fields["high"]
        share = (1 - COVERED) / 2
        pinball = (_pinball(truth - low, share) + _pinball(truth - high, 1 - share)) / 2 / size
        inside = np.where(np.isnan(truth), np.nan, (low <= truth) & (truth <= high))
        terms += [pinball, inside]
    else:
        terms += [np.full_like(gap, np.nan)] * 2
    return np.stack([_mean(each) for each in terms], axis=1)


def _pinball(above: np.ndarray, quantile: float) -> np.ndarray:
    """Koenker and Bassett 1978: the loss that a quantile minimises."""
    return np.maximum(quantile * above, (quantile - 1) * above)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over series and rows ahead of what is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=(1, 2))
    total = np.where(known, values, 0.0).sum(axis=(1, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def mase(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean absolute scaled error (Hyndman and Koehler 2006): 1 is as far off as the seasonal naive
    forecast of the next row was in training.
    """
    return mean(mase_terms(truth, fields), weight)


def mase_terms(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """The scaled error of each forecast, (N,)."""
    return once(missed, truth, fields)[:, MASE]


def mae(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean absolute error."""
    return mean(once(missed, truth, fields)[:, MAE], weight)


def mse(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean squared error."""
    return mean(once(missed, truth, fields)[:, MSE], weight)


def rmse(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Root mean squared error."""
    return np.sqrt(mse(truth, fields, weight))


def pinball(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean pinball loss of both ends of the 90 % interval."""
    return mean(once(missed, truth, fields)[:, PINBALL], weight)


def coverage(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of what came that lies between `low` and `high`."""
    return mean(once(missed, truth, fields)[:, COVERAGE], weight)

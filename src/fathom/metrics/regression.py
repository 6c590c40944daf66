"""True and predicted numbers to the field's metrics.

Truth and `answer` are (N, R), as are `low` and `high`, in the target's own units; with several
targets a metric is the mean over them. Weights (..., N) and nan as in `classification`.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.weights import example_weights, mean, mean_where_defined, ratio


def squared_error(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Mean over the targets of the squared error, (N,)."""
    return ((fields["answer"] - truth.astype(np.float64)) ** 2).mean(1)


def absolute_error(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Mean over the targets of the absolute error, (N,)."""
    return np.abs(fields["answer"] - truth.astype(np.float64)).mean(1)


def covered(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Share of the targets that lie between `low` and `high`, both included, (N,)."""
    return ((fields["low"] <= truth) & (truth <= fields["high"])).mean(1)


def mse(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean squared error."""
    return mean(squared_error(truth, fields), weight)


def rmse(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Root mean squared error, in the target's units."""
    weight = example_weights(len(truth), weight)
    squares = (fields["answer"] - truth.astype(np.float64)) ** 2  # (N, R)
    return np.sqrt(ratio(weight @ squares, weight.sum(-1)[..., None])).mean(-1)


def mae(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean absolute error, in the target's units."""
    return mean(absolute_error(truth, fields), weight)


def r2(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of the variance explained; 0 for answering the mean, nan if the truth is constant."""
    weight = example_weights(len(truth), weight)
    # Centred first: sums of squares of large numbers would lose their digits.
    centred = truth - truth.mean(0, dtype=np.float64) if len(truth) else truth.astype(np.float64)
    total = weight.sum(-1)[..., None]
    spread = weight @ centred**2 - ratio((weight @ centred) ** 2, total)
    missed = weight @ (fields["answer"] - truth.astype(np.float64)) ** 2
    return mean_where_defined(1 - ratio(missed, spread))


def coverage(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of the true numbers that lie between `low` and `high`."""
    return mean(covered(truth, fields), weight)

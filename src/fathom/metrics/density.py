"""How well examples were kept, and how probable a network holds them to be.

`error` (N,) is the mean squared error of an example's values; `elbo` and `nll` (N,) are nats of a
whole example, less is better: the negative evidence bound, and an estimate of the negative log
probability itself. An example whose entry is nan was not looked at. Weights (..., N) and nan as in
`classification`.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.weights import example_weights, mean, ratio


def error(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Mean squared error of each example, (N,)."""
    return fields["error"].astype(np.float64)


def kept_mse(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean squared error of a value."""
    return mean(error(truth, fields), weight)


def elbo_nats(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean negative evidence bound of an example."""
    return _known_mean(fields["elbo"], weight)


def nll_nats(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean negative log-likelihood of the examples that it was estimated for."""
    return _known_mean(fields["nll"], weight)


def _known_mean(nats: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    weight = example_weights(len(nats), weight)
    known = ~np.isnan(nats)
    return ratio(weight[..., known] @ nats[known].astype(np.float64), weight[..., known].sum(-1))

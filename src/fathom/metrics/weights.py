"""Per-example terms and example weights to weighted sums and means."""

import numpy as np


def example_weights(count: int, weight: np.ndarray | None) -> np.ndarray:
    """The given weights (..., N) as float64, or ones (N,)."""
    return np.ones(count) if weight is None else np.asarray(weight, dtype=np.float64)


def ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """`sums / counts`, nan where nothing was counted."""
    counts = np.asarray(counts, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(counts > 0, sums / counts, np.nan)


def mean(terms: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Weighted mean of per-example terms (N,) for weights (..., N)."""
    weight = example_weights(len(terms), weight)
    return ratio(weight @ terms.astype(np.float64), weight.sum(-1))


def mean_where_defined(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is not nan; nan where nothing is."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(-1), defined.sum(-1))

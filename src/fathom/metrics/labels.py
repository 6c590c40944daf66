"""True and predicted label sets of a multi-label task to the field's metrics.

Truth is (N, K) of 0 and 1; `answer` (N, K) of 0 and 1, `probability` (N, K). Weights (..., N) and
nan as in `classification`.
"""

import numpy as np

from fathom.metrics.classification import SMALLEST_PROBABILITY, Fields
from fathom.metrics.ranking import Area, area_under_precision_recall, area_under_roc
from fathom.metrics.weights import example_weights, mean, mean_where_defined, ratio


def all_right(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """1 where every label of the example is right, else 0, (N,)."""
    return (fields["answer"] == truth).all(1).astype(np.float64)


def surprise(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Mean over the labels of the negative log probability of what is true, in nats, (N,)."""
    probability = fields["probability"].astype(np.float64)
    given = np.where(truth > 0, probability, 1 - probability)
    return -np.log(np.clip(given, SMALLEST_PROBABILITY, 1.0)).mean(1)


def squared_miss(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Mean over the labels of the squared distance of the probability to 0 or 1, (N,)."""
    return ((fields["probability"].astype(np.float64) - truth) ** 2).mean(1)


def accuracy(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of examples with every label right."""
    return mean(all_right(truth, fields), weight)


def macro_f1(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean harmonic mean of precision and recall over the labels that occur or are answered."""
    weight = example_weights(len(truth), weight)
    actual, answered = truth.astype(np.float64), fields["answer"].astype(np.float64)
    hits = weight @ (actual * answered)
    return mean_where_defined(ratio(2 * hits, weight @ (actual + answered)))


def auc(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean area under the ROC curve over the labels that have both kinds of example."""
    return _over_labels(area_under_roc, truth, fields["probability"], weight)


def average_precision(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """Mean average precision over the labels that occur."""
    return _over_labels(area_under_precision_recall, truth, fields["probability"], weight)


def log_loss(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean negative log probability of what is true, per label, in nats."""
    return mean(surprise(truth, fields), weight)


def brier(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean squared distance of the probability to 0 or 1, per label, 0 to 1."""
    return mean(squared_miss(truth, fields), weight)


def _over_labels(
    area: Area, truth: np.ndarray, probability: np.ndarray, weight: np.ndarray | None
) -> np.ndarray:
    areas = [area(truth[:, k] > 0, probability[:, k], weight) for k in range(truth.shape[1])]
    return mean_where_defined(np.stack(areas, axis=-1))

"""True classes and predicted fields of a single-label task to the field's metrics.

Truth is (N,) whole numbers below K; `answer` (N,), `probability` (N, K). Every metric takes
optional example weights (..., N), for instance (R, N) counts of R resamples, and returns one value
per leading index; a value that is not defined (no examples, one class) is nan.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from fathom.metrics.ranking import area_under_precision_recall, area_under_roc
from fathom.metrics.weights import example_weights, mean, mean_where_defined, ratio

Fields = Mapping[str, np.ndarray]
BINS = 15
SMALLEST_PROBABILITY = 1e-12


def right(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """1 where the answer is the true class, else 0, (N,)."""
    return (fields["answer"] == truth).astype(np.float64)


def surprise(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Negative log of the probability given to the true class, in nats, (N,)."""
    given = np.take_along_axis(fields["probability"], truth[:, None].astype(np.int64), axis=1)[:, 0]
    return -np.log(np.clip(given.astype(np.float64), SMALLEST_PROBABILITY, 1.0))


def squared_miss(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Squared distance between probabilities and the true class, 0 to 2, (N,)."""
    probability = fields["probability"].astype(np.float64)
    return ((probability - indicator(truth, probability.shape[1])) ** 2).sum(1)


def accuracy(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of right answers."""
    return mean(right(truth, fields), weight)


def balanced_accuracy(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """Mean over the classes that occur of the share of their examples answered rightly."""
    weight = example_weights(len(truth), weight)
    actual = indicator(truth, _class_count(truth, fields))
    hits = weight @ (actual * right(truth, fields)[:, None])
    return mean_where_defined(ratio(hits, weight @ actual))


def macro_f1(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean harmonic mean of precision and recall over the classes that occur or are answered."""
    weight = example_weights(len(truth), weight)
    count = _class_count(truth, fields)
    actual, answered = indicator(truth, count), indicator(fields["answer"], count)
    hits = weight @ (actual * answered)
    return mean_where_defined(ratio(2 * hits, weight @ (actual + answered)))


def auc(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Area under the ROC curve; of more than two classes, the mean of each against the rest."""
    probability = fields["probability"]
    columns = [1] if probability.shape[1] == 2 else range(probability.shape[1])
    areas = [area_under_roc(truth == k, probability[:, k], weight) for k in columns]
    return mean_where_defined(np.stack(areas, axis=-1))


def average_precision(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """Average precision of the second of two classes; not defined for more."""
    probability = fields["probability"]
    if probability.shape[1] != 2:
        return np.full(example_weights(len(truth), weight).shape[:-1], np.nan)
    return area_under_precision_recall(truth == 1, probability[:, 1], weight)


def log_loss(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean negative log probability of the true class, in nats."""
    return mean(surprise(truth, fields), weight)


def brier(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean squared distance between probabilities and the true class, 0 to 2 (Brier 1950)."""
    return mean(squared_miss(truth, fields), weight)


def expected_calibration_error(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """Mean distance of confidence and share of right answers over 15 bins of equal mass, debiased.

    The distance of a bin is never below 0 even for perfect probabilities, so its expected excess is
    taken off: that of the absolute value of a normal variable with the bin's gap and standard error
    (after Kumar et al. 2019, section 5, arXiv:1909.10155). Bins come from all examples, also when
    they are weighted.
    """
    bins = reliability(truth, fields, weight)
    error = np.sqrt(ratio(bins.accuracy * (1 - bins.accuracy), bins.count))
    gap = np.abs(bins.confidence - bins.accuracy)
    excess = _folded_normal_mean(gap, error) - gap
    filled = np.where(bins.count > 0, bins.count * (gap - excess), 0.0)
    return np.maximum(ratio(filled.sum(-1), bins.count.sum(-1)), 0.0)


@dataclass(frozen=True)
class Reliability:
    """Bins of examples by confidence: mean confidence, share right and weight, each (..., bins)."""

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray


def reliability(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None, bins: int = BINS
) -> Reliability:
    """Confidence and share of right answers in bins of equal mass; equal confidences share one."""
    weight = example_weights(len(truth), weight)
    confidence = fields["probability"].max(1, initial=0.0).astype(np.float64)
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.quantile(confidence, inner) if len(truth) else inner
    member = indicator(np.searchsorted(edges, confidence, side="right"), bins)
    count = weight @ member
    return Reliability(
        confidence=ratio(weight @ (member * confidence[:, None]), count),
        accuracy=ratio(weight @ (member * right(truth, fields)[:, None]), count),
        count=count,
    )


def confusion(truth: np.ndarray, fields: Fields, classes: int) -> np.ndarray:
    """Number of examples of each true class (row) with each answer (column), (K, K) int64."""
    cells = truth.astype(np.int64) * classes + fields["answer"].astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def indicator(labels: np.ndarray, count: int) -> np.ndarray:
    """One row per label with a 1 in the label's column, (N, count)."""
    rows = np.zeros((len(labels), count))
    rows[np.arange(len(labels)), labels.astype(np.int64)] = 1.0
    return rows


def _class_count(truth: np.ndarray, fields: Fields) -> int:
    return int(max(truth.max(initial=0), fields["answer"].max(initial=0))) + 1


def _folded_normal_mean(center: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Mean of |x| for x normal: sqrt(2/pi) s exp(-m^2/2s^2) + m (1 - 2 P(-m/s)); m where s is 0."""
    scale = np.where(deviation > 0, deviation, 1.0)
    z = center / scale
    folded = scale * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) + center * (1 - 2 * ndtr(-z))
    return np.where(deviation > 0, folded, center)

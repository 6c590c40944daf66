"""What is true and what was predicted to the field's own metrics: the table of contents.

Fields are the numpy forms of what `predict` returns: `answer`, `probability`, `low`, `high`. A
metric is `function(truth, fields, weight=None)`; the modules say the shapes for each target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fathom.metrics import classification, labels, regression
from fathom.metrics.classification import Fields, Reliability, confusion, reliability

__all__ = [
    "HEADLINE",
    "METRICS",
    "Fields",
    "Metric",
    "Reliability",
    "confusion",
    "measure",
    "reliability",
]


class Compute(Protocol):
    """A metric as a function; weight (..., N) gives one value per leading index."""

    def __call__(
        self, truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
    ) -> np.ndarray: ...


@dataclass(frozen=True)
class Metric:
    """A metric and how to judge with it.

    needs: the field it reads. words: its name in a sentence. higher: larger is better. share: it is
    the share of right examples, so that Wilson's interval and McNemar's test fit; the others are
    resampled. per_example: for a mean, its terms (N,); sums and counts add up over parts.
    limits: the least and the largest possible value.
    """

    compute: Compute
    needs: str
    words: str
    higher: bool = True
    share: bool = False
    per_example: Callable[[np.ndarray, Fields], np.ndarray] | None = None
    limits: tuple[float, float] = (0.0, 1.0)

    def value(self, truth: np.ndarray, fields: Fields) -> float:
        """The metric of all examples, nan where it is not defined."""
        return float(self.compute(truth, fields))


def _share(compute: Compute, terms: Callable[[np.ndarray, Fields], np.ndarray]) -> Metric:
    return Metric(compute, "answer", "accuracy", share=True, per_example=terms)


def _loss(
    compute: Compute,
    needs: str,
    words: str,
    terms: Callable[[np.ndarray, Fields], np.ndarray] | None = None,
    largest: float = np.inf,
) -> Metric:
    return Metric(compute, needs, words, False, per_example=terms, limits=(0.0, largest))


_CATEGORY = {
    "accuracy": _share(classification.accuracy, classification.right),
    "balanced_accuracy": Metric(classification.balanced_accuracy, "answer", "balanced accuracy"),
    "macro_f1": Metric(classification.macro_f1, "answer", "macro F1"),
    "auc": Metric(classification.auc, "probability", "area under the ROC curve"),
    "average_precision": Metric(
        classification.average_precision, "probability", "average precision"
    ),
    "log_loss": _loss(classification.log_loss, "probability", "log loss", classification.surprise),
    "brier": _loss(
        classification.brier, "probability", "Brier score", classification.squared_miss, 2.0
    ),
    "expected_calibration_error": _loss(
        classification.expected_calibration_error, "probability", "calibration error", largest=1.0
    ),
}

_LABELS = {
    "accuracy": _share(labels.accuracy, labels.all_right),
    "macro_f1": Metric(labels.macro_f1, "answer", "macro F1"),
    "auc": Metric(labels.auc, "probability", "area under the ROC curve"),
    "average_precision": Metric(labels.average_precision, "probability", "average precision"),
    "log_loss": _loss(labels.log_loss, "probability", "log loss", labels.surprise),
    "brier": _loss(labels.brier, "probability", "Brier score", labels.squared_miss, 1.0),
}

_NUMBER = {
    "rmse": _loss(regression.rmse, "answer", "root mean squared error"),
    "mse": _loss(regression.mse, "answer", "mean squared error", regression.squared_error),
    "mae": _loss(regression.mae, "answer", "mean absolute error", regression.absolute_error),
    "r2": Metric(regression.r2, "answer", "explained variance", limits=(-np.inf, 1.0)),
    "coverage": Metric(regression.coverage, "low", "coverage", per_example=regression.covered),
}

METRICS: Mapping[str, Mapping[str, Metric]] = {
    "category": _CATEGORY,
    "labels": _LABELS,
    "number": _NUMBER,
}
"""By kind of the target (`Spec.kind`), then by name."""

HEADLINE: Mapping[str, str] = {
    "category": "accuracy",
    "labels": "average_precision",
    "number": "rmse",
}
"""The metric of the first line, by kind of the target."""


def measure(kind: str, truth: np.ndarray, fields: Fields) -> dict[str, float]:
    """All metrics that the fields allow and that are defined for these examples."""
    values = {
        name: metric.value(truth, fields)
        for name, metric in METRICS[kind].items()
        if metric.needs in fields
    }
    return {name: value for name, value in values.items() if not np.isnan(value)}

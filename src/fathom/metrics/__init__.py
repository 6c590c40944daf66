"""What is true and what was predicted to the field's own metrics: the table of contents.

Fields are the numpy forms of what `predict` returns: `answer`, `probability`, `low`, `high`. A
metric is `function(truth, fields, weight=None)`; the modules say the shapes for each target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

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

    higher: larger is better. interval: how its 95 % interval is made. needs: the field it reads.
    per_example: for a metric that is a mean, its terms (N,); sums and counts add up over parts.
    words: the name in a sentence.
    """

    compute: Compute
    higher: bool
    interval: Literal["wilson", "bootstrap"]
    needs: str
    words: str
    per_example: Callable[[np.ndarray, Fields], np.ndarray] | None = None

    def value(self, truth: np.ndarray, fields: Fields) -> float:
        """The metric of all examples, nan where it is not defined."""
        return float(self.compute(truth, fields))


_CATEGORY = {
    "accuracy": Metric(
        classification.accuracy, True, "wilson", "answer", "accuracy", classification.right
    ),
    "balanced_accuracy": Metric(
        classification.balanced_accuracy, True, "bootstrap", "answer", "balanced accuracy"
    ),
    "macro_f1": Metric(classification.macro_f1, True, "bootstrap", "answer", "macro F1"),
    "auc": Metric(classification.auc, True, "bootstrap", "probability", "area under the ROC curve"),
    "average_precision": Metric(
        classification.average_precision, True, "bootstrap", "probability", "average precision"
    ),
    "log_loss": Metric(
        classification.log_loss, False, "bootstrap", "probability", "log loss",
        classification.surprise,
    ),
    "brier": Metric(
        classification.brier, False, "bootstrap", "probability", "Brier score",
        classification.squared_miss,
    ),
    "expected_calibration_error": Metric(
        classification.expected_calibration_error, False, "bootstrap", "probability",
        "calibration error",
    ),
}  # fmt: skip

_LABELS = {
    "accuracy": Metric(labels.accuracy, True, "wilson", "answer", "accuracy", labels.all_right),
    "macro_f1": Metric(labels.macro_f1, True, "bootstrap", "answer", "macro F1"),
    "auc": Metric(labels.auc, True, "bootstrap", "probability", "area under the ROC curve"),
    "average_precision": Metric(
        labels.average_precision, True, "bootstrap", "probability", "mean average precision"
    ),
    "log_loss": Metric(
        labels.log_loss, False, "bootstrap", "probability", "log loss", labels.surprise
    ),
    "brier": Metric(
        labels.brier, False, "bootstrap", "probability", "Brier score", labels.squared_miss
    ),
}

_NUMBER = {
    "rmse": Metric(regression.rmse, False, "bootstrap", "answer", "root mean squared error"),
    "mse": Metric(
        regression.mse, False, "bootstrap", "answer", "mean squared error", regression.squared_error
    ),
    "mae": Metric(
        regression.mae, False, "bootstrap", "answer", "mean absolute error",
        regression.absolute_error,
    ),
    "r2": Metric(regression.r2, True, "bootstrap", "answer", "explained variance"),
    "coverage": Metric(
        regression.coverage, True, "bootstrap", "low", "coverage", regression.covered
    ),
}  # fmt: skip

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

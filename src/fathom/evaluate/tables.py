"""Held-out predictions to the rows of the report's per-class, per-label and per-target table."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fathom.metrics import Fields, confusion, measure
from fathom.metrics.shares import wilson

Rows = list[dict[str, Any]]


def per_class(truth: np.ndarray, fields: Fields, classes: tuple[str, ...]) -> Rows:
    """Recall with its interval, precision and F1 of each class; null where not defined."""
    counts = confusion(truth, fields, len(classes))
    return [
        _row(name, int(counts[k, k]), int(counts[k].sum()), int(counts[:, k].sum()))
        for k, name in enumerate(classes)
    ]


def per_label(truth: np.ndarray, fields: Fields, classes: tuple[str, ...]) -> Rows:
    """Recall with its interval, precision and F1 of each label; null where not defined."""
    actual, answered = truth > 0, fields["answer"] > 0
    return [
        _row(
            name,
            int((actual[:, k] & answered[:, k]).sum()),
            int(actual[:, k].sum()),
            int(answered[:, k].sum()),
        )
        for k, name in enumerate(classes)
    ]


def per_target(truth: np.ndarray, fields: Fields, classes: tuple[str, ...]) -> Rows:
    """All metrics of each number that is predicted."""
    return [
        {
            "name": name,
            "n": len(truth),
            **measure(
                "number",
                truth[:, k : k + 1],
                {key: field[:, k : k + 1] for key, field in fields.items() if field.ndim == 2},
            ),
        }
        for k, name in enumerate(classes)
    ]


def per_series(truth: np.ndarray, fields: Fields, classes: tuple[str, ...]) -> Rows:
    """All metrics of each series that is forecast."""
    named = {key: field for key, field in fields.items() if field.ndim == 3}
    if len(classes) < 2:
        return []
    return [
        {
            "name": name,
            "n": len(truth),
            **measure(
                "future",
                truth[:, k : k + 1],
                {key: field[:, k : k + 1] for key, field in named.items()},
            ),
        }
        for k, name in enumerate(classes)
    ]


def no_classes(truth: np.ndarray, fields: Fields, classes: tuple[str, ...]) -> Rows:
    """Nothing: texts and drawn pictures have no classes of their own."""
    return []


PER_CLASS: Mapping[str, Callable[[np.ndarray, Fields, tuple[str, ...]], Rows]] = {
    "anomaly": no_classes,
    "bits": no_classes,
    "bytes": no_classes,
    "category": per_class,
    "density": no_classes,
    "future": per_series,
    "labels": per_label,
    "number": per_target,
    "sample": no_classes,
    "text": no_classes,
    "transcript": no_classes,
    "values": no_classes,
}


def _row(name: str, hits: int, actual: int, answered: int) -> dict[str, Any]:
    low, high = wilson(hits, actual)
    return {
        "name": name,
        "n": actual,
        "answered": answered,
        "recall": hits / actual if actual else None,
        "low": low,
        "high": high,
        "precision": hits / answered if answered else None,
        "f1": 2 * hits / (actual + answered) if actual + answered else None,
    }

"""Counts to shares with 95 % intervals, and rough curves to their running median."""

import math
from dataclasses import dataclass

import numpy as np

from fathom.metrics.shares import wilson


@dataclass(frozen=True)
class ClassQuality:
    """How well one class is found: each measure is (value, low, high); n true examples."""

    name: str
    n: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    f1: tuple[float, float, float]


def class_quality(name: str, position: int, confusion: np.ndarray) -> ClassQuality:
    """Quality of the class at `position` from (K, K) counts, true by answered.

    F1 = 2 J / (1 + J) rises with J = hits / (hits + misses + false alarms), so the interval of the
    share J carries over (the indirect Wilson interval, Lam et al. 2023, arXiv:2309.14621).
    """
    hits = float(confusion[position, position])
    actual, answered = float(confusion[position].sum()), float(confusion[:, position].sum())
    joint = _share(hits, actual + answered - hits)
    return ClassQuality(
        name,
        int(actual),
        _share(hits, answered),
        _share(hits, actual),
        (_harmonic(joint[0]), _harmonic(joint[1]), _harmonic(joint[2])),
    )


def _share(hits: float, total: float) -> tuple[float, float, float]:
    return (hits / total if total else math.nan, *wilson(hits, total))


def _harmonic(joint: float) -> float:
    return 2 * joint / (1 + joint)


def running_median(values: np.ndarray, width: int = 9) -> np.ndarray:
    """The median of up to `width` neighbours centred on each value; same length, no lag."""
    half = width // 2
    return np.array(
        [np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]
    )


def thinned(length: int, limit: int) -> np.ndarray:
    """At most `limit` evenly spaced positions below `length`, first and last kept."""
    if length <= limit:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, limit).round().astype(np.int64))

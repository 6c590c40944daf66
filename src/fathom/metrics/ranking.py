"""Scores and which examples are positive to areas under curves."""

from collections.abc import Callable, Mapping

import numpy as np

from fathom.metrics.weights import ratio

Area = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]


def area_under_roc(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Chance that a positive example scores above a negative one, ties counting half.

    positive (N,) bool, score (N,), weight (..., N); nan unless both kinds occur.
    """
    yes, no = np.flatnonzero(positive), np.flatnonzero(~positive)
    no = no[np.argsort(score[no])]
    weight = _countable(len(score), weight)
    below = _cumulated(_at(weight, no))  # entry i: the i lowest negatives
    ranked = score[no]
    strictly = np.searchsorted(ranked, score[yes], side="left")
    at_most = np.searchsorted(ranked, score[yes], side="right")
    credit = (_at(below, strictly) + _at(below, at_most)) / 2
    found = _at(weight, yes)
    return ratio((found * credit).sum(-1), found.sum(-1) * below[..., -1])


def area_under_precision_recall(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Average precision: the precision at each positive example's score, averaged over them.

    positive (N,) bool, score (N,), weight (..., N); nan unless a positive example occurs.
    """
    yes, no = np.flatnonzero(positive), np.flatnonzero(~positive)
    yes, no = yes[np.argsort(-score[yes])], no[np.argsort(-score[no])]
    weight = _countable(len(score), weight)
    found, wrong = _cumulated(_at(weight, yes)), _cumulated(_at(weight, no))
    hits = _at(found, np.searchsorted(-score[yes], -score[yes], side="right"))
    misses = _at(wrong, np.searchsorted(-score[no], -score[yes], side="right"))
    precision = np.nan_to_num(ratio(hits, hits + misses))
    return ratio((_at(weight, yes) * precision).sum(-1), found[..., -1])


def _countable(count: int, weight: np.ndarray | None) -> np.ndarray:
    """The weights as they are: small whole numbers are gathered much faster than float64."""
    return np.ones(count) if weight is None else np.asarray(weight)


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values (..., N) at the given places of the last axis."""
    return np.take(values, places, axis=-1, mode="clip")


def _cumulated(weight: np.ndarray) -> np.ndarray:
    """Running sums (..., N + 1) that start with zero."""
    whole = np.issubdtype(weight.dtype, np.integer)
    shape = (*weight.shape[:-1], weight.shape[-1] + 1)
    sums = np.zeros(shape, dtype=np.int64 if whole else np.float64)
    np.cumsum(weight, axis=-1, out=sums[..., 1:])
    return sums


def score_auc(
    truth: np.ndarray, fields: Mapping[str, np.ndarray], weight: np.ndarray | None = None
) -> np.ndarray:
    """Area under the ROC curve of `score` (N,) for the examples whose truth is 1."""
    return area_under_roc(truth > 0, fields["score"], weight)


def score_precision(
    truth: np.ndarray, fields: Mapping[str, np.ndarray], weight: np.ndarray | None = None
) -> np.ndarray:
    """Average precision of `score` (N,) for the examples whose truth is 1."""
    return area_under_precision_recall(truth > 0, fields["score"], weight)

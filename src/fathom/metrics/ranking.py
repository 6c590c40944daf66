"""Scores and which examples are positive to areas under curves."""

from collections.abc import Callable

import numpy as np

from fathom.metrics.weights import example_weights, ratio

Area = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]


def area_under_roc(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Chance that a positive example scores above a negative one, ties counting half.

    positive (N,) bool, score (N,), weight (..., N); nan unless both kinds occur.
    """
    weight = example_weights(len(score), weight)
    order, first, last = _ties(score)
    weight, positive = weight[..., order], positive[order]
    negatives = _cumulated(weight * ~positive)  # entry i: negatives among the i lowest scores
    credit = (negatives[..., first] + negatives[..., last + 1]) / 2
    won = (weight * positive * credit).sum(-1)
    return ratio(won, (weight * positive).sum(-1) * negatives[..., -1])


def area_under_precision_recall(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Average precision: the precision at each threshold, weighted by the recall it adds.

    positive (N,) bool, score (N,), weight (..., N); nan unless a positive example occurs.
    """
    weight = example_weights(len(score), weight)
    order, first, last = _ties(-score)
    weight, positive = weight[..., order], positive[order]
    found, shown = _cumulated(weight * positive), _cumulated(weight)
    starts = np.unique(first)
    ends = np.unique(last) + 1
    precision = np.nan_to_num(ratio(found[..., ends], shown[..., ends]))
    gained = found[..., ends] - found[..., starts]
    return ratio((precision * gained).sum(-1), found[..., -1])


def _ties(score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ascending order, and for each sorted place the first and last place of its equal scores."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    first = np.searchsorted(ranked, ranked, side="left")
    last = np.searchsorted(ranked, ranked, side="right") - 1
    return order, first, last


def _cumulated(weight: np.ndarray) -> np.ndarray:
    """Running sums (..., N + 1) that start with zero."""
    sums = np.zeros((*weight.shape[:-1], weight.shape[-1] + 1))
    np.cumsum(weight, axis=-1, out=sums[..., 1:])
    return sums

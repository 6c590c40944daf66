"""Series to how odd each row is, by two classical detectors that see no labels."""

from collections.abc import Callable
from functools import partial

import numpy as np

from fathom.baselines.request import PARTS, RivalRequest

EXPLAINED = 0.9  # of the variance of windows
SMOOTHED = 64  # rows
MOST_WINDOWS = 20_000

Scores = dict[str, dict[str, np.ndarray]]


def watch(
    score: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
    request: RivalRequest,
    seconds: float,
) -> Scores:
    """Scores of the parts; of several series the mean, each over its own in training."""
    assert request.watched is not None
    buffer = request.code
    learnt = np.arange(request.train.min(), request.train.max() + 1)
    total = np.zeros(len(request.watched))
    for column in request.watched.T:
        own = score(column.astype(np.float64), learnt, buffer)
        total += own / (own[learnt].mean() or 1.0)
    return {
        part: {"score": total[rows], "buffer": np.full(len(rows), buffer)}
        for part, rows in ((part, getattr(request, part)) for part in PARTS)
    }


def windows_to_rows(score: np.ndarray, rows: int) -> np.ndarray:
    """The mean score of the windows that hold each row."""
    length = rows - len(score) + 1
    ends = np.concatenate([[0.0], np.cumsum(score)])
    row = np.arange(rows)
    first, last = np.maximum(row - length + 1, 0), np.minimum(row, len(score) - 1) + 1
    return np.asarray((ends[last] - ends[first]) / (last - first))


def principal(series: np.ndarray, learnt: np.ndarray, window: int) -> np.ndarray:
    """What the main axes of training windows leave of each window (sub-sequence PCA)."""
    window = min(window, len(learnt) // 2)
    every = np.lib.stride_tricks.sliding_window_view(series, window)
    some = learnt[: len(learnt) - window + 1]
    train = every[some[:: max(1, len(some) // MOST_WINDOWS)]]
    mean = train.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(train.T))
    share = np.cumsum(values[::-1]) / max(values.sum(), 1e-12)
    axes = vectors[:, ::-1][:, : int(np.searchsorted(share, EXPLAINED)) + 1]
    centred = every - mean
    left = centred - (centred @ axes) @ axes.T
    return windows_to_rows((left**2).mean(axis=1), len(series))


def deviation(series: np.ndarray, learnt: np.ndarray, window: int) -> np.ndarray:
    """The mean over 64 rows of how far the series is from the median of training."""
    far = np.abs(series - np.median(series[learnt]))
    length = min(SMOOTHED, len(series))
    ends = np.concatenate([[0.0], np.cumsum(far)])
    return windows_to_rows((ends[length:] - ends[:-length]) / length, len(series))


principal_windows = partial(watch, principal)
median_deviation = partial(watch, deviation)

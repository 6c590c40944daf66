"""Scores to probabilities that are as confident as the validation part warrants."""

from collections.abc import Callable

import numpy as np

TEMPERATURES = np.geomspace(0.5, 50, 40)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of the last axis of scores (n, K)."""
    shifted = np.exp(scores - scores.max(1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def class_loss(probability: np.ndarray, truth: np.ndarray) -> float:
    """Mean negative log probability (n, K) of the true classes (n,); 0 where there are none."""
    given = probability[np.arange(len(truth)), truth.astype(np.int64)]
    return float(-np.log(given + 1e-12).mean()) if len(truth) else 0.0


def sharpest(loss: Callable[[float], float]) -> float:
    """The factor of the scores with the least loss."""
    losses = [loss(temperature) for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])

"""Dense features to answers by kernel ridge regression with a Gaussian kernel.

For classes it regresses on +1 and -1, which makes it the least-squares support vector machine
(Suykens and Vandewalle 1999). Above 4,000 rows the kernel is approximated from landmarks (Nystroem;
Williams and Seeger 2001). Width and penalty are chosen on the validation part.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from fathom.baselines.method import Answer, Setting

EXACT_UP_TO = 4_000
LANDMARKS = 1_500
CHUNK = 2_000
TUNED_ON = 1_500
WIDTHS = (0.5, 1.0, 2.0, 4.0)  # times one over the mean squared distance
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
TEMPERATURES = np.geomspace(0.5, 50, 40)


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """Softmax of the regressed scores, sharpened so that validation is most probable."""
    codes = 2 * np.eye(setting.classes)[y] - 1
    machine = _tuned(setting, x, codes, 2 * np.eye(setting.classes)[setting.y_valid] - 1)
    scores = machine(setting.x_valid)
    sharpness = _sharpest(lambda t: _class_loss(softmax(t * scores), setting.y_valid))
    return lambda asked: softmax(sharpness * machine(asked))


def fit_labels(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """The logistic function of the regressed scores, sharpened on validation."""
    machine = _tuned(setting, x, 2.0 * y - 1, 2.0 * setting.y_valid - 1)
    scores, truth = machine(setting.x_valid), 2.0 * setting.y_valid - 1
    sharpness = _sharpest(lambda t: float(np.logaddexp(0, -2 * t * truth * scores).mean()))
    return lambda asked: 1 / (1 + np.exp(-2 * sharpness * machine(asked)))


def fit_numbers(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """The regressed numbers."""
    middle, scale = y.mean(0), np.maximum(y.std(0), 1e-12)
    machine = _tuned(setting, x, (y - middle) / scale, (setting.y_valid - middle) / scale)
    return lambda asked: machine(asked) * scale + middle


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of the last axis."""
    shifted = np.exp(scores - scores.max(1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


@dataclass(frozen=True)
class _Kernel:
    """Gaussian similarities to some examples, and the map that makes them ordinary features."""

    landmarks: np.ndarray
    width: float
    whitening: np.ndarray

    @classmethod
    def of(cls, landmarks: np.ndarray, width: float) -> "_Kernel":
        similar = _similar(landmarks, landmarks, width).astype(np.float64)
        similar[np.diag_indices_from(similar)] += 1e-4
        lower = cholesky(similar, lower=True)
        inverse = solve_triangular(lower, np.eye(len(lower)), lower=True)
        return cls(landmarks, width, inverse.T.astype(np.float32))

    def features(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(_similar(x, self.landmarks, self.width) @ self.whitening)


def _tuned(setting: Setting, x: np.ndarray, y: np.ndarray, y_valid: np.ndarray) -> Answer:
    """The machine with the best width, chosen on few rows, and the best penalty, chosen on all."""
    some = slice(0, None, max(1, len(x) // TUNED_ON))
    few = slice(0, None, max(1, len(y_valid) // TUNED_ON))
    spread = _mean_squared_distance(x)
    trials = [
        _ridge(x[some], y[some], width / spread, setting.x_valid[few], y_valid[few])
        for width in WIDTHS
    ]
    best = int(np.argmin([miss for _, miss in trials]))
    machine, _ = _ridge(x, y, WIDTHS[best] / spread, setting.x_valid, y_valid)
    return machine


def _ridge(
    x: np.ndarray, y: np.ndarray, width: float, x_valid: np.ndarray, y_valid: np.ndarray
) -> tuple[Answer, float]:
    """Regression on the kernel's features with the penalty that misses validation least."""
    step = 1 if len(x) <= EXACT_UP_TO else len(x) / LANDMARKS
    kernel = _Kernel.of(x[np.arange(0, len(x), step).astype(np.int64)], width)
    size = len(kernel.landmarks)
    square, products = np.zeros((size, size)), np.zeros((size, y.shape[1]))
    middle = y.mean(0)
    for start in range(0, len(x), CHUNK):
        features = kernel.features(x[start : start + CHUNK])
        square += features.T @ features
        products += features.T @ (y[start : start + CHUNK] - middle)
    asked = kernel.features(x_valid)
    best, least = np.zeros_like(products), np.inf
    for penalty in PENALTIES:
        weights = cho_solve(cho_factor(square + penalty * np.eye(size)), products)
        miss = float(((asked @ weights + middle - y_valid) ** 2).mean()) if len(asked) else penalty
        best, least = (weights, miss) if miss < least else (best, least)
    answer = best.astype(np.float32)
    return lambda x: kernel.features(x) @ answer + middle, least


def _similar(x: np.ndarray, landmarks: np.ndarray, width: float) -> np.ndarray:
    """exp(-width |x - z|^2) for all pairs, float32."""
    squares = (x**2).sum(1)[:, None] + (landmarks**2).sum(1) - 2 * (x @ landmarks.T)
    np.maximum(squares, 0, out=squares)
    squares *= -np.float32(width)
    return np.asarray(np.exp(squares, out=squares))


def _mean_squared_distance(x: np.ndarray) -> float:
    """Of random pairs: twice the variance, summed over the features."""
    return float(2 * x.var(0, dtype=np.float64).sum()) or 1.0


def _class_loss(probability: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(probability[np.arange(len(truth)), truth] + 1e-12).mean())


def _sharpest(loss: Callable[[float], float]) -> float:
    losses = [loss(temperature) for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])

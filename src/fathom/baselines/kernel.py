"""Dense features to answers by kernel ridge regression with a Gaussian kernel.

For classes it regresses on +1 and -1, which makes it the least-squares support vector machine
(Suykens and Vandewalle 1999). Above 3,000 rows the kernel is approximated from landmarks (Nystroem;
Williams and Seeger 2001). Width and penalty are chosen on the validation part.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from fathom.baselines.method import Answer, Setting
from fathom.baselines.sharpness import class_loss, sharpest, softmax

EXACT_UP_TO = 3_000
LANDMARKS = 1_500
JITTER = 1e-4
CHUNK = 1_000
TUNED_ON = 1_000
MOST_ASKED = 3_000
WIDTHS = (0.5, 1.0, 2.0, 4.0)  # times one over the mean squared distance
PENALTIES = (1e-2, 1e-1, 1.0)


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """Softmax of the regressed scores, sharpened so that validation is most probable."""
    codes = 2 * np.eye(setting.classes)[y] - 1
    machine = _tuned(setting, x, codes, 2 * np.eye(setting.classes)[setting.y_valid] - 1)
    scores = machine(setting.x_valid)
    sharpness = sharpest(lambda t: class_loss(softmax(t * scores), setting.y_valid))
    return lambda asked: softmax(sharpness * machine(asked))


def fit_labels(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """The logistic function of the regressed scores, sharpened on validation."""
    machine = _tuned(setting, x, 2.0 * y - 1, 2.0 * setting.y_valid - 1)
    scores, truth = machine(setting.x_valid), 2.0 * setting.y_valid - 1
    sharpness = sharpest(lambda t: float(np.logaddexp(0, -2 * t * truth * scores).mean()))
    return lambda asked: 1 / (1 + np.exp(-2 * sharpness * machine(asked)))


def fit_numbers(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """The regressed numbers."""
    middle, scale = y.mean(0), np.maximum(y.std(0), 1e-12)
    machine = _tuned(setting, x, (y - middle) / scale, (setting.y_valid - middle) / scale)
    return lambda asked: machine(asked) * scale + middle


def _tuned(setting: Setting, x: np.ndarray, y: np.ndarray, y_valid: np.ndarray) -> Answer:
    """The machine with the best width, chosen on few rows, and the best penalty, chosen on all."""
    few = np.arange(0, len(x), max(1, len(x) // TUNED_ON))
    asked = slice(0, None, max(1, len(y_valid) // TUNED_ON))
    spread = _mean_squared_distance(x)
    trials = [
        _exact(x[few], y[few], width / spread, setting.x_valid[asked], y_valid[asked])[1]
        for width in WIDTHS
    ]
    width = WIDTHS[int(np.argmin(trials))] / spread
    if len(x) <= EXACT_UP_TO:
        return _exact(x, y, width, setting.x_valid, y_valid)[0]
    return _approximate(x, y, width, setting, y_valid)[0]


def _exact(
    x: np.ndarray, y: np.ndarray, width: float, x_valid: np.ndarray, y_valid: np.ndarray
) -> tuple[Answer, float]:
    """Kernel ridge regression on all rows: (K + penalty I) a = y."""
    middle = y.mean(0)
    similar, asked = _similar(x, x, width), _similar(x_valid, x, width)
    eye = np.eye(len(x), dtype=np.float32)

    def solved(penalty: float) -> np.ndarray:
        factor = cho_factor(similar + np.float32(penalty) * eye, overwrite_a=True)
        return np.asarray(cho_solve(factor, (y - middle).astype(np.float32)))

    weights, miss = _least([solved(penalty) for penalty in PENALTIES], asked, y_valid - middle)
    return lambda x_asked: _answered(x_asked, x, width, weights) + middle, miss


def _approximate(
    x: np.ndarray, y: np.ndarray, width: float, setting: Setting, y_valid: np.ndarray
) -> tuple[Answer, float]:
    """The same with similarities to landmarks alone, made independent (whitened) features."""
    landmarks = x[np.linspace(0, len(x) - 1, LANDMARKS).astype(np.int64)]
    among = _similar(landmarks, landmarks, width).astype(np.float64)
    lower = cholesky(among + JITTER * np.eye(LANDMARKS), lower=True)
    whitening = solve_triangular(lower, np.eye(LANDMARKS), lower=True).T.astype(np.float32)
    middle = y.mean(0)

    def products(start: int) -> tuple[np.ndarray, np.ndarray]:
        features = _similar(x[start : start + CHUNK], landmarks, width) @ whitening
        target = (y[start : start + CHUNK] - middle).astype(np.float32)
        return features.T @ features, features.T @ target

    square, wanted = np.zeros((LANDMARKS, LANDMARKS)), np.zeros((LANDMARKS, y.shape[1]))
    with ThreadPoolExecutor(setting.threads) as pool:
        for one, other in pool.map(products, range(0, len(x), CHUNK)):
            square += one
            wanted += other
    tried = [
        whitening @ cho_solve(cho_factor(square + penalty * np.eye(LANDMARKS)), wanted)
        for penalty in PENALTIES
    ]
    few = slice(0, None, max(1, len(y_valid) // MOST_ASKED))
    asked = _similar(setting.x_valid[few], landmarks, width)
    weights, miss = _least(tried, asked, y_valid[few] - middle)
    return lambda x_asked: _answered(x_asked, landmarks, width, weights) + middle, miss


def _least(
    tried: list[np.ndarray], asked: np.ndarray, y_valid: np.ndarray
) -> tuple[np.ndarray, float]:
    """The weights that miss validation least, by mean square; the last where there is none."""
    if len(asked) == 0:
        return tried[-1], 0.0
    misses = [float(((asked @ weights - y_valid) ** 2).mean()) for weights in tried]
    best = int(np.argmin(misses))
    return tried[best], misses[best]


def _answered(
    x: np.ndarray, landmarks: np.ndarray, width: float, weights: np.ndarray
) -> np.ndarray:
    """Weighted similarities, a part of the rows at a time."""
    weights = weights.astype(np.float32)
    starts = range(0, max(1, len(x)), CHUNK)
    return np.concatenate([_similar(x[s : s + CHUNK], landmarks, width) @ weights for s in starts])


def _similar(x: np.ndarray, landmarks: np.ndarray, width: float) -> np.ndarray:
    """exp(-width |x - z|^2) for all pairs, float32."""
    squares = (x**2).sum(1)[:, None] + (landmarks**2).sum(1) - 2 * (x @ landmarks.T)
    np.maximum(squares, 0, out=squares)
    squares *= -np.float32(width)
    return np.asarray(np.exp(squares, out=squares))


def _mean_squared_distance(x: np.ndarray) -> float:
    """Of random pairs: twice the variance, summed over the features."""
    return float(2 * x.var(0, dtype=np.float64).sum()) or 1.0

"""Series to how often and how strongly random kernels fit: ROCKET, and ridge on top.

Dempster et al. 2020, ROCKET (arXiv:1910.13051), sections 3.1 and 3.2: kernels of 7, 9 or 11 random
weights, mean taken off, with random bias, dilation and padding; of each the share of positions
above 0 and the maximum. Behind the end of a shorter series nothing counts.
"""

import numpy as np
from sklearn.linear_model import RidgeClassifierCV

from fathom.baselines.method import Answer, Setting, spread

KERNELS = 2000
LENGTHS = (7, 9, 11)
PENALTIES = tuple(10.0 ** (power / 2) for power in range(-6, 9))
SHARPNESS = 4.0  # of probabilities made of margins that are near -1 and 1
NEVER = -1e9


def kernel_features(
    series: np.ndarray, length: np.ndarray, *, seed: int, kernels: int = KERNELS
) -> np.ndarray:
    """Series (N, T, C) of these lengths to (N, 2 K) features."""
    generator = np.random.default_rng(seed)
    positions, channels = series.shape[1:]
    x = np.ascontiguousarray(series.transpose(2, 0, 1), dtype=np.float32)  # (C, N, T)
    found = np.empty((len(series), 2 * kernels), dtype=np.float32)
    for place in range(kernels):
        taps = int(generator.choice(LENGTHS))
        many = int(2 ** generator.uniform(0, np.log2(min(channels, taps) + 1)))
        chosen = generator.choice(channels, max(1, min(many, channels)), replace=False)
        weight = generator.normal(size=(len(chosen), taps))
        weight -= weight.mean(axis=1, keepdims=True)
        reach = np.log2(max(1.0, (positions - 1) / (taps - 1)))
        dilation = int(2 ** generator.uniform(0, reach))
        padded = bool(generator.integers(2)) or (taps - 1) * dilation >= positions
        bias = generator.uniform(-1, 1)
        values = fit(x[chosen], weight.astype(np.float32), dilation, padded) + bias
        span = 0 if padded else (taps - 1) * dilation
        real = np.arange(values.shape[1]) < np.maximum(length - span, 1)[:, None]
        found[:, 2 * place] = ((values > 0) & real).sum(axis=1) / real.sum(axis=1)
        found[:, 2 * place + 1] = np.where(real, values, NEVER).max(axis=1)
    return found


def fit(x: np.ndarray, weight: np.ndarray, dilation: int, padded: bool) -> np.ndarray:
    """How well kernels (C, taps) fit at every position of (C, N, T), channels summed: (N, T')."""
    taps, positions = weight.shape[1], x.shape[2]
    span = (taps - 1) * dilation
    if padded:
        x = np.pad(x, ((0, 0), (0, 0), (span // 2, span - span // 2)))
    count = x.shape[2] - span
    total = np.zeros((x.shape[1], count), dtype=np.float32)
    for channel in range(len(x)):
        for tap in range(taps):
            total += weight[channel, tap] * x[channel, :, tap * dilation : tap * dilation + count]
    assert not padded or count == positions
    return total


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """Ridge on standardised features; its penalty by leaving one out."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    model = RidgeClassifierCV(alphas=PENALTIES).fit((x - mean) / deviation, y)

    def answer(asked: np.ndarray) -> np.ndarray:
        margin = model.decision_function((asked - mean) / deviation)
        if margin.ndim == 1:
            margin = np.stack([-margin, margin], axis=1) / 2
        score = np.exp(SHARPNESS * (margin - margin.max(axis=1, keepdims=True)))
        return spread(setting.classes, model.classes_, score / score.sum(axis=1, keepdims=True))

    return answer

"""Two sets of answers to the same examples to their difference, its interval and its p-value."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.stats import binom

from fathom.evaluate.resampling import Resamples, percentiles
from fathom.metrics import Fields, Metric
from fathom.metrics.shares import LEVEL

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Difference:
    """How far one method is from another in one metric: first minus second, in the metric's units.

    low, high: 95 % interval; p: two-sided; test: its name.
    """

    metric: str
    value: float
    low: float
    high: float
    p: float
    test: str


def difference(
    metric: Metric,
    name: str,
    truth: np.ndarray,
    first: Fields,
    second: Fields,
    resamples: Resamples,
    *,
    grouped: bool = False,
) -> Difference:
    """Compare two methods on the same examples.

    Shares of right answers: McNemar's mid-p test with Agresti and Min's interval, unless examples
    come in groups. Everything else: the paired bootstrap.
    """
    value = metric.value(truth, first) - metric.value(truth, second)
    if metric.share and metric.per_example and not grouped:
        right, other = metric.per_example(truth, first), metric.per_example(truth, second)
        gained, lost = int((right > other).sum()), int((right < other).sum())
        low, high = agresti_min(gained, lost, len(truth))
        p = max(mcnemar(gained, lost), least_p(len(truth)))
        return Difference(name, value, low, high, p, "McNemar, mid-p")
    drawn = resamples.values(metric, truth, first) - resamples.values(metric, truth, second)
    drawn = drawn[np.isfinite(drawn)]
    low, high = percentiles(drawn)
    p = max(bootstrap_p(drawn), least_p(resamples.units))
    return Difference(name, value, low, high, p, "paired bootstrap")


def mcnemar(gained: int, lost: int) -> float:
    """McNemar's exact test with the mid-p correction (Fagerland et al. 2013, equation 6).

    gained: examples only the first method answers rightly; lost: only the second.
    """
    discordant = gained + lost
    if discordant == 0:
        return 1.0
    fewer = min(gained, lost)
    p = 2 * binom.cdf(fewer, discordant, 0.5) - binom.pmf(fewer, discordant, 0.5)
    return float(min(1.0, p))


def agresti_min(gained: int, lost: int, count: int) -> tuple[float, float]:
    """Interval of a paired difference of shares, cells + 1/2 (Agresti, Min 2005)."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    total = count + 2
    up, down = (gained + 0.5) / total, (lost + 0.5) / total
    half = z * np.sqrt((up + down - (up - down) ** 2) / total)
    return float(max(-1.0, up - down - half)), float(min(1.0, up - down + half))


def bootstrap_p(differences: np.ndarray) -> float:
    """Two-sided p-value: how seldom resampled differences reach zero from their own side."""
    count = len(differences)
    if count == 0:
        return 1.0
    below, above = (differences <= 0).sum() + 1, (differences >= 0).sum() + 1
    return float(min(1.0, 2 * min(below, above) / (count + 1)))


def least_p(units: int) -> float:
    """The smallest two-sided p-value that so many examples can give, all of one sign: 2^(1 - N).

    Of four examples on one side no resample reaches the other; a coin does as much in one of eight
    throws of four. Below six examples, then, nothing is better.
    """
    return float(min(1.0, 2.0 ** (1 - units)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction (1979): p-values that may be compared with one level together."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = highest
    return corrected

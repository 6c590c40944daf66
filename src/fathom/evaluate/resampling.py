"""A metric and held-out predictions to its 95 % interval: Wilson's, or percentiles of resamples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fathom.metrics import Fields, Metric
from fathom.metrics.shares import LEVEL, wilson

RESAMPLES = 2_000
FEWEST_RESAMPLES = 200
STRETCHES = 20
_CELLS = 64_000_000  # counts held at once: 2,000 resamples of 32,000 examples, fewer of more
_CHUNK = 2_000_000  # counts weighed at once, so that float64 copies stay at 16 MB


@dataclass(frozen=True)
class Resamples:
    """How often each example occurs in each of R resamples, (R, N) uint8; drawn once for all.

    Sharing makes every comparison a paired one. units: how many examples, or groups of them, were
    drawn from.
    """

    counts: np.ndarray
    units: int

    def values(self, metric: Metric, truth: np.ndarray, fields: Fields) -> np.ndarray:
        """The metric of each resample, (R,)."""
        return np.concatenate(
            [metric.compute(truth, fields, weight) for weight in self._chunks()] or [np.empty(0)]
        )

    def _chunks(self) -> Iterator[np.ndarray]:
        rows = max(1, _CHUNK // max(1, self.counts.shape[1]))
        for start in range(0, len(self.counts), rows):
            yield self.counts[start : start + rows]


def draw_resamples(
    count: int,
    *,
    strata: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Resamples:
    """Draw N examples with replacement, again and again.

    strata (N,): each stratum keeps its size. groups (N,): whole groups are drawn instead, and
    strata do not matter. Above 32,000 examples there are fewer resamples, at least 200.
    """
    generator = np.random.default_rng(seed)
    resamples = min(resamples, max(FEWEST_RESAMPLES, _CELLS // max(1, count)))
    if groups is not None:
        names, member = np.unique(groups, return_inverse=True)
        drawn = _counts(generator, np.zeros(len(names)), resamples)
        return Resamples(drawn[:, member], len(names))
    strata = np.zeros(count) if strata is None else strata
    return Resamples(_counts(generator, strata, resamples), count)


def stretches(rows: np.ndarray, horizon: int | None = None) -> np.ndarray:
    """Rows of a series in the order of time to the groups (N,) that are resampled as a whole.

    horizon: rows ahead that are forecast: forecasts that begin within one horizon share what comes.
    Where nothing is forecast, rows that follow each other are cut into twenty stretches.
    """
    if horizon is not None:
        return np.asarray((rows - rows[:1]) // horizon)
    return np.arange(len(rows)) * STRETCHES // max(1, len(rows))


def percentiles(values: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the resampled values that are defined."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def interval(
    metric: Metric, truth: np.ndarray, fields: Fields, resamples: Resamples, *, grouped: bool
) -> tuple[float, float]:
    """The metric's 95 % interval.

    A share of right answers has Wilson's interval, unless examples come in groups. Resampled values
    are shifted so that their mean is the metric: a resample repeats examples, which pulls some
    metrics. Resamples that all agree (everything right) say nothing of chance: Wilson's interval
    stands in.
    """
    value = metric.value(truth, fields)
    if metric.share and not grouped:
        return wilson(value * len(truth), len(truth))
    drawn = resamples.values(metric, truth, fields)
    best = metric.limits[1]
    if np.isfinite(best) and value in (0.0, best) and metric.higher and np.ptp(drawn) == 0:
        low, high = wilson(value / best * len(truth), len(truth))
        return best * low, best * high
    low, high = percentiles(drawn - np.nanmean(drawn) + value)
    limits = metric.limits
    return float(np.clip(low, *limits)), float(np.clip(high, *limits))


def _counts(generator: np.random.Generator, strata: np.ndarray, resamples: int) -> np.ndarray:
    """Counts (R, N) of draws with replacement: each place draws from its own stratum."""
    order = np.argsort(strata, kind="stable")
    _, stratum, sizes = np.unique(strata[order], return_inverse=True, return_counts=True)
    size = sizes[stratum]
    first = (np.cumsum(sizes) - sizes)[stratum]
    counts = np.zeros((resamples, len(strata)), dtype=np.uint8)
    for row in counts:
        drawn = first + (generator.random(len(strata)) * size).astype(np.int64)
        row[order] = np.minimum(np.bincount(drawn, minlength=len(strata)), 255)
    return counts

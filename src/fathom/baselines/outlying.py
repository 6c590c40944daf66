"""Rows or pictures to how odd they are, by five classical detectors that see no labels."""

from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from fathom.baselines.compressing import kept
from fathom.baselines.request import PARTS, RivalRequest

NEIGHBOUR = 5
MOST_ROWS, LEAST_ROWS = 10_000, 2_000
MOST_VALUES = 4_000_000  # that are compared with each other
HELD = 0.9  # of the variance
AROUND = 20
TREES = 100

Scores = dict[str, dict[str, np.ndarray]]
Score = Callable[[np.ndarray], np.ndarray]


def detect(
    fit: Callable[[np.ndarray, int], Score], request: RivalRequest, seconds: float
) -> Scores:
    """Scores (N,) of the parts by a detector fitted on at most 10,000 training rows, fewer where
    each has many values.
    """
    rows = request.train
    width = next(kept(request, rows[:1])).shape[1]
    most = min(MOST_ROWS, max(LEAST_ROWS, MOST_VALUES // width))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(request.seed).choice(rows, most, replace=False))
    score = fit(np.concatenate(list(kept(request, rows))), request.seed)
    return {
        part: {"score": np.concatenate([np.zeros(0), *map(score, kept(request, rows))])}
        for part, rows in ((part, getattr(request, part)) for part in PARTS)
    }


def isolation(x: np.ndarray, seed: int) -> Score:
    """How few random cuts set a row apart (Liu et al. 2008)."""
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(x)
    return lambda asked: np.asarray(-forest.score_samples(asked))


def neighbours(x: np.ndarray, seed: int) -> Score:
    """The distance to the fifth nearest training row (Ramaswamy et al. 2000)."""
    known = NearestNeighbors(n_neighbors=min(NEIGHBOUR, len(x))).fit(x)
    return lambda asked: np.asarray(known.kneighbors(asked)[0][:, -1])


def local_factor(x: np.ndarray, seed: int) -> Score:
    """How much thinner it is around a row than around its neighbours (Breunig et al. 2000)."""
    known = LocalOutlierFactor(n_neighbors=min(AROUND, len(x) - 1), novelty=True).fit(x)
    return lambda asked: np.asarray(-known.score_samples(asked))


def tails(x: np.ndarray, seed: int) -> Score:
    """ECOD: the sum over columns of -log of the rarer tail (Li et al. 2022, Algorithm 1).

    The tails are those of the empirical distribution, 1/n apart, so that no value costs infinity.
    Of both tails the rarer counts in each column: summing before choosing loses much (1 to 11
    points of AUC on our tables).
    """
    ordered = np.sort(x, axis=0)
    count = len(x)

    def score(asked: np.ndarray) -> np.ndarray:
        total = np.zeros(len(asked))
        for known, values in zip(ordered.T, asked.T, strict=True):
            below = np.searchsorted(known, values, side="right")
            above = count - np.searchsorted(known, values, side="left")
            rarer = np.minimum(below, above)
            total -= np.log((rarer + 1) / (count + 1))
        return total

    return score


def beyond(x: np.ndarray, seed: int) -> Score:
    """What is left of an example beyond the components that hold nine tenths of the variance
    (Jackson and Mudholkar 1979, equation 1.2).
    """
    centre = x.mean(axis=0)
    _, sizes, axes = np.linalg.svd(x - centre, full_matrices=False)
    held = np.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-12)
    leading = axes[: max(1, int(np.searchsorted(held, HELD)))]

    def score(asked: np.ndarray) -> np.ndarray:
        apart = asked - centre
        return np.asarray(np.square(apart - (apart @ leading.T) @ leading).sum(axis=1))

    return score


components = partial(detect, beyond)
isolation_forest = partial(detect, isolation)
nearest = partial(detect, neighbours)
local_outliers = partial(detect, local_factor)
rare_tails = partial(detect, tails)

"""One series to its level, trend and season, each following it at its own rate: Holt-Winters.

Additive or multiplicative season and a damped trend (Hyndman and Athanasopoulos 2021, Forecasting:
principles and practice, section 8.3). Rates are searched on a grid, all at once, by the one-step
error in training; of the forms the one with the least AICc (section 8.6) is taken.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

ALPHA = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
BETA = (0.0, 0.005, 0.02, 0.05, 0.1)
GAMMA = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
PHI = (0.9, 0.98, 1.0)
MOST_ROWS = 1500  # of the training series, the latest
SMALLEST = 1e-6


@dataclass(frozen=True)
class Smoother:
    """Rates (4, C) of C series, level, trend, season and damping; season 1: none."""

    rates: np.ndarray
    season: int
    multiplicative: bool

    def forecasts(self, series: np.ndarray, rows: np.ndarray, horizon: int) -> np.ndarray:
        """What is forecast from before each of the given rows on, (n, C, H); one pass over all."""
        states = {row: place for place, row in enumerate(rows.tolist())}
        found = np.zeros((len(rows), series.shape[1], horizon))
        level, trend, season = start(series, self.season, self.multiplicative)
        damped = np.cumsum(self.rates[3][:, None] ** np.arange(1, horizon + 1), axis=1)
        steps = np.arange(horizon)
        for row in range(min(len(series), max(states, default=-1) + 1)):
            if row in states:
                ahead = level[:, None] + damped * trend[:, None]
                again = season[(row + steps) % self.season].T
                found[states[row]] = ahead * again if self.multiplicative else ahead + again
            level, trend, _ = follow(
                series[row], level, trend, season, row % self.season,
                tuple(self.rates), self.multiplicative,
            )  # fmt: skip
        return found


def smoothed(
    series: np.ndarray, learnt: int, rows: np.ndarray, *, season: int, horizon: int
) -> np.ndarray:
    """The forecasts of series (T, C) from before the given rows on, each in its own form, by rates
    that foretell the first `learnt` rows best, one row ahead.
    """
    train = series[:learnt]
    season = season if learnt >= 2 * season else 1
    forms = [False, True] if season > 1 and train.min() > 0 else [False]
    scores, answers = [], []
    for form in forms:
        rates, score = best_rates(train[-MOST_ROWS:], season, form)
        scores.append(score)
        answers.append(Smoother(rates, season, form).forecasts(series, rows, horizon))
    best = np.argmin(scores, axis=0)  # (C,)
    return np.stack([answers[form][:, place] for place, form in enumerate(best)], axis=1)


def best_rates(
    train: np.ndarray, season: int, multiplicative: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Of each series the rates (4, C) and their AICc (C,)."""
    rates = grid(season)
    errors = one_step(train, rates, season, multiplicative)  # (R, C)
    place = errors.argmin(axis=0)
    least = np.take_along_axis(errors, place[None], axis=0)[0]
    return rates[:, place], criterion(least, len(train), season)


def grid(season: int) -> np.ndarray:
    """All rates together, (4, R)."""
    return np.array(list(product(ALPHA, BETA, GAMMA if season > 1 else (0.0,), PHI))).T


def criterion(error: np.ndarray, rows: int, season: int) -> np.ndarray:
    """AICc of a sum of squares."""
    count = 5 + (season if season > 1 else 0)
    spare = max(1, rows - count - 1)
    penalty = 2 * count + 2 * count * (count + 1) / spare
    return np.asarray(rows * np.log(error / rows + 1e-30) + penalty)


def one_step(
    series: np.ndarray, rates: np.ndarray, season: int, multiplicative: bool
) -> np.ndarray:
    """The sum of squared one-step errors of each series under each column of rates, (R, C)."""
    count = rates.shape[1]
    level, trend, again = start(series, season, multiplicative)
    level, trend = (np.repeat(each[None], count, axis=0) for each in (level, trend))
    again = np.repeat(again[:, None], count, axis=1)  # (m, R, C)
    each = tuple(rate[:, None] for rate in rates)
    total = np.zeros(level.shape)
    with np.errstate(all="ignore"):
        for row, value in enumerate(series):
            level, trend, missed = follow(
                value, level, trend, again, row % season, each, multiplicative
            )
            total += missed**2
    return np.where(np.isfinite(total), total, np.inf)


def start(
    series: np.ndarray, season: int, multiplicative: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level and trend (C,) and season (m, C) from the first two seasons."""
    head = series[: max(2, 2 * season)]
    if season == 1:
        again = np.full((1, series.shape[1]), float(multiplicative))
        return head[0], np.zeros(series.shape[1]), again
    first, second = head[:season].mean(axis=0), head[season : 2 * season].mean(axis=0)
    trend = (second - first) / season
    level = first - trend * (season + 1) / 2
    line = level + trend * np.arange(1, 2 * season + 1)[:, None]
    both = head / np.maximum(line, SMALLEST) if multiplicative else head - line
    return level, trend, (both[:season] + both[season:]) / 2


def follow(
    value: np.ndarray,
    level: np.ndarray,
    trend: np.ndarray,
    again: np.ndarray,
    place: int,
    rates: tuple[np.ndarray, ...],
    multiplicative: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One more value: level and trend after it, and by how much it was missed; season in place."""
    alpha, beta, gamma, phi = rates
    before, season = level + phi * trend, again[place].copy()
    expected = before * season if multiplicative else before + season
    seen = value / np.maximum(season, SMALLEST) if multiplicative else value - season
    new = alpha * seen + (1 - alpha) * before
    slope = beta * (new - level) + (1 - beta) * phi * trend
    left = value / np.maximum(before, SMALLEST) if multiplicative else value - before
    again[place] = gamma * left + (1 - gamma) * season
    return new, slope, value - expected

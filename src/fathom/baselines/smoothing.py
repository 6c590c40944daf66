"""One series to its level, trend and season, each following it at its own rate: Holt-Winters.

Additive or multiplicative season and a damped trend (Hyndman and Athanasopoulos 2021, Forecasting:
principles and practice, section 8.3). Rates are searched on a grid, all at once, by the one-step
error in training; of a short series they are then refined together with the first states. Of the
forms the one with the least AICc (section 8.6) is taken.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.optimize import minimize

ALPHA = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
BETA = (0.0, 0.005, 0.02, 0.05, 0.1)
GAMMA = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
PHI = (0.9, 0.98, 1.0)
UNDAMPED = 1.0
MOST_ROWS = 1500  # of the training series, the latest
MOST_REFINED = 600  # values of all series together, and rows of a season
LONGEST_REFINED = 24
ROUNDS = 50
STEP = 1e-5  # of the numeric gradient
SMALLEST = 1e-6


@dataclass(frozen=True)
class Smoother:
    """Rates (4, C) of C series, level, trend, season and damping; season 1: none.

    begun: level (C,), trend (C,) and season (m, C) before the first row; None: from the first two
    seasons.
    """

    rates: np.ndarray
    season: int
    multiplicative: bool
    begun: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def only(self, place: int) -> "Smoother":
        """The same of one series alone."""
        return replace(self, rates=self.rates[:, [place]])

    def forecasts(self, series: np.ndarray, rows: np.ndarray, horizon: int) -> np.ndarray:
        """What is forecast from before each of the given rows on, (n, C, H); one pass over all."""
        states = {row: place for place, row in enumerate(rows.tolist())}
        found = np.zeros((len(rows), series.shape[1], horizon))
        begun = self.begun or start(series, self.season, self.multiplicative)
        level, trend, season = (np.array(each) for each in begun)
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
    every = [each for form in forms for each in fitted(train, season, form)]
    best = np.argmin([score for _, score in every], axis=0)  # (C,)
    short = train.size <= MOST_REFINED and season <= LONGEST_REFINED
    chosen = [every[choice][0].only(place) for place, choice in enumerate(best)]
    if short:
        chosen = [refined(one, train[:, place]) for place, one in enumerate(chosen)]
        each = [one.forecasts(series[:, [p]], rows, horizon) for p, one in enumerate(chosen)]
        return np.concatenate(each, axis=1)
    answers = {form: every[form][0].forecasts(series, rows, horizon) for form in set(best.tolist())}
    return np.stack([answers[form][:, place] for place, form in enumerate(best.tolist())], axis=1)


def fitted(
    train: np.ndarray, season: int, multiplicative: bool
) -> list[tuple[Smoother, np.ndarray]]:
    """Without and with damping: what smooths every series of training, and its AICc (C,)."""
    rates, latest = grid(season), train[-MOST_ROWS:]
    errors = one_step(latest, rates, season, multiplicative)  # (R, C)
    found = []
    for damped in (False, True):
        some = (rates[3] < UNDAMPED) == damped
        place = errors[some].argmin(axis=0)
        least = np.take_along_axis(errors[some], place[None], axis=0)[0]
        smoother = Smoother(rates[:, some][:, place], season, multiplicative)
        found.append((smoother, criterion(least, len(latest), season, damped)))
    return found


def refined(smoother: Smoother, series: np.ndarray) -> Smoother:
    """The same of one series (T,) with rates and first states that miss it less: both are estimated
    together (section 8.6).
    """
    level, trend, again = start(series[:, None], smoother.season, smoother.multiplicative)
    first = np.array([*smoother.rates[:, 0], level[0], trend[0], *again[:, 0]])
    damped = bool(smoother.rates[3, 0] < UNDAMPED)
    known = descended(first, series, smoother.multiplicative, damped)[:, None]  # (6 + m, 1)
    return replace(smoother, rates=known[:4], begun=(known[4], known[5], known[6:]))


def descended(
    first: np.ndarray, series: np.ndarray, multiplicative: bool, damped: bool
) -> np.ndarray:
    """From rates and states (6 + m,) of one series to better ones."""
    unit = np.ones(len(first))
    unit[4:6] = float(series.std()) or 1.0
    unit[6:] = 1.0 if multiplicative else unit[4]
    season, count = len(first) - 6, len(first)
    steps = np.hstack([np.zeros((count, 1)), STEP * np.eye(count)])

    def missed(x: np.ndarray) -> tuple[float, np.ndarray]:
        every = ((x[:, None] + steps) * unit[:, None])[..., None]  # (6 + m, 1 + 6 + m, 1)
        state = (every[4], every[5], every[6:])
        total = run(series[:, None], state, tuple(every[:4]), season, multiplicative)[:, 0]
        values = len(series) * np.log(np.minimum(total, 1e300) + 1e-30)
        return float(values[0]), (values[1:] - values[0]) / STEP

    limits: list[tuple[float | None, float | None]] = [(1e-4, 0.9999), (0.0, 0.9999), (0.0, 0.9999)]
    limits += [(0.8, 0.98) if damped else (UNDAMPED, UNDAMPED), *[(None, None)] * (season + 2)]
    if season == 1:
        limits[2], limits[6] = (0.0, 0.0), (first[6], first[6])
    found = minimize(
        missed, first / unit, jac=True, method="L-BFGS-B", bounds=limits,
        options={"maxiter": ROUNDS},
    )  # fmt: skip
    return np.asarray(found.x * unit)


def grid(season: int) -> np.ndarray:
    """All rates together, (4, R)."""
    return np.array(list(product(ALPHA, BETA, GAMMA if season > 1 else (0.0,), PHI))).T


def criterion(error: np.ndarray, rows: int, season: int, damped: bool) -> np.ndarray:
    """AICc of a sum of squares."""
    count = 5 + damped + (season + 1 if season > 1 else 0)
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
    return run(series, (level, trend, again), each, season, multiplicative)


def run(
    series: np.ndarray,
    state: tuple[np.ndarray, np.ndarray, np.ndarray],
    rates: tuple[np.ndarray, ...],
    season: int,
    multiplicative: bool,
) -> np.ndarray:
    """The sum of squared one-step errors from states (R, C), (R, C) and (m, R, C) on, (R, C)."""
    level, trend, again = state[0], state[1], state[2].copy()
    total = np.zeros(level.shape)
    with np.errstate(all="ignore"):
        for row, value in enumerate(series):
            level, trend, missed = follow(
                value, level, trend, again, row % season, rates, multiplicative
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

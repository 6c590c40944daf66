"""Series to forecasts by classical methods: the last season again, ridge, exponential smoothing."""

from collections.abc import Callable

import numpy as np

from fathom.baselines.request import PARTS, Ahead, RivalRequest
from fathom.baselines.request import windows as from_row
from fathom.baselines.smoothing import smoothed

Written = dict[str, dict[str, np.ndarray]]
PENALTIES = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)  # for each training window
SEASONS_BACK = 14
LOOK_BACK = 365
SHARE = 2.8
MOST_NUMBERS = 40_000_000
EXPLODES = 3.0  # times the range of training


def facts(request: RivalRequest) -> Ahead:
    """How far ahead is asked; these methods forecast nothing else."""
    assert request.ahead is not None
    return request.ahead


def seasonal_naive(request: RivalRequest, seconds: float) -> Written:
    """What was a season before, again and again; without a season the last value."""
    ahead, series = facts(request), carried(request.target, learnt_rows(request))
    season = ahead.season
    back = np.arange(ahead.horizon) % season - season

    def answer(rows: np.ndarray) -> np.ndarray:
        return series[np.maximum(rows[:, None] + back, 0)].transpose(0, 2, 1)

    return told(request, answer)


def ridge(request: RivalRequest, seconds: float) -> Written:
    """The last value and a linear map of the window before, (Zeng et al. 2023, NLinear) shared by
    all series; the penalty is the best on validation.
    """
    ahead, series = facts(request), request.target.astype(np.float64)
    learnt = learnt_rows(request)
    positive = bool(np.nanmin(series[learnt]) > 0) and len(learnt) < 500
    seen = np.log(np.maximum(series, 1e-6)) if positive else series
    mean, deviation = np.nanmean(seen[learnt], axis=0), np.nanstd(seen[learnt], axis=0)
    scaled = carried((seen - mean) / np.where(deviation > 0, deviation, 1.0), learnt)
    length = look_back(len(learnt), ahead)
    rows = request.train[request.train >= learnt[0] + length]
    if len(rows) < 2:
        rows = request.train[-2:]
    rows = rows[:: max(1, rows.size * length * series.shape[1] // MOST_NUMBERS)]
    past, future = pairs(scaled, rows, length, ahead.horizon)
    gram, mixed = past.T @ past, past.T @ future
    values, vectors = np.linalg.eigh(gram)
    turned = vectors.T @ mixed

    def answer(asked: np.ndarray, weight: np.ndarray) -> np.ndarray:
        before, last = windows_before(scaled, asked, length)
        found = (before - last) @ weight + last  # (n, C, H)
        found = found * np.where(deviation > 0, deviation, 1.0)[:, None] + mean[:, None]
        return np.exp(found) if positive else found

    def missed(weight: np.ndarray) -> float:
        return float(np.nanmean((answer(some, weight) - truth) ** 2 / spread))

    some = request.valid[:: max(1, len(request.valid) // 500)]
    truth = request.truth(some)
    spread = np.nanvar(series[learnt], axis=0)[:, None] + 1e-12
    weights = [
        vectors @ (turned / (np.maximum(values, 0) + penalty * len(past))[:, None])
        for penalty in PENALTIES
    ]
    best = min(weights, key=missed)
    return told(request, lambda asked: answer(asked, best))


def exponential_smoothing(request: RivalRequest, seconds: float) -> Written:
    """Level, damped trend and season that follow each series (Holt-Winters)."""
    ahead, learnt = facts(request), learnt_rows(request)
    series = carried(request.target.astype(np.float64), learnt)
    low, high = series[learnt].min(axis=0), series[learnt].max(axis=0)
    reach = EXPLODES * (high - low)
    every = np.union1d(request.valid, request.test)
    found = smoothed(
        series[learnt[0] :],
        len(learnt),
        every - learnt[0],
        season=ahead.season,
        horizon=ahead.horizon,
    )
    found = np.clip(found, (low - reach)[:, None], (high + reach)[:, None])
    return told(request, lambda rows: found[np.searchsorted(every, rows)])


def told(request: RivalRequest, answer: Callable[[np.ndarray], np.ndarray]) -> Written:
    """The answers of both parts, with what errors are divided by."""
    errors = np.array(facts(request).errors)
    written = {}
    for part in PARTS:
        rows = np.asarray(getattr(request, part))
        written[part] = {
            "answer": answer(rows).astype(np.float32),
            "errors": np.broadcast_to(errors, (len(rows), *errors.shape)),
        }
    return written


def learnt_rows(request: RivalRequest) -> np.ndarray:
    """All rows that training forecasts begin at or reach, and the one before."""
    train = request.train
    return np.arange(max(0, train.min() - 1), train.max() + facts(request).horizon)


def look_back(rows: int, ahead: Ahead) -> int:
    """Fourteen seasons or a year of days, where there is enough to learn from."""
    most = max(2, int((rows - ahead.horizon) / SHARE))
    wanted = SEASONS_BACK * ahead.season if ahead.season > 1 else LOOK_BACK
    if wanted <= most:
        return wanted
    return (most - 1) // ahead.season * ahead.season + 1 if most > ahead.season else most


def carried(series: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Unknown values become the last known one; before the first, the mean of the training rows.

    Not the first value itself: a series that begins after others would tell it before it came.
    """
    known = ~np.isnan(series)
    last = np.maximum.accumulate(np.where(known, np.arange(len(series))[:, None], -1), axis=0)
    found = np.take_along_axis(series, np.maximum(last, 0), axis=0)
    count = np.maximum(known[learnt].sum(axis=0), 1)
    return np.where(last >= 0, found, np.nansum(series[learnt], axis=0) / count)


def windows_before(
    series: np.ndarray, rows: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """The rows before each of the given ones, (n, C, L), and the last of them (n, C, 1)."""
    padded = np.pad(series, ((length, 0), (0, 0)), mode="edge")
    every = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)
    before = every[rows]
    return before, before[..., -1:]


def pairs(
    series: np.ndarray, rows: np.ndarray, length: int, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Windows before and after each row as float32 (n C, L) and (n C, H), the last value off."""
    before, last = windows_before(series.astype(np.float32), rows, length)
    after = from_row(series.astype(np.float32), rows, horizon)
    return (before - last).reshape(-1, length), (after - last).reshape(-1, horizon)

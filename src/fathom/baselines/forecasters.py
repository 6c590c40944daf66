"""Series to forecasts by classical methods: the last season again, ridge, exponential smoothing."""

from collections.abc import Callable, Sequence

import numpy as np

from fathom.baselines.request import PARTS, Ahead, RivalRequest
from fathom.baselines.request import windows as from_row
from fathom.baselines.smoothing import MOST_REFINED, smoothed
from fathom.data.gaps import carried, standards
from fathom.data.season import lookbacks_of

Written = dict[str, dict[str, np.ndarray]]
PENALTIES = tuple(10.0 ** (power / 2) for power in range(-8, 3))  # for each training window
HELD_OUT = 0.2  # of the training forecasts, the latest: the look-back is chosen on them
MOST_NUMBERS = 40_000_000
MOST_JUDGED = 500  # forecasts that a penalty is chosen on, of each stretch
MOST_ESTIMATES = 4
EXPLODES = 3.0  # times the range of training


def facts(request: RivalRequest) -> Ahead:
    """How far ahead is asked; these methods forecast nothing else."""
    assert request.ahead is not None
    return request.ahead


def seasonal_naive(request: RivalRequest, seconds: float) -> Written:
    """What was a season before, again and again; without a season the last value."""
    ahead, series = facts(request), without_gaps(request.target, learnt_rows(request))
    season = ahead.season
    back = np.arange(ahead.horizon) % season - season

    def answer(rows: np.ndarray) -> np.ndarray:
        return series[np.maximum(rows[:, None] + back, 0)].transpose(0, 2, 1)

    return told(request, answer)


def ridge(request: RivalRequest, seconds: float) -> Written:
    """The last value and a linear map of the window before (NLinear, Zeng et al. 2023), shared by
    all series. How far it looks back is the best on the latest training forecasts, the penalty the
    best on these and validation together.
    """
    ahead, series = facts(request), request.target.astype(np.float64)
    learnt = learnt_rows(request)
    positive = bool(np.nanmin(series[learnt]) > 0) and len(learnt) < 500
    seen = np.log(np.maximum(series, 1e-6)) if positive else series
    mean, unit = standards(seen[learnt])
    scaled = without_gaps((seen - mean) / unit, learnt)
    lengths = lookbacks_of(len(learnt), ahead.horizon, ahead.season)
    rows = request.train[request.train >= learnt[0] + max(lengths)]
    if len(rows) < 2:
        rows = request.train[-2:]
    rows = rows[:: max(1, rows.size * max(lengths) * series.shape[1] // MOST_NUMBERS)]
    length, held = look_back(scaled, rows, lengths, ahead.horizon)
    past, future = pairs(scaled, rows, length, ahead.horizon)
    weights = solutions(past.T @ past, past.T @ future, len(past))
    errors = held + missed(weights, *pairs(scaled, some(request.valid), length, ahead.horizon))
    weight = weights[int(np.argmin(errors))]

    def answer(asked: np.ndarray) -> np.ndarray:
        before, last = windows_before(scaled, asked, length)
        found = (before - last) @ weight + last  # (n, C, H)
        found = found * unit[:, None] + mean[:, None]
        return np.exp(found) if positive else found

    return told(request, answer)


def look_back(
    scaled: np.ndarray, rows: np.ndarray, lengths: Sequence[int], horizon: int
) -> tuple[int, np.ndarray]:
    """Of several look-backs the one with the least error on the latest fifth of the training
    forecasts, learnt from those before whose truth does not reach into it; and the sum of squared
    errors there with each penalty, (P,).
    """
    held = max(1, round(HELD_OUT * len(rows)))
    early = rows[:-held][rows[:-held] + horizon <= rows[-held]]
    if len(early) < 2:
        return lengths[0], np.zeros(len(PENALTIES))
    past, future = pairs(scaled, early, max(lengths), horizon)
    gram, mixed = past.T @ past, past.T @ future
    later, came = pairs(scaled, some(rows[-held:]), max(lengths), horizon)
    errors = {
        length: missed(
            solutions(gram[-length:, -length:], mixed[-length:], len(past)),
            later[:, -length:],
            came,
        )
        for length in lengths
    }
    best = min(lengths, key=lambda length: errors[length].min())
    return best, errors[best]


def some(rows: np.ndarray) -> np.ndarray:
    """About five hundred of many rows, evenly spread."""
    return rows[:: max(1, len(rows) // MOST_JUDGED)]


def missed(weights: Sequence[np.ndarray], past: np.ndarray, future: np.ndarray) -> np.ndarray:
    """The sum of squared errors of each of the weights on windows (n, L) and what followed."""
    return np.array([float(np.sum((past @ weight - future) ** 2)) for weight in weights])


def solutions(gram: np.ndarray, mixed: np.ndarray, count: int) -> list[np.ndarray]:
    """The ridge weights (L, H) for each penalty, of x'x (L, L), x'y (L, H) and how many rows."""
    values, vectors = np.linalg.eigh(gram)
    turned = vectors.T @ mixed
    return [
        vectors @ (turned / (np.maximum(values, 0) + penalty * count)[:, None])
        for penalty in PENALTIES
    ]


def exponential_smoothing(request: RivalRequest, seconds: float) -> Written:
    """Level, trend and season that follow each series (Holt-Winters).

    Its rates are estimated on all that lies before a part, and, of a short series, anew where later
    forecasts begin (Tashman 2000, section 2.3): no row of validation chooses anything else here.
    """
    ahead, learnt = facts(request), learnt_rows(request)
    series = without_gaps(request.target.astype(np.float64), learnt)
    low, high = series[learnt].min(axis=0), series[learnt].max(axis=0)
    reach = EXPLODES * (high - low)
    found: dict[int, np.ndarray] = {}
    for part in PARTS:
        rows = np.asarray(getattr(request, part))
        for stretch in np.array_split(rows, stretches(series, rows)):
            known = max(len(learnt), int(stretch[0] - learnt[0])) if len(stretch) else 0
            ahead_of = smoothed(
                series[learnt[0] :],
                known if part == "test" else len(learnt),
                stretch - learnt[0],
                season=ahead.season,
                horizon=ahead.horizon,
            )
            found |= dict(zip(stretch.tolist(), ahead_of, strict=True))

    def answer(rows: np.ndarray) -> np.ndarray:
        shape = (len(rows), series.shape[1], ahead.horizon)
        every = np.array([found[row] for row in rows.tolist()]).reshape(shape)
        return np.clip(every, (low - reach)[:, None], (high + reach)[:, None])

    return told(request, answer)


def stretches(series: np.ndarray, rows: np.ndarray) -> int:
    """In how many stretches of a part rates are estimated anew: once, of a short series often."""
    return max(1, min(MOST_ESTIMATES if series.size <= MOST_REFINED else 1, len(rows)))


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


def without_gaps(series: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Without gaps; before the first known value, the mean of the training rows.

    Not the first value itself: a series that begins after others would tell it before it came.
    """
    count = np.maximum((~np.isnan(series[learnt])).sum(axis=0), 1)
    return carried(series, np.nansum(series[learnt], axis=0) / count)


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

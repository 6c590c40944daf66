"""Training rows to the season of a series and the look-backs that forecasts are made from."""

from collections.abc import Sequence

import numpy as np

from fathom.data.gaps import standards

DISTANCES = 8
GAIN = 0.95  # of the naive error: with more, last season says no more than the last value
CYCLES = 3
PEAKS = 3
MOST = 1024  # rows looked back
SEASONS = (1, 2, 4, 14, 30)
NO_SEASON = 7  # rows, the shortest look-back without a season


def season_of(values: np.ndarray, calendar: Sequence[int], horizon: int) -> int:
    """The season of training rows (N, C), 1 for none: of the calendar, or a peak of the
    periodogram.

    The value one season ago must foretell better than the last known one does at the distances that
    are forecast, over three cycles at least.
    """
    candidates = [*calendar, *(peaks(values) if not calendar else [])]
    scored = []
    for season in candidates:
        if 1 < season * CYCLES <= len(values):
            ahead = np.unique(np.linspace(1, min(season, horizon), DISTANCES).round().astype(int))
            naive = float(np.mean([error(values, int(lag)) for lag in ahead]))
            scored.append((error(values, season) / naive if naive else 1.0, season))
    good = [(share, season) for share, season in scored if share < GAIN]
    if not good:
        return 1
    best = min(good)[0]
    return min(season for share, season in good if share <= 1.1 * best)


def error(values: np.ndarray, lag: int) -> float:
    """How far known values are from those `lag` rows ago and the usual growth since, each series by
    its own deviation.
    """
    gaps = (values[lag:] - values[:-lag]) / standards(values)[1]
    if not np.isfinite(gaps).any():
        return 0.0
    return float(np.nanmean(np.abs(gaps - standards(gaps)[0])))


def peaks(values: np.ndarray) -> list[int]:
    """The strongest periods of the series together, straight trends taken off."""
    series = np.nan_to_num(values - standards(values)[0])
    time = np.linspace(-1, 1, len(series))
    series = series - np.outer(time, time @ series / (time @ time))
    power = (np.abs(np.fft.rfft(series, axis=0)) ** 2 / (series.var(axis=0) + 1e-12)).sum(axis=1)
    power[:CYCLES] = 0
    order = np.argsort(-power)[:PEAKS]
    return sorted({round(len(series) / k) for k in order.tolist() if k and power[k] > 0})


def lookbacks_of(rows: int, horizon: int, season: int) -> tuple[int, ...]:
    """Rows looked back that are tried: 1, 2, 4, 14 and 30 seasons, without a season from 7 rows on
    each twice the one before, all up to half of the rows.

    Of hours, 14 and 30 seasons are the 336 and 720 of the field (Nie et al. 2023, table 3). One row
    more than whole seasons shows how both ends of them differ. Which of these lengths are used is
    chosen on the latest training forecasts (`networks.linear_skip`).
    """
    most = max(2, min(MOST, (rows - horizon) // 2))
    doubled = [NO_SEASON * 2**power + 1 for power in range(MOST.bit_length())]
    seasons = [season * count + 1 for count in SEASONS]
    return tuple(n for n in (seasons if season > 1 else doubled) if n <= most) or (most,)

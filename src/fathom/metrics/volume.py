"""Scores of a series and where its anomalies are to the volume under precision and recall (VUS-PR).

An alarm a little before or after a labelled stretch is worth something: labels fall off over a
buffer on both sides, and the area is averaged over all buffers up to the period of the series
(Paparrizos et al. 2022, "Volume under the surface", equations 8-14). `buffer` (N,) is that period.
Weights (..., N) count rows; rows that follow each other and weigh the same in every resample are
summed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

THRESHOLDS = 250
BUFFERS = 17  # evenly spread from 0 to the period; all of them give the same to three digits


def vus_pr(
    truth: np.ndarray, fields: Mapping[str, np.ndarray], weight: np.ndarray | None = None
) -> np.ndarray:
    """Volume under precision and recall for rows in the order of time; nan without anomalies."""
    odd = truth > 0
    one = np.ones((1, len(truth))) if weight is None else np.asarray(weight).reshape(-1, len(truth))
    shape = () if weight is None else np.shape(weight)[:-1]
    if not odd.any():
        return np.full(shape, np.nan)
    period = int(fields["buffer"][0])
    lengths = np.unique(np.linspace(0, period, min(BUFFERS, period + 1)).round().astype(int))
    called = alarms(fields["score"])
    starts = blocks(one)
    counts = one[:, starts].astype(np.float64)  # (R, G)
    areas = [area(Tally.of(odd, int(length), called, starts), counts, one) for length in lengths]
    return np.asarray(np.mean(areas, axis=0).reshape(shape))


def alarms(score: np.ndarray) -> np.ndarray:
    """Which rows score at least each of 250 thresholds, the highest first, (T, N) bool."""
    places = np.linspace(0, len(score) - 1, THRESHOLDS).astype(int)
    return np.asarray(score[None] >= np.sort(score)[::-1][places][:, None])


def blocks(weight: np.ndarray) -> np.ndarray:
    """The first row of each stretch of rows that weigh the same in every resample."""
    changes = (weight[:, 1:] != weight[:, :-1]).any(axis=0)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def softened(odd: np.ndarray, length: int) -> np.ndarray:
    """Labels with a slope of half the buffer on both sides, sqrt(1 - distance / length)."""
    soft = odd.astype(np.float64)
    if length == 0:
        return soft
    for first, last in stretches(odd):
        reach = np.arange(1, length // 2 + 1)
        slope = np.sqrt(1 - reach / length)
        for places in (first - reach, last + reach):
            inside = (places >= 0) & (places < len(odd))
            soft[places[inside]] += slope[inside]
    return np.minimum(soft, 1.0)


def stretches(odd: np.ndarray) -> list[tuple[int, int]]:
    """First and last row of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], odd.astype(np.int8), [0]])))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


@dataclass(frozen=True)
class Tally:
    """Sums over each of G blocks of rows, at T thresholds: alarms that are right (G, T), alarms
    (G, T), labels softened and not (G,); of each event whether it is found (E, T), and its first
    row.
    """

    right: np.ndarray
    alarms: np.ndarray
    labels: np.ndarray
    found: np.ndarray
    events: np.ndarray

    @classmethod
    def of(cls, odd: np.ndarray, length: int, called: np.ndarray, starts: np.ndarray) -> "Tally":
        """Count once, for any weights."""
        soft = softened(odd, length)
        events = stretches(soft > 0)
        return cls(
            np.add.reduceat(called * soft, starts, axis=1).T,
            np.add.reduceat(called, starts, axis=1, dtype=np.int64).T.astype(np.float64),
            np.add.reduceat((odd + soft) / 2, starts),
            np.stack([called[:, first : last + 1].any(axis=1) for first, last in events]),
            np.array([first for first, _ in events]),
        )


def area(tally: Tally, counts: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Area under precision and recall of each row of weights, (R,).

    Recall counts the softened labels, times the share of events in which any alarm falls.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        right = counts @ tally.right  # (R, T)
        recall = np.minimum(right / (counts @ tally.labels)[:, None], 1.0)
        of_events = weight[:, tally.events].astype(np.float64)
        existing = (of_events @ tally.found) / of_events.sum(axis=1)[:, None]
        precision = np.nan_to_num(right / (counts @ tally.alarms))
    reached = np.concatenate([np.zeros((len(right), 1)), recall * existing], axis=1)
    return np.asarray((np.diff(reached, axis=1) * precision).sum(axis=1))

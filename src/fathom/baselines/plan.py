"""A method, its data and its seconds to answers: trained on all rows or on the part that fits."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FIRST = 1_000
STEP = 4
SAFETY = 0.8
USUAL_EXPONENT = 1.2  # of seconds over rows, until two sizes were timed


@dataclass(frozen=True)
class Trained:
    """Answers and what they took."""

    answers: tuple[np.ndarray, ...]
    rows: int
    seconds: float


def train_within(
    train: Callable[[int], tuple[np.ndarray, ...]],
    available: int,
    seconds: float,
    first: int = FIRST,
) -> Trained:
    """Call `train(rows)` with growing numbers of rows until all are used or the seconds are.

    Two small sizes are timed; what a third may be follows from how the time grew. The largest that
    was trained counts.
    """
    started = time.monotonic()
    rows, exponent, earlier = min(first, available), USUAL_EXPONENT, (0, 0.0)
    for _ in range(3):
        begun = time.monotonic()
        answers = train(rows)
        ended = time.monotonic()
        trained, took = Trained(answers, rows, ended - started), ended - begun
        if earlier[0]:
            growth = np.log(max(took, 1e-3) / max(earlier[1], 1e-3)) / np.log(rows / earlier[0])
            exponent = float(np.clip(growth, 0.5, 3.0))
        left = SAFETY * (seconds - (ended - started))
        reach = int(rows * (left / took) ** (1 / exponent)) if left > 0 else 0
        larger = min(reach, available if earlier[0] or reach >= STEP * available else STEP * rows)
        if rows == available or (larger < available and larger < 1.3 * rows):
            return trained
        earlier, rows = (rows, took), min(larger, available)
    return trained


def part_order(target: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """A random order of training rows in which every beginning has the shares of the whole.

    Classes are stratified, each with one row at the very beginning; other targets are not.
    """
    shuffled = np.random.default_rng(seed).permutation(len(target))
    if kind != "category":
        return shuffled
    classes = target[shuffled]
    order = np.argsort(classes, kind="stable")
    _, start, size = np.unique(classes[order], return_index=True, return_counts=True)
    share = np.empty(len(target))
    share[order] = (np.arange(len(target)) - np.repeat(start, size)) / np.repeat(size, size)
    return shuffled[np.argsort(share, kind="stable")]

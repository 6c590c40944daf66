"""Clips to the class of the nearest training clip, time stretched to fit: dynamic time warping.

D(i, j) = min(D(i-1, j) + d, D(i, j-1) + d, D(i-1, j-1) + 2 d) with d = |a_i - b_j|; the distance of
two clips is D at their ends over the sum of their lengths, which every path costs alike (Sakoe and
Chiba 1978, IEEE ASSP-26, symmetric form). All known clips are warped to an asked one at once, a
diagonal of the tables at a time.
"""

from collections.abc import Sequence

import numpy as np

from fathom.baselines.method import Answer, Setting
from fathom.baselines.sharpness import class_loss, sharpest, softmax

FAR = np.float32(1e30)
TOGETHER = 256  # known clips in one table: its diagonals stay in the processor's cache


class Known:
    """Training clips, sorted by length and padded in parts, ready to be compared with."""

    def __init__(self, frames: Sequence[np.ndarray]) -> None:
        self.lengths = np.array([len(clip) for clip in frames], dtype=np.int64)
        order = np.argsort(self.lengths, kind="stable")
        self.parts = [
            (rows, *stacked([frames[row] for row in rows]))
            for rows in (order[s : s + TOGETHER] for s in range(0, len(order), TOGETHER))
        ]

    def distances(self, asked: np.ndarray) -> np.ndarray:
        """Of a clip (frames, c) to every known one, (n,) float32."""
        found = np.empty(len(self.lengths), dtype=np.float32)
        for rows, clips, lengths in self.parts:
            cost = np.sqrt(squares(asked, clips))
            found[rows] = warped(cost, lengths, diagonal=2.0)
        return found / (self.lengths + len(asked))


def stacked(frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Clips padded to the longest, (n, frames, c), and their lengths (n,)."""
    lengths = np.array([len(clip) for clip in frames], dtype=np.int64)
    together = np.zeros((len(frames), int(lengths.max()), frames[0].shape[1]), dtype=np.float32)
    for place, clip in enumerate(frames):
        together[place, : len(clip)] = clip
    return together, lengths


def warped(cost: np.ndarray, lengths: np.ndarray, *, diagonal: float = 1.0) -> np.ndarray:
    """The cheapest path's cost from the first moments of an asked series and of each known one to
    the last ones, (n,) float32.

    cost: of each pair of moments, (I, J, n) float32; lengths: of the known ones, up to J; diagonal:
    how often a moment counts that is reached by a step in both.
    """
    rows, columns, count = cost.shape
    found = np.empty(count, dtype=np.float32)
    # the tables' last two diagonals by row i, with a row before the first
    before = np.full((rows + 1, count), FAR)
    last = np.full((rows + 1, count), FAR)
    before[0] = 0.0  # a path comes from nothing, diagonally
    ends = {int(length): np.flatnonzero(lengths == length) for length in np.unique(lengths)}
    for wave in range(rows + columns - 1):
        low, high = max(0, wave - columns + 1), min(rows - 1, wave)
        i = np.arange(low, high + 1)
        now = np.full((rows + 1, count), FAR)
        own = cost[i, wave - i]
        step = np.minimum(last[low + 1 : high + 2], last[low : high + 1])
        np.minimum(step, before[low : high + 1] + (diagonal - 1) * own, out=step)
        np.add(step, own, out=now[low + 1 : high + 2])
        length = wave - rows + 2  # of those whose end is met on this diagonal
        if length in ends:
            found[ends[length]] = now[rows, ends[length]]
        before, last = last, now
    return found


def squares(asked: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Squared distances of the moments of one series (I, c) and of others (n, J, c), (I, J, n)
    float32.
    """
    count, columns, width = known.shape
    flat = known.transpose(1, 0, 2).reshape(-1, width)
    found = (asked**2).sum(1)[:, None] + (flat**2).sum(1) - 2 * asked @ flat.T
    return np.maximum(found, 0).reshape(len(asked), columns, count)


def nearest_of_each(known: Known, y: np.ndarray, classes: int, asked: np.ndarray) -> np.ndarray:
    """Distance of each asked clip to the nearest training clip of each class, (n, K)."""
    nearest = np.full((len(asked), classes), np.inf)
    for place, clip in enumerate(asked):
        np.minimum.at(nearest[place], y, known.distances(clip))
    far = nearest[np.isfinite(nearest)].max(initial=1.0)
    return np.asarray(np.where(np.isfinite(nearest), nearest, 10 * far))


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """The nearest training clip's class; how sure of it, as validation says."""
    known, classes = Known(list(x)), setting.classes
    seen = nearest_of_each(known, y, classes, setting.x_valid)
    sharpness = sharpest(lambda t: class_loss(softmax(-100 * t * seen), setting.y_valid))

    def answer(asked: np.ndarray) -> np.ndarray:
        # the validation clips are asked for again
        found = seen if asked is setting.x_valid else nearest_of_each(known, y, classes, asked)
        return softmax(-100 * sharpness * found)

    return answer

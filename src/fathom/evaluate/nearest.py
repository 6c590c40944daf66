"""Examples to their nearest training examples: what repeats one, and what only resembles."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

AT_ONCE = 4096
REPEATED = 1 / 3


@dataclass(frozen=True)
class Nearest:
    """Of each example: the nearest training row, its distance (root mean square over its numbers)
    and that distance over the distance of the second nearest.
    """

    row: np.ndarray
    distance: np.ndarray
    ratio: np.ndarray

    @property
    def repeats(self) -> np.ndarray:
        """Whether one training example is far nearer than all others, (N,) bool.

        A third is the usual mark (Yoon et al. 2023; Carlini et al. 2023, section 4.2,
        arXiv:2301.13188, with the second nearest in the place of the mean of many).
        """
        return np.asarray(self.ratio < REPEATED)


def nearest(
    x: Float[np.ndarray, "N F"],
    training: Callable[[np.ndarray], Float[np.ndarray, "n F"]],
    rows: np.ndarray,
    own: np.ndarray | None = None,
) -> Nearest:
    """Look through all training examples, each few numbers (`Drawable.small`), float32.

    training: row numbers to examples; rows: all of them, in order. own (N,): the row of each
    example where it is one of them; it is not its own neighbour.
    """
    squares = (x**2).sum(1)
    best = np.full((len(x), 2), np.inf, dtype=np.float32)
    row = np.full(len(x), -1)
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        y = training(some)
        far = np.maximum(squares[:, None] + (y**2).sum(1) - 2 * (x @ y.T), 0)
        if own is not None:
            far[own[:, None] == some] = np.inf
        near = np.argpartition(far, min(1, far.shape[1] - 1), axis=1)[:, :2]
        found = np.take_along_axis(far, near, axis=1)
        first = found.argmin(1)
        row = np.where(found.min(1) < best[:, 0], some[near[np.arange(len(x)), first]], row)
        best = np.sort(np.concatenate([best, found], axis=1), axis=1)[:, :2]
    distance = np.sqrt(best / x.shape[1])
    ratio = np.where(best[:, 1] > 0, distance[:, 0] / np.maximum(distance[:, 1], 1e-9), 1.0)
    ratio[~np.isfinite(distance[:, 1])] = 1.0  # one training example: nothing to compare with
    return Nearest(row, distance[:, 0], ratio)

"""Drawn or real examples and what a judge sees in them: what is measured of a crowd of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.data.codecs.drawn import Drawable
from fathom.evaluate.detectors import Seen
from fathom.evaluate.nearest import Nearest
from fathom.metrics.shares import wilson


@dataclass(frozen=True)
class Crowd:
    """Examples as stored, the class each was asked for, from 1 or 0, how the judge sees them
    (`Judge.views`), and their codec.
    """

    values: np.ndarray
    wish: np.ndarray
    views: tuple[np.ndarray, np.ndarray, np.ndarray]
    nearest: Nearest
    codec: Drawable

    @property
    def fields(self) -> dict[str, np.ndarray]:
        """What the metrics take."""
        features, random, seen = self.views
        found = {"features": features, "random": random, "memorised": self.nearest.repeats}
        if seen.any() and self.wish.any():
            found["agrees"] = seen == self.wish
        return found

    @property
    def seen(self) -> Seen:
        """What the detectors look at."""
        features, _, classes = self.views
        own = self.codec
        return Seen(self.values, features, classes, self.nearest.repeats, own.items, own.tones)

    @property
    def truth(self) -> np.ndarray:
        """The same as a structured array, for held-out ones."""
        features, random, _ = self.views
        kinds = [("features", "f4", features.shape[1:]), ("random", "f4", random.shape[1:])]
        truth = np.empty(len(features), dtype=kinds)
        truth["features"], truth["random"] = features, random
        return truth


def closer(own: Crowd, held_out: Crowd) -> float:
    """The share of pairs in which a drawn one is nearer to training than a held-out one."""
    mine, other = np.sort(own.nearest.distance), held_out.nearest.distance
    below = np.searchsorted(mine, other, side="left") / max(1, len(mine))
    return float(below.mean())


def ceiling(own: Crowd) -> dict[str, Any]:
    """What the judge sees in held-out examples after the way out and in: no drawing can ask for
    more; empty without classes.
    """
    agrees = own.fields.get("agrees")
    if agrees is None:
        return {}
    low, high = wilson(float(agrees.sum()), len(agrees))
    found = {"value": float(agrees.mean()), "low": low, "high": high, "n": len(agrees)}
    return {"label_agreement": found}

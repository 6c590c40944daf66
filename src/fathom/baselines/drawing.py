"""Training pictures or rows to new ones by classical methods: a Gaussian, or a mixture of them, by
class.

Both work on the main axes of the values and add nothing beyond them.
"""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.mixture import GaussianMixture

from fathom.baselines.features import main_axes
from fathom.baselines.request import PARTS, RivalRequest

AXES = 100
MOST_TAUGHT = 6_000  # pictures of each class
MOST_DRAWN = 2_000
COMPONENTS = 10
FEWEST = 50  # pictures a component
GRAIN, MIDDLE = {"u": 1.0, "f": 1e-3}, {"u": 127.5, "f": 0.0}  # of grey levels, of scores

Drawn = dict[str, dict[str, np.ndarray]]


class Sampler(Protocol):
    """What draws points (n, D)."""

    def draw(self, count: int, source: np.random.Generator) -> np.ndarray:
        """Some points."""
        ...


@dataclass(frozen=True)
class Bell:
    """One Gaussian: the mean, and a factor of the covariance."""

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, seed: int, grain: float = 1.0) -> "Bell":
        """Mean and covariance of points (n, D)."""
        mean = x.mean(0)
        centred = x - mean
        values, vectors = np.linalg.eigh(centred.T @ centred / max(1, len(x)))
        return cls(mean, vectors * np.sqrt(np.maximum(values, 0)))

    def draw(self, count: int, source: np.random.Generator) -> np.ndarray:
        """Points of that law."""
        return self.mean + source.standard_normal((count, len(self.mean))) @ self.factor.T


@dataclass(frozen=True)
class Mixture:
    """Several Gaussians and their shares."""

    bells: tuple[Bell, ...]
    shares: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, seed: int, grain: float = 1.0) -> "Mixture":
        """Expectation maximisation from k-means; grain: added to all variances."""
        components = int(np.clip(len(x) // FEWEST, 1, COMPONENTS))
        found = GaussianMixture(
            components, reg_covar=grain, max_iter=30, random_state=seed, init_params="k-means++"
        ).fit(x)
        bells = tuple(
            Bell(mean, np.linalg.cholesky(spread))
            for mean, spread in zip(found.means_, found.covariances_, strict=True)
        )
        return cls(bells, found.weights_ / found.weights_.sum())

    def draw(self, count: int, source: np.random.Generator) -> np.ndarray:
        """Points, each of one of the Gaussians."""
        chosen = source.choice(len(self.bells), count, p=self.shares)
        drawn = np.empty((count, len(self.bells[0].mean)))
        for place, bell in enumerate(self.bells):
            drawn[chosen == place] = bell.draw(int((chosen == place).sum()), source)
        return drawn


def gaussian(request: RivalRequest, seconds: float) -> Drawn:
    """One Gaussian a class."""
    return drawn(request, Bell, seconds)


def mixture(request: RivalRequest, seconds: float) -> Drawn:
    """Up to ten Gaussians a class."""
    return drawn(request, Mixture, seconds)


def drawn(request: RivalRequest, kind: type[Bell] | type[Mixture], seconds: float) -> Drawn:
    """Examples of the classes of held-out ones, in a random order, at most 2,000 of each part.

    A class that there is no time left for has one Gaussian.
    """
    begun = time.monotonic()
    source = np.random.default_rng(request.seed)
    values = request.shown
    shape, kind_of_value = values.shape[1:], values.dtype.kind
    taught = {
        wish: source.permutation(rows)[:MOST_TAUGHT]
        for wish in np.unique(request.target[request.train])
        if len(rows := request.train[request.target[request.train] == wish])
    }
    every = np.sort(np.concatenate(list(taught.values())))
    every = every[:: max(1, len(every) // MOST_TAUGHT)]
    center, axes = main_axes(flat(values[every]), AXES)
    samplers: dict[int, Sampler] = {}
    for place, (wish, rows) in enumerate(taught.items()):
        x = (flat(values[np.sort(rows)]) - center) @ axes
        spent = time.monotonic() - begun
        late = place and spent / place * (place + 1) > seconds
        samplers[int(wish)] = (Bell if late else kind).fit(
            x.astype(np.float64), request.seed, GRAIN[kind_of_value]
        )
    answers: Drawn = {}
    for part in PARTS:
        rows = source.permutation(getattr(request, part))[:MOST_DRAWN]
        wishes = request.target[rows]
        x = np.empty((len(rows), axes.shape[1]))
        for wish, sampler in samplers.items():
            x[wishes == wish] = sampler.draw(int((wishes == wish).sum()), source)
        found = stored(x @ axes.T + center, kind_of_value)
        answers[part] = {"picture": found.reshape(-1, *shape), "wish": wishes}
    return answers


def stored(values: np.ndarray, kind: str) -> np.ndarray:
    """Values as examples hold them: grey levels "u", or scores "f" as they are."""
    if kind == "u":
        return np.asarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    return np.asarray(values.astype(np.float32))


def flat(images: np.ndarray) -> np.ndarray:
    """Pictures as rows of float32."""
    return images.reshape(len(images), -1).astype(np.float32)


def pixel_distance(held_out: np.ndarray, pictures: np.ndarray) -> float:
    """The unbiased kernel distance of two crowds of pictures (n, ...), by their values
    (Gretton et al. 2012, equation 4, with a cubic kernel of the cosine).
    """
    count = min(len(held_out), len(pictures))
    x, y = (flat(some[:count]) - MIDDLE[some.dtype.kind] for some in (held_out, pictures))
    x, y = (z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-9) for z in (x, y))
    across = (1 + x @ y.T) ** 3
    pairs = (1 + x @ x.T) ** 3 + (1 + y @ y.T) ** 3 - across - across.T
    return float((pairs.sum() - np.trace(pairs)) / max(1, count * (count - 1)))

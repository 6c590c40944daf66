"""Answers of classifiers that were trained with and without added examples to what these gained."""

from dataclasses import dataclass

import numpy as np

from fathom.evaluate.paired import bootstrap_p
from fathom.evaluate.resampling import percentiles

RESAMPLES = 2000


@dataclass(frozen=True)
class Gain:
    """Balanced accuracy of both, and the second less the first, in points of 100.

    low, high: 95 % interval of the difference; rounds: the difference of each pair of classifiers;
    word: "gain", "loss" or "no clear gain"; n: held-out examples.
    """

    without: float
    added: float
    value: float
    low: float
    high: float
    p: float
    rounds: tuple[float, ...]
    word: str
    n: int

    def sentence(self, drawn: int) -> str:
        """What was found, in plain words; drawn: how many pictures were added."""
        started = {
            "gain": "The drawn pictures help",
            "loss": "The drawn pictures harm",
            "no clear gain": "No gain is shown by the drawn pictures",
        }[self.word]
        told = ", ".join(f"{one:+.1f}" for one in self.rounds)
        return (
            f"{started}: {self.added:.1f} of 100 right with {drawn:,} of them, {self.without:.1f} "
            f"without, each class counting alike ({self.n:,} held-out pictures; difference "
            f"{self.value:+.1f}, {self.low:+.1f} to {self.high:+.1f}; by round: {told})."
        )


def gain(truth: np.ndarray, without: np.ndarray, added: np.ndarray, seed: int = 0) -> Gain:
    """Compare S pairs of classifiers on N held-out examples, paired.

    truth (N,): classes; without, added (S, N) bool: which are right. The interval resamples both
    the examples of each class and the pairs, so that the luck of a training counts too. A gain is
    claimed only where the interval leaves out 0 and all of several rounds agree.
    """
    weight = balanced(truth)
    rounds = 100 * (added.astype(float) - without) @ weight
    drawn = 100 * resampled(truth, added.astype(float) - without, np.random.default_rng(seed))
    low, high = percentiles(drawn)
    word = "no clear gain"
    several = len(rounds) > 1
    if several and low > 0 and (rounds > 0).all():
        word = "gain"
    elif several and high < 0 and (rounds < 0).all():
        word = "loss"
    return Gain(
        without=float(100 * (without @ weight).mean()),
        added=float(100 * (added @ weight).mean()),
        value=float(rounds.mean()),
        low=low,
        high=high,
        p=bootstrap_p(drawn),
        rounds=tuple(float(one) for one in rounds),
        word=word,
        n=len(truth),
    )


def balanced(truth: np.ndarray) -> np.ndarray:
    """Weights (N,) that sum to 1, and to the same for each class."""
    _, which, counts = np.unique(truth, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(counts) * counts[which]))


def resampled(truth: np.ndarray, change: np.ndarray, source: np.random.Generator) -> np.ndarray:
    """The mean over classes of `change` (S, N), for resampled rounds and examples, (R,)."""
    rounds = len(change)
    chosen = source.multinomial(rounds, np.full(rounds, 1 / rounds), RESAMPLES) / rounds
    total = np.zeros(RESAMPLES)
    classes = np.unique(truth)
    for one in classes:
        own = change[:, truth == one]  # (S, n)
        size = own.shape[1]
        times = source.multinomial(size, np.full(size, 1 / size), RESAMPLES) / size
        total += ((chosen @ own) * times).sum(1) / len(classes)
    return total

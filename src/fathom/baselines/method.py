"""The contract of a classical method: features and targets in, a function that answers out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fathom.baselines.plan import FIRST
from fathom.baselines.request import RivalRequest

View = Literal["clips", "columns", "dense", "terms"]

Answer = Callable[[np.ndarray], np.ndarray]
"""Features (n, F) to probabilities (n, K) of classes or labels, or to numbers (n, R)."""


@dataclass(frozen=True)
class Setting:
    """What a method may know beside its training rows.

    kind, classes: of the target, as in the request. categorical: which of the columns are category
    numbers. x_valid, y_valid: for early stopping, penalties and temperatures. threads: for numpy,
    whose own library has one.
    channels: of series, which come flat, channel after channel.
    """

    kind: str
    classes: int
    categorical: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    seed: int
    threads: int = 1
    channels: int = 1


@dataclass(frozen=True)
class Method:
    """A classical method and how it is called.

    view: "columns" are raw numbers with nan and category numbers; "dense" are scaled, without gaps;
    "terms" are the weights of words and letter sequences, sparse, beside the dense features;
    "clips" are sounds as standardised cepstra, objects (frames, c).
    share: its weight when the seconds are dealt out; 0 for one that takes no time. first: rows by
    which its speed is found out.
    """

    name: str
    words: str
    view: View
    share: float
    fit: Callable[[Setting, np.ndarray, np.ndarray], Answer]
    first: int = FIRST


@dataclass(frozen=True)
class TextMethod:
    """A classical method that reads the texts or values of a request itself.

    answer: a request and seconds to the named arrays of the parts "valid" and "test". least_s:
    about how long it takes, where that is long: with less time it is left out.
    """

    name: str
    words: str
    share: float
    answer: Callable[[RivalRequest, float], dict[str, dict[str, np.ndarray]]]
    least_s: Callable[[RivalRequest], float] | None = None


def spread(classes: int, known: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Probabilities (n, k) of the known classes among all classes (n, K), the rest near 0."""
    everything = np.full((len(probability), classes), 1e-6, dtype=np.float32)
    everything[:, known.astype(np.int64)] = np.maximum(probability, 1e-6)
    return everything / everything.sum(1, keepdims=True)

"""Sources and their known targets to the target of the most similar source.

A translation memory: it writes nothing of its own, so its answers read well and often say something
else. Cosine of TF-IDF weights of words and pairs of words (Salton and Buckley 1988).
"""

from collections.abc import Sequence

import numpy as np

from fathom.baselines.terms import weigh, word_counts

CELLS = 8_000_000  # similarities held at a time, float32


def nearest(known: Sequence[str], asked: Sequence[str]) -> np.ndarray:
    """The number (n,) of the most similar known text for each asked one: the first of equals, and
    of all if no word is shared. Raises ValueError if nothing is known.
    """
    if not known:
        raise ValueError("no text to be near to")
    weights = weigh(word_counts([*known, *asked]), slice(0, len(known)))
    across = weights[: len(known)].T.tocsr()
    step = max(1, CELLS // len(known))
    starts = range(len(known), weights.shape[0], step)
    found = [(weights[s : s + step] @ across).toarray().argmax(1) for s in starts]
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def retrieve(sources: Sequence[str], targets: Sequence[str], asked: Sequence[str]) -> list[str]:
    """For each asked text the target of its nearest source."""
    return [targets[place] for place in nearest(sources, asked)]

"""Texts to windows of a length that a network can learn from, cut anew in every epoch."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fathom.data.seeds import derived

BUCKETED = 50  # batches whose windows are sorted by length, so that little is padded


@dataclass(frozen=True, eq=False)
class Windows:
    """Which stretches of tokens make up the batch of each update, from the seed alone.

    starts, lengths (S,): texts within a flat tensor of tokens. context: positions a network sees;
    a window holds one token more, the last to be foretold. Windows of one text follow each other
    without a gap and share a token, and the first begins somewhere in the first `context`. size:
    windows a batch; the last incomplete batch of an epoch is left out.
    """

    starts: np.ndarray
    lengths: np.ndarray
    context: int
    size: int
    seed: int

    @property
    def pieces(self) -> np.ndarray:
        """How many windows each text is cut into."""
        steps = np.maximum(self.lengths - 1, 0)
        return np.where(steps <= self.context, 1, -(-steps // self.context) + 1)

    def __len__(self) -> int:
        """Windows in one pass over the texts."""
        return int(self.pieces.sum())

    @property
    def per_epoch(self) -> int:
        """Batches in one pass over the texts."""
        return max(1, len(self) // self.size)

    def at(self, update: int) -> tuple[np.ndarray, np.ndarray]:
        """Starts and lengths (B,) of the windows of an update (0-based)."""
        epoch, place = divmod(update, self.per_epoch)
        starts, lengths = cut(self, epoch)
        here = slice(place * self.size, (place + 1) * self.size)
        return starts[here], lengths[here]


@lru_cache(maxsize=2)
def cut(windows: Windows, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths of all windows of an epoch, in the order of its batches."""
    rng = np.random.default_rng(derived(windows.seed, "windows", epoch))
    pieces, context = windows.pieces, windows.context
    text = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(text)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    steps = np.maximum(windows.lengths - 1, 0)[text]
    first = rng.integers(1, context + 1, len(pieces))[text]
    whole = pieces[text] == 1
    begin = np.where(whole | (number == 0), 0, first + (number - 1) * context)
    end = np.where(whole, steps, first + number * context)
    begin, end = np.minimum(begin, steps), np.minimum(end, steps)
    starts, lengths = windows.starts[text] + begin, end - begin + 1
    order = rng.permutation(len(starts))[: windows.per_epoch * windows.size]
    order = by_length(order, lengths, windows.size, rng)
    return starts[order], lengths[order]


def by_length(
    order: np.ndarray, lengths: np.ndarray, size: int, rng: np.random.Generator
) -> np.ndarray:
    """The same order, but for windows of like length in the same batch, batches shuffled."""
    batches = []
    for start in range(0, len(order), BUCKETED * size):
        part = order[start : start + BUCKETED * size]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[place : place + size] for place in range(0, len(part), size)]
    return np.concatenate([batches[place] for place in rng.permutation(len(batches))])

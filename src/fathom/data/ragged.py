"""Rows of unequal length as one flat tensor: padded to a batch when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fathom.spec import PADDING


@dataclass(frozen=True)
class Ragged:
    """N rows of whole numbers, one after another.

    flat: all of them, any integer type; offsets (N + 1,) int64: row i is flat[offsets[i] :
    offsets[i + 1]]. history: how many numbers before a row come with it, where rows follow each
    other as one text; 0: rows stand alone. weights: of each number, if they have any.
    """

    flat: Int[Tensor, " numbers"]
    offsets: Int[np.ndarray, " rows"]
    history: int = 0
    weights: Float[Tensor, " numbers"] | None = None

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], *, most: int, history: int = 0) -> "Ragged":
        """From lists of numbers from 0 to `most`."""
        dtype = torch.int16 if most < 2**15 else torch.int32
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        parts = [np.zeros(0, dtype=np.int64), *(np.asarray(row, dtype=np.int64) for row in rows)]
        flat = np.concatenate(parts)
        return cls(torch.from_numpy(flat).to(dtype), offsets, history)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def starts(self, rows: np.ndarray) -> np.ndarray:
        """Where rows begin in `flat`, their history included."""
        return np.asarray(np.maximum(self.offsets[rows] - self.history, 0))

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """How many numbers the rows hold, their history included."""
        return np.asarray(self.offsets[rows + 1] - self.starts(rows))

    def histories(self, rows: np.ndarray) -> np.ndarray:
        """How many numbers come before the rows' own."""
        return np.asarray(self.offsets[rows] - self.starts(rows))

    def take(self, rows: np.ndarray) -> "Ragged":
        """The given rows alone, in their order, without what stood before them."""
        parts = [self.flat[self.offsets[row] : self.offsets[row + 1]] for row in rows]
        lengths = [len(part) for part in parts]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        weights = self.weights
        if weights is not None:
            kept = [weights[self.offsets[row] : self.offsets[row + 1]] for row in rows]
            weights = torch.cat([weights[:0], *kept])
        return Ragged(torch.cat([self.flat[:0], *parts]), offsets, weights=weights)

    def lists(self) -> list[list[int]]:
        """Each row's own numbers."""
        flat, cuts = self.flat.tolist(), self.offsets.tolist()
        return [flat[start:stop] for start, stop in pairwise(cuts)]

    def stretches(
        self, starts: np.ndarray, lengths: np.ndarray, longest: int = 0
    ) -> Int[Tensor, "B T"]:
        """The numbers from each start on, padded to the longest, or to `longest`; int64."""
        places, beyond = padded(starts, lengths, longest)
        if not len(self.flat):
            return places.fill_(PADDING)
        return self.flat[places].long().masked_fill(beyond, PADDING)

    def weighed(
        self, starts: np.ndarray, lengths: np.ndarray, longest: int = 0
    ) -> Float[Tensor, "B T"]:
        """The weights of the same stretches, 0 for padding, as they are stored."""
        assert self.weights is not None
        places, beyond = padded(starts, lengths, longest)
        if not len(self.weights):
            return places.to(self.weights.dtype).fill_(0.0)
        return self.weights[places].masked_fill(beyond, 0.0)


def padded(
    starts: np.ndarray, lengths: np.ndarray, longest: int
) -> tuple[Int[Tensor, "B T"], Bool[Tensor, "B T"]]:
    """The places of stretches, as many for each, and which of them lie beyond its end."""
    longest = max(longest, int(lengths.max(initial=0)))
    inside = np.arange(longest) < lengths[:, None]
    places = np.where(inside, starts[:, None] + np.arange(longest), 0)
    return torch.from_numpy(places), torch.from_numpy(~inside)

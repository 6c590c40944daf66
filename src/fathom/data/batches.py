"""Stored tensors to batches: a resumable, seeded order, whole-batch indexing, augmentation,
preparation.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from fathom.data.codecs import Codec, Stored, Tensors
from fathom.data.ragged import Ragged
from fathom.data.seeds import generator


@dataclass(frozen=True)
class Batch:
    """Examples stacked on the first axis.

    inputs, targets: field name to tensor (B, ...); a ragged field `x` comes with `x_length` (B,).
    index: row numbers in the table (B,). weight: optional importance of each example (B,).
    """

    inputs: Mapping[str, Tensor]
    targets: Mapping[str, Tensor]
    index: Int[Tensor, " B"]
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.index)

    def split(self, parts: int) -> tuple["Batch", ...]:
        """The same examples in `parts` batches of nearly equal size, in order; none is empty."""
        cuts = np.linspace(0, len(self), min(parts, len(self)) + 1).astype(int)
        return tuple(self.narrow(int(start), int(stop)) for start, stop in pairwise(cuts))

    def narrow(self, start: int, stop: int) -> "Batch":
        """Examples start..stop, as views."""
        return Batch(
            {name: value[start:stop] for name, value in self.inputs.items()},
            {name: value[start:stop] for name, value in self.targets.items()},
            self.index[start:stop],
            None if self.weight is None else self.weight[start:stop],
        )


T = TypeVar("T")
SUFFIXES = ("length", "missing", "history", "label", "label_length", "weight")
Change = Callable[[Tensors, Tensors, Tensor], tuple[Tensors, Tensors]]


@dataclass(frozen=True)
class Examples:
    """All rows of some fields as compact stored tensors, and the codecs that prepare them.

    inputs, targets: over all N rows of the table, as `Codec.encode` made them (memory-mapped where
    large), named after their field; codecs: by field, inputs and targets together.
    """

    inputs: Mapping[str, Stored]
    targets: Mapping[str, Stored]
    codecs: Mapping[str, Codec]

    def batch(self, rows: np.ndarray, device: torch.device, change: Change | None = None) -> Batch:
        """Index whole rows, move them to a device, prepare them.

        `change` augments the stored inputs beside the prepared targets, given the row numbers.
        """
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        index = torch.from_numpy(rows)
        inputs = {n: value.to(device) for n, value in taken(self.inputs, rows).items()}
        targets = {n: value.to(device) for n, value in taken(self.targets, rows).items()}
        targets = self.prepare(targets)
        if change is not None:
            inputs, targets = change(inputs, targets, index)
        return Batch(self.prepare(inputs), targets, index)

    def prepare(self, tensors: Mapping[str, Tensor]) -> Tensors:
        """Run each field's codec on that field's tensors."""
        prepared: Tensors = {}
        for field, codec in self.codecs.items():
            names = (field, *(f"{field}_{suffix}" for suffix in SUFFIXES))
            own = {name: tensors[name] for name in names if name in tensors}
            if own:
                prepared |= named(field, codec.prepare(plain(field, own)))
        return prepared

    def rows(
        self, rows: np.ndarray, size: int, device: torch.device | None = None
    ) -> Iterator[Batch]:
        """The given rows once, in order, not augmented, in batches of at most `size`."""
        device = device or torch.device("cpu")
        for start in range(0, len(rows), size):
            yield self.batch(rows[start : start + size], device)


def taken(stored: Mapping[str, Stored], rows: np.ndarray) -> Tensors:
    """The given rows of stored tensors; ragged ones padded, with their lengths beside them.

    Where no row holds anything there is still one position, of padding.
    """
    tensors: Tensors = {}
    for name, value in stored.items():
        if isinstance(value, Ragged):
            lengths = value.lengths(rows)
            starts = value.starts(rows)
            tensors[name] = value.stretches(starts, lengths, 1)
            tensors[f"{name}_length"] = torch.from_numpy(lengths)
            if value.weights is not None:
                tensors[f"{name}_weight"] = value.weighed(starts, lengths, 1)
            if value.history:
                tensors[f"{name}_history"] = torch.from_numpy(value.histories(rows))
        else:
            tensors[name] = value[torch.from_numpy(rows)]
    return tensors


def encoded(stored: Stored, rows: np.ndarray) -> np.ndarray | Ragged:
    """The given rows of one stored field, as they are."""
    return stored.take(rows) if isinstance(stored, Ragged) else stored.numpy()[rows]


@dataclass(frozen=True)
class Order:
    """Which rows make up the batch of each update: a new shuffle every epoch, from the seed alone.

    The last incomplete batch of an epoch is left out; with fewer rows than `size` every batch
    holds all.
    """

    rows: np.ndarray
    size: int
    seed: int

    @property
    def per_epoch(self) -> int:
        """Batches in one pass over the rows."""
        return max(1, len(self.rows) // self.size)

    def at(self, update: int) -> tuple[int, np.ndarray]:
        """The epoch and the row numbers of an update (0-based)."""
        epoch, place = divmod(update, self.per_epoch)
        shuffled = shuffle(len(self.rows), self.seed, epoch)
        return epoch, self.rows[shuffled[place * self.size : (place + 1) * self.size]]


@lru_cache(maxsize=2)
def shuffle(count: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of 0..count-1 drawn from (seed, epoch); the latest two are remembered."""
    drawn: np.ndarray = torch.randperm(count, generator=generator(seed, "order", epoch)).numpy()
    drawn.flags.writeable = False
    return drawn


def named(field: str, tensors: Mapping[str, T]) -> dict[str, T]:
    """A codec's "value", "length", ... as the fields `x`, `x_length`, ... of a batch."""
    return {field if n == "value" else f"{field}_{n}": v for n, v in tensors.items()}


def plain(field: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """The inverse of `named`."""
    return {"value" if n == field else n.removeprefix(f"{field}_"): v for n, v in tensors.items()}

"""Whole series, one a row, to padded tensors with their lengths; scaled by training and by itself.

What a series is can lie in its level or in its form alone. A network therefore sees each channel
twice: by the mean and deviation of all training values, and with its own mean and deviation taken
off.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.gaps import carried, standards
from fathom.errors import DataError
from fathom.spec import Spec

SMALLEST = 1e-4


@dataclass(frozen=True)
class SeriesCodec:
    """Series of C channels and up to `longest` positions; longer ones are cut to the latest."""

    kind: ClassVar[str] = "series"

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    longest: int

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Learn the mean and deviation of each channel, and the greatest length."""
        rows = [np.array(row, dtype=np.float64) for row in values.drop_nulls().to_list()]
        every = np.concatenate(rows, axis=1)
        means, deviations = (tuple(each.tolist()) for each in standards(every.T))
        return cls(means, deviations, max(row.shape[1] for row in rows))

    def encode(self, values: pl.Series) -> Tensors:
        """Values (N, T, C) float32, 0 behind the end, and `length` (N,).

        What is not known is the last known value, before the first one 0. Raises DataError where a
        series has other channels than those of training.
        """
        found = np.zeros((len(values), self.longest, len(self.means)), dtype=np.float32)
        length = np.ones(len(values), dtype=np.int64)
        for row, cell in enumerate(values.to_list()):
            if cell is not None:
                self.refuse_channels(len(cell))
                series = carried(np.array(cell, dtype=np.float32).T, 0.0)[-self.longest :]
                found[row, : len(series)] = series
                length[row] = len(series)
        return {"value": torch.from_numpy(found), "length": torch.from_numpy(length)}

    def refuse_channels(self, count: int) -> None:
        """Raise where a series has not as many channels as those of training."""
        if count != len(self.means):
            raise DataError(
                "A series has other channels than those that were learnt from.",
                found=f"{count:,} where there were {len(self.means):,}",
                remedy="Bring series with the channels of the training data, in their order.",
            )

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Series that are longer than any in training."""
        return {
            row: [f"the series has {len(cell[0]):,} values, of which the last {self.longest:,} "
                  "are seen"]
            for row, cell in enumerate(values.to_list())
            if cell is not None and len(cell[0]) > self.longest
        }  # fmt: skip

    def prepare(self, tensors: Tensors) -> Tensors:
        """Both scalings side by side, (B, T, 2 C), 0 behind the end; lengths as they are."""
        value, length = tensors["value"], tensors["length"]
        real = (torch.arange(value.shape[1], device=value.device) < length[:, None])[..., None]
        count = length.clamp_min(1)[:, None, None]
        mean = (value * real).sum(dim=1, keepdim=True) / count
        variance = ((value - mean).square() * real).sum(dim=1, keepdim=True) / count
        own = (value - mean) / variance.sqrt().clamp_min(SMALLEST)
        shared = (value - value.new_tensor(self.means)) / value.new_tensor(self.deviations)
        return {"value": torch.cat([shared, own], dim=2) * real, "length": length}

    def decode(self, tensors: Tensors) -> np.ndarray:
        """The values as they were stored."""
        return tensors["value"].numpy()

    def spec(self) -> Spec:
        """The greatest length, and each channel twice."""
        return Spec(kind="series", shape=(self.longest, 2 * len(self.means)))

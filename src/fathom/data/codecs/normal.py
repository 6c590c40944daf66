"""Whether a row is normal, as a target: 0 where it has the normal value, 1 where it does not."""

from dataclasses import dataclass
from typing import ClassVar, Self

import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.codecs.category import as_names
from fathom.spec import Spec


@dataclass(frozen=True)
class NormalCodec:
    """normal: the value of clean rows; values, code: what is kept of a row, and in how many numbers
    (as `AmountCodec`).
    """

    kind: ClassVar[str] = "normal"

    normal: str
    values: int
    code: int

    @classmethod
    def fit(cls, values: tuple[str, int, int]) -> Self:
        """Nothing is learnt."""
        return cls(*values)

    def encode(self, values: pl.Series) -> Tensors:
        """1 for an anomaly, -1 where nothing is known, int64 (N,)."""
        odd = (as_names(values) != self.normal).cast(pl.Int64).fill_null(-1)
        return {"value": torch.from_numpy(odd.to_numpy().copy())}

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Whether each row is an anomaly."""
        return pl.Series(tensors["answer"].tolist(), dtype=pl.Boolean)

    def spec(self) -> Spec:
        """So many values, in a code of so many numbers."""
        return Spec(kind="anomaly", shape=(self.values, self.code))

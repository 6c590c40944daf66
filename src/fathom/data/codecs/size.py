"""How much text there is: the measure that a language model's surprise is divided by."""

from dataclasses import dataclass
from typing import ClassVar, Self

import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.spec import Spec


@dataclass(frozen=True)
class BytesCodec:
    """The bytes of each text in UTF-8; ends: one more for the end of the line it stood on."""

    kind: ClassVar[str] = "bytes"

    ends: bool = False

    @classmethod
    def fit(cls, values: pl.Series, *, ends: bool = False) -> Self:
        """Nothing is learnt."""
        return cls(ends)

    def encode(self, values: pl.Series) -> Tensors:
        """Bytes, int64 (N,)."""
        sizes = values.fill_null("").str.len_bytes().to_numpy().astype("int64")
        return {"value": torch.from_numpy(sizes + int(self.ends))}

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Numbers of bytes."""
        return pl.Series(tensors["answer"].tolist(), dtype=pl.Int64)

    def spec(self) -> Spec:
        """A number of bytes."""
        return Spec(kind="bytes")

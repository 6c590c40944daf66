"""How much text there is: the measures that a language model's surprise is divided by."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.spec import Spec


@dataclass(frozen=True)
class SizeCodec:
    """The bytes of each text in UTF-8 and its words, as spaces part them.

    ends: one byte more for the end of the line that the text stood on.
    """

    kind: ClassVar[str] = "size"

    ends: bool = False

    @classmethod
    def fit(cls, values: pl.Series, *, ends: bool = False) -> Self:
        """Nothing is learnt."""
        return cls(ends)

    def encode(self, values: pl.Series) -> Tensors:
        """Bytes and words, int64 (N, 2)."""
        texts = values.fill_null("")
        sizes = texts.str.len_bytes().to_numpy() + int(self.ends)
        words = texts.str.count_matches(r"\S+").to_numpy()
        return {"value": torch.from_numpy(np.stack([sizes, words], axis=1).astype(np.int64))}

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Numbers of bytes."""
        return pl.Series(tensors["answer"][:, 0].tolist(), dtype=pl.Int64)

    def spec(self) -> Spec:
        """Bytes and words of a text."""
        return Spec(kind="bytes", shape=(2,))

"""Categories to whole numbers and back; what was never seen in training is 0."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.spec import Spec

MOST_LEVELS = 10_000
ONE_OF_FEW = 9


def as_names(values: pl.Series) -> pl.Series:
    """Any series as names: whole floats without their ".0", so that 3 and 3.0 are one level."""
    if values.dtype.is_float():
        names = values.cast(pl.String)
        return names.str.strip_suffix(".0").replace("NaN", None)
    return values.cast(pl.String)


@dataclass(frozen=True)
class CategoryCodec:
    """One input column: level `levels[i]` is i + 1; 0 is unknown or missing.

    Levels are in the order of their frequency. Of a column with more than nine levels, those seen
    once are left out: nothing can be learnt about them, and they teach what "unknown" means.
    """

    kind: ClassVar[str] = "category"

    levels: tuple[str, ...]

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Learn the levels, the most frequent first, at most 10,000."""
        counts = as_names(values).drop_nulls().rename("level").value_counts(name="count")
        counts = counts.sort(["count", "level"], descending=[True, False])
        if len(counts) > ONE_OF_FEW:
            counts = counts.filter(pl.col("count") > 1).head(MOST_LEVELS)
        return cls(tuple(counts["level"].to_list()))

    @cached_property
    def places(self) -> pl.DataFrame:
        """Level names beside their numbers, to join with."""
        return pl.DataFrame(
            {"level": self.levels, "place": range(1, len(self.levels) + 1)},
            schema={"level": pl.String, "place": pl.Int64},
        )

    def encode(self, values: pl.Series) -> Tensors:
        """Level numbers, int64 (N,)."""
        names = as_names(values).rename("level").to_frame()
        found = names.join(self.places, on="level", how="left", maintain_order="left")
        places = found["place"].fill_null(0).to_numpy()
        return {"value": torch.from_numpy(places.astype(np.int64))}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave, as one column of a row (B, 1)."""
        return {"value": tensors["value"][:, None].float()}

    def decode(self, tensors: Tensors) -> pl.Series:
        """Names of encoded levels; null for 0."""
        names = [None, *self.levels]
        return pl.Series([names[place] for place in tensors["value"].tolist()], dtype=pl.String)

    def spec(self) -> Spec:
        """A row of one category."""
        return Spec(kind="row", shape=(1,), levels=(len(self.levels) + 1,))

"""The class that a picture is to be drawn by, as a number; 0 where nothing is wished for."""

from dataclasses import dataclass
from typing import ClassVar, Self

import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.codecs.labels import ClassCodec
from fathom.data.media import Media
from fathom.spec import Spec


@dataclass(frozen=True)
class WishCodec:
    """Class `classes[i]` is i + 1; 0 is any. Without classes every row is 0.

    shares: of the training examples, by class.
    """

    kind: ClassVar[str] = "wish"

    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()

    @classmethod
    def fit(cls, values: pl.Series | Media) -> Self:
        """Learn the classes, ordered as numbers if all are; pictures themselves have none."""
        if isinstance(values, Media):
            return cls()
        known = cls(ClassCodec.fit(values).classes)
        numbers = known.encode(values)["value"]
        counts = torch.bincount(numbers[numbers > 0], minlength=len(known.classes) + 1)[1:]
        return cls(known.classes, tuple((counts / counts.sum().clamp_min(1)).tolist()))

    def encode(self, values: pl.Series | Media) -> Tensors:
        """int64 (N,): 1 + the class, -1 for one that training never saw."""
        if isinstance(values, Media) or not self.classes:
            return {"value": torch.zeros(len(values), dtype=torch.int64)}
        numbers = ClassCodec(self.classes).encode(values)["value"]
        return {"value": torch.where(numbers < 0, numbers, numbers + 1)}

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Names of the classes; null for 0."""
        names = [None, *self.classes]
        return pl.Series([names[place] for place in tensors["answer"].tolist()], dtype=pl.String)

    def spec(self) -> Spec:
        """A sample of one of K classes; of none, where there are none."""
        return Spec(kind="sample", classes=self.classes)

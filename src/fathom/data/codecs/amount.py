"""How many values an example holds: what a reconstruction is measured by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import torch

from fathom.data.codecs import Tensors
from fathom.spec import Spec

Measure = Literal["values", "density", "bits"]


@dataclass(frozen=True)
class AmountCodec:
    """The number of values (pixels times channels, or columns), the same for every example, and
    the numbers of the code that they are said in.

    measure: whether squared errors of these values are asked for ("values"), or how probable they
    are all together: as numbers ("density"), or as pixels that are on or off ("bits").
    """

    kind: ClassVar[str] = "amount"

    values: int
    code: int
    measure: Measure = "values"

    @classmethod
    def fit(cls, values: tuple[int, int]) -> Self:
        """Nothing is learnt: how many values, and how many numbers of a code."""
        return cls(*values)

    def encode(self, values: Sequence[Any]) -> Tensors:
        """The same number for each example, int64 (N, 1); of several columns the first counts."""
        rows = len(values[0]) if isinstance(values, list) else len(values)
        return {"value": torch.full((rows, 1), self.values, dtype=torch.int64)}

    def strange(self, values: Any) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> Any:
        """Codes as they are."""
        return tensors["answer"].numpy()

    def spec(self) -> Spec:
        """So many values, in a code of so many numbers."""
        return Spec(kind=self.measure, shape=(self.values, self.code))

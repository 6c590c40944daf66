"""Numbers to scaled floats and back: one input column, or all target columns of a regression."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor

from fathom.data.codecs import Tensors
from fathom.data.table import Column
from fathom.errors import DataError
from fathom.spec import Spec

LARGEST = 1e30  # what 1e400 in a file becomes; its square would not fit float32, so scaling clamps
CLIP = 3.0


def as_floats(values: pl.Series) -> np.ndarray:
    """Any series as float64 (N,); what is no number is NaN, infinities are cut."""
    cast = values.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.asarray(np.clip(cast, -LARGEST, LARGEST), dtype=np.float64)


def squash(x: Tensor) -> Tensor:
    """Bound outliers: x / sqrt(1 + (x / 3)^2) (Holzmüller et al. 2024, arXiv:2407.04491)."""
    x = x.clamp(-1e6, 1e6)
    return x / torch.sqrt(1.0 + (x / CLIP).square())


@dataclass(frozen=True)
class NumberCodec:
    """One input column: (x - centre) / scale, squashed; a missing number becomes 0 and is flagged.

    centre, scale: median and interquartile range of the training values (half the range where the
    quartiles are equal; 0 for a constant column, which then reads 0 everywhere).
    flagged: the training part had missing values, so a second column tells "missing" from "median".
    """

    kind: ClassVar[str] = "number"

    centre: float = 0.0
    scale: float = 0.0
    flagged: bool = False

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Learn median, spread and whether values go missing."""
        numbers = as_floats(values)
        known = numbers[~np.isnan(numbers)]
        if len(known) == 0:
            return cls()
        low, centre, high = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
        scale = high - low or float(known.max() - known.min()) / 2
        return cls(centre, scale, len(known) < len(numbers))

    def encode(self, values: pl.Series) -> Tensors:
        """The numbers as they are, float32 (N,), NaN where missing."""
        return {"value": torch.from_numpy(as_floats(values).astype(np.float32))}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Scaled numbers, and 1.0 where missing if that happened in training: (B, 1 or 2)."""
        value = tensors["value"][:, None]
        return {"value": scale_numbers(value, [self])}

    def decode(self, tensors: Tensors) -> np.ndarray:
        """Encoded numbers, float64 (N,)."""
        return tensors["value"].double().numpy()

    def spec(self) -> Spec:
        """A row of one number and perhaps one flag."""
        return Spec(kind="row", shape=(1 + self.flagged,))


def scale_numbers(value: Float[Tensor, "B N"], codecs: Sequence[NumberCodec]) -> Tensor:
    """Raw columns with NaN for missing -> scaled columns, then the flags of the flagged ones."""
    new = value.new_tensor
    centre = new([codec.centre for codec in codecs])
    rate = new([1.0 / codec.scale if codec.scale > 0 else 0.0 for codec in codecs])
    missing = torch.isnan(value)
    scaled = squash((torch.where(missing, centre, value) - centre) * rate)
    flagged = [place for place, codec in enumerate(codecs) if codec.flagged]
    return torch.cat([scaled, missing[:, flagged].to(scaled.dtype)], dim=1)


@dataclass(frozen=True)
class NumbersCodec:
    """The R target columns of a regression, standardised; answers are kept in the training range.

    Beyond the range a network only extrapolates, and one wild answer would spoil a mean of squares.
    """

    kind: ClassVar[str] = "numbers"

    names: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    @classmethod
    def fit(cls, values: Iterable[Column]) -> Self:
        """Learn mean, standard deviation and range of each column; missing values are left out."""
        names: list[str] = []
        rows: list[tuple[float, ...]] = []
        for column in values:
            numbers = as_floats(_series(column))
            known = numbers[~np.isnan(numbers)]
            if len(known) == 0:
                raise DataError(
                    f"The target column {column.name!r} holds no number in the training part.",
                    remedy="Choose another --target, or pass --task classification.",
                )
            deviation = float(known.std()) or 1.0
            names.append(column.name)
            rows.append((float(known.mean()), deviation, float(known.min()), float(known.max())))
        means, deviations, lows, highs = zip(*rows, strict=True)
        return cls(tuple(names), means, deviations, lows, highs)

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Standardised targets, float32 (N, R), NaN where missing; scaled before rounding."""
        columns = {column.name: column for column in values}
        numbers = [as_floats(_series(columns[name])) for name in self.names]
        stacked = np.stack(numbers, axis=1)
        scaled = (stacked - np.array(self.means)) / np.array(self.deviations)
        return {"value": torch.from_numpy(scaled.astype(np.float32))}

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """Nothing: it is a target, and is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave."""
        return tensors

    def decode(self, tensors: Tensors) -> np.ndarray:
        """Standardised answers (N, R) in the user's unit, inside the training range, float64."""
        answer = tensors["answer"].double().numpy()
        numbers = answer * np.array(self.deviations) + np.array(self.means)
        return np.asarray(np.clip(numbers, self.lows, self.highs))

    def spec(self) -> Spec:
        """R numbers and their names."""
        return Spec(kind="number", shape=(len(self.names),), classes=self.names)


def _series(column: Column) -> pl.Series:
    """The column's values; pictures are no numbers."""
    if not isinstance(column.values, pl.Series):
        raise DataError(
            f"The column {column.name!r} holds pictures, not numbers.",
            remedy="Choose a column of numbers as --target.",
        )
    return column.values

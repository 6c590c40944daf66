"""Columns of a series to windows of time: what came before a row, and what comes from it on.

Row r of the table is the forecast that begins there. Its input are the rows before it, its truth
the rows from it on. Windows are views of the one stored series, so that they take no memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.codecs import Tensors
from fathom.data.gaps import carried, standards
from fathom.data.table import Column
from fathom.spec import Spec

SMALLEST = 1e-6
GROWS = 0.5  # correlation of spread and level from which a series is seen in logarithms


@dataclass(frozen=True)
class Scale:
    """How one series is made comparable: its logarithm where said, then mean 0 and variance 1."""

    mean: float
    deviation: float
    logarithm: bool

    @classmethod
    def fit(cls, values: np.ndarray, season: int) -> Self:
        """From the training rows (N,), nan where not known.

        A positive series whose ups and downs grow with its level is seen in logarithms.
        """
        known = values[~np.isnan(values)].astype(np.float64)
        if len(known) == 0:
            return cls(0.0, 1.0, False)
        logarithm = bool((known > 0).all()) and grows(known, max(season, 2))
        seen = np.log(known) if logarithm else known
        return cls(float(seen.mean()), float(seen.std()) or 1.0, logarithm)


def grows(known: np.ndarray, season: int) -> bool:
    """Whether the spread within a season follows its mean, over at least five seasons."""
    seasons = len(known) // season
    if seasons < 5:
        return False
    each = known[len(known) - seasons * season :].reshape(seasons, season)
    level, spread = each.mean(axis=1), each.std(axis=1)
    if level.std() == 0 or spread.std() == 0:
        return False
    return bool(np.corrcoef(level, spread)[0, 1] > GROWS and level.max() > 1.5 * level.min())


def scaled(x: Float[Tensor, "B C T"], scales: Sequence[Scale]) -> Float[Tensor, "B C T"]:
    """Values of the user to what networks see; nan stays nan."""
    columns = []
    for place, scale in enumerate(scales):
        value = x[:, place]
        if scale.logarithm:
            value = value.clamp_min(SMALLEST).log()
        columns.append((value - scale.mean) / scale.deviation)
    return torch.stack(columns, dim=1)


def unscaled(x: np.ndarray, scales: Sequence[Scale]) -> np.ndarray:
    """The inverse of `scaled` for (N, C, T), in place of a copy."""
    for place, scale in enumerate(scales):
        x[:, place] *= scale.deviation
        x[:, place] += scale.mean
        if scale.logarithm:
            np.exp(x[:, place], out=x[:, place])
    return x


def matrix(columns: Iterable[Column], names: Sequence[str]) -> np.ndarray:
    """The numbers of the named columns, float32 (N, C), nan where not known."""
    known = {column.name: column for column in columns}
    each = [known[name].series.cast(float).fill_null(float("nan")).to_numpy() for name in names]
    return np.stack(each, axis=1).astype(np.float32)


def too_few(columns: Iterable[Column], needed: int, then: str) -> dict[int, list[str]]:
    """A word, at its first row, on a series of fewer rows than are looked at together."""
    rows = len(next(iter(columns)))
    reason = f"the series has {rows:,} rows where {needed:,} are looked at together: {then}"
    return {0: [reason]} if rows < needed else {}


class Scaled:
    """What codecs of stretches of series share, (N, C, T): each series has its own scale."""

    scales: tuple[Scale, ...]

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """Nothing: any number can be looked at, or come."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Scaled stretches, (B, C, T)."""
        return {"value": scaled(tensors["value"], self.scales)}

    def decode(self, tensors: Tensors) -> np.ndarray:
        """The stretches as they were stored."""
        return tensors["value"].numpy()


@dataclass(frozen=True)
class PastCodec(Scaled):
    """The `lookback` rows before each row, (N, C, L), as the user measured them."""

    kind: ClassVar[str] = "past"

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    lookback: int
    lookbacks: tuple[int, ...]

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        *,
        names: Sequence[str] = ("value",),
        season: int = 1,
        lookbacks: Sequence[int] = (1,),
    ) -> Self:
        """Learn how each series is scaled from the training rows (N, C)."""
        scales = tuple(Scale.fit(column, season) for column in values.T)
        return cls(tuple(names), scales, max(lookbacks), tuple(lookbacks))

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """That a series is shorter than the look-back."""
        return too_few(values, self.lookback, "before its beginning its first value is assumed")

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Windows that end before each row; what is not known is the last known value."""
        filling = [s.mean if not s.logarithm else float(np.exp(s.mean)) for s in self.scales]
        series = carried(matrix(values, self.names), np.array(filling, dtype=np.float32))
        past = torch.from_numpy(np.ascontiguousarray(series.T))
        padded = F.pad(past[None], (self.lookback, 0), mode="replicate")[0]
        return {"value": padded.unfold(1, self.lookback, 1).transpose(0, 1)[: len(series)]}

    def spec(self) -> Spec:
        """One series at a time: L positions of one channel; `levels` are all look-backs."""
        return Spec(kind="series", shape=(self.lookback, 1), levels=self.lookbacks)


@dataclass(frozen=True)
class AheadCodec(Scaled):
    """The `horizon` rows from each row on, (N, C, H): nan where not known.

    errors: of each series, what errors are divided by: the mean error of the seasonal naive
    forecast in training (Hyndman and Koehler 2006, equation 2), and, of several series, the
    deviation of each. first: rows before it are too early to be learnt from.
    """

    kind: ClassVar[str] = "ahead"

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    errors: tuple[tuple[float, float], ...]
    horizon: int
    season: int
    first: int

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        *,
        names: Sequence[str] = ("value",),
        scales: Sequence[Scale] = (),
        horizon: int = 1,
        season: int = 1,
        first: int = 0,
    ) -> Self:
        """Learn the errors' scales from the training rows (N, C)."""
        deviations = standards(values)[1].tolist() if values.shape[1] > 1 else [1.0]
        errors = tuple(
            (naive_error(column, season), deviation)
            for column, deviation in zip(values.T, deviations, strict=True)
        )
        return cls(tuple(names), tuple(scales), errors, horizon, season, first)

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Windows that begin at each row."""
        series = torch.from_numpy(np.ascontiguousarray(matrix(values, self.names).T))
        padded = F.pad(series, (0, self.horizon - 1), value=float("nan"))
        return {"value": padded.unfold(1, self.horizon, 1).transpose(0, 1)}

    def decode(self, tensors: Tensors) -> np.ndarray:
        """Answers (N, C, H) in the user's units."""
        return unscaled(tensors["answer"].numpy().astype(np.float32, copy=True), self.scales)

    def spec(self) -> Spec:
        """The names of C series and H rows ahead."""
        return Spec(
            kind="future", shape=(self.horizon, len(self.names)), classes=self.names,
            levels=(self.first,),
        )  # fmt: skip


def naive_error(values: np.ndarray, season: int) -> float:
    """Mean absolute difference of known values a season apart; 1 where there is none."""
    gaps = np.abs(values[season:].astype(np.float64) - values[:-season])
    gaps = gaps[~np.isnan(gaps)]
    return float(gaps.mean()) or 1.0 if len(gaps) else 1.0

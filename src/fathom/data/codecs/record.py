"""Whole rows of numbers and categories to points that can be drawn, and such points back to rows.

Numbers become the normal scores of their ranks, so that every column has the same, bell-shaped law
whatever its own is; names become corners of a simplex. A drawn point is written as the row it is
nearest to: shares of names, of repeated numbers and of gaps are as wide as in the data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from fathom.data.codecs import Tensors
from fathom.data.codecs.category import as_names
from fathom.data.codecs.drawn import Tones
from fathom.data.codecs.number import as_floats
from fathom.data.table import Column
from fathom.spec import Spec

KINDS = ("category", "number")
KNOTS = 512  # of a column's law
MOST_DECIMALS = 6
MOST_NAMES = 100  # of a column: all rarer ones are one
OTHER = "(other)"
LARGEST = 3.0  # how far a corner may lie out: of rare names and gaps, less than one deviation
REST = 1e-9

Values = Float[np.ndarray, "N F"]


@dataclass(frozen=True)
class Law:
    """How the numbers of a column are spread: values in order, and of each the share of known
    numbers below it (`low`) and up to it (`high`); equal where it was seen once, so that what lies
    between two such values is drawn as well.

    decimals: all known numbers have at most these, -1: more than six.
    """

    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    decimals: int

    @classmethod
    def fit(cls, known: np.ndarray) -> Self:
        """The law of numbers (n,), at most 512 of them kept."""
        values, counts = np.unique(known, return_counts=True)
        until = np.cumsum(counts) / max(1, len(known))
        since = until - counts / max(1, len(known))
        middle = (since + until) / 2
        low, high = np.where(counts > 1, since, middle), np.where(counts > 1, until, middle)
        if len(values) > KNOTS:
            places = np.searchsorted(until, np.linspace(0, 1, KNOTS) * (1 - REST))
            kept = np.unique(np.clip(places, 0, len(values) - 1))
            values, low, high = values[kept], low[kept], high[kept]
        return cls(
            tuple(values.tolist()), tuple(low.tolist()), tuple(high.tolist()), decimals(known)
        )

    def scores(self, numbers: np.ndarray) -> np.ndarray:
        """Normal scores (n,) of the middle of each number's ranks; 0 where it is missing."""
        values, low, high = map(np.array, (self.values, self.low, self.high))
        if not len(values):
            return np.zeros(len(numbers))
        place = np.clip(np.searchsorted(values, numbers, side="right") - 1, 0, len(values) - 1)
        after = np.minimum(place + 1, len(values) - 1)
        wide = values[after] - values[place]
        share = np.clip((numbers - values[place]) / np.where(wide > 0, wide, 1.0), 0, 1)
        between = high[place] + share * (low[after] - high[place])
        ranks = np.where(share > 0, between, (low[place] + high[place]) / 2)
        ranks = np.clip(ranks, 1e-4, 1 - 1e-4)
        return np.where(np.isnan(numbers), 0.0, ndtri(ranks))

    def numbers(self, scores: np.ndarray) -> np.ndarray:
        """The numbers (n,) of normal scores, with as many decimals as the data."""
        if not self.values:
            return np.full(len(scores), np.nan)
        steps = np.stack([self.low, self.high], axis=1).ravel()
        found = np.interp(ndtr(scores), steps, np.repeat(self.values, 2))
        return np.asarray(found if self.decimals < 0 else np.round(found, self.decimals))


def decimals(known: np.ndarray) -> int:
    """Digits behind the point that tell all numbers; -1 for more than six."""
    for digits in range(MOST_DECIMALS + 1):
        if np.allclose(np.round(known, digits), known, rtol=1e-12, atol=1e-12):
            return digits
    return -1


@dataclass(frozen=True)
class Simplex:
    """Names as corners (K,): 1 at the name's place, less the shares, so that the mean is 0, and so
    scaled that the K coordinates have the variance of two numbers together.

    names: None stands for a gap; shares: of the training rows.
    """

    names: tuple[str | None, ...]
    shares: tuple[float, ...]

    @classmethod
    def fit(cls, names: pl.Series) -> Self:
        """The names of a column, the most frequent first; beyond 100, all others are one."""
        counts = names.rename("name").value_counts(name="count")
        counts = counts.sort(["count", "name"], descending=[True, False], nulls_last=True)
        found = list(zip(counts["name"].to_list(), counts["count"].to_list(), strict=True))
        kept, rest = found[:MOST_NAMES], found[MOST_NAMES:]
        if rest:
            kept.append((OTHER, sum(count for _, count in rest)))
        whole = max(1, len(names))
        return cls(tuple(name for name, _ in kept), tuple(count / whole for _, count in kept))

    @property
    def scale(self) -> float:
        """Of the corners."""
        variance = 1 - sum(share**2 for share in self.shares)
        return min(LARGEST, float(np.sqrt(2 / max(variance, REST))))

    def points(self, names: pl.Series) -> np.ndarray:
        """Corners (n, K); a name that is none of these is the other one, or the most frequent."""
        places = {name: place for place, name in enumerate(self.names)}
        usual = places.get(OTHER, 0)
        found = np.array([places.get(name, usual) for name in names.to_list()], dtype=np.int64)
        return np.asarray((np.eye(len(self.names))[found] - self.shares) * self.scale)

    def nearest(self, points: np.ndarray) -> pl.Series:
        """The names of the nearest corners."""
        found = (points / self.scale + np.array(self.shares)).argmax(1)
        return pl.Series([self.names[place] for place in found.tolist()], dtype=pl.String)


@dataclass(frozen=True)
class RecordCodec:
    """Rows as points (F,): a score for each column of numbers, then two coordinates for each of
    them that has gaps (known or missing), then the corners of the names of each other column.

    order: all columns as they stand in the data.
    """

    kind: ClassVar[str] = "record"
    items: ClassVar[str] = "rows"
    like: ClassVar[str] = "reads like"
    mirrors: ClassVar[bool] = False
    tones: ClassVar[Tones | None] = None

    order: tuple[str, ...]
    laws: dict[str, Law]
    gaps: dict[str, Simplex]
    names: dict[str, Simplex]

    @classmethod
    def fit(cls, values: Iterable[Column]) -> Self:
        """Learn the law of each column of the training rows."""
        columns = list(values)
        laws, gaps, names = {}, {}, {}
        for column in columns:
            if column.kind == "number":
                numbers = as_floats(column.series)
                laws[column.name] = Law.fit(numbers[~np.isnan(numbers)])
                if np.isnan(numbers).any():
                    gaps[column.name] = Simplex.fit(known(numbers))
            else:
                names[column.name] = Simplex.fit(as_names(column.series))
        return cls(tuple(column.name for column in columns), laws, gaps, names)

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Points, float32 (N, F)."""
        held = {column.name: column.series for column in values}
        numbers = {name: as_floats(held[name]) for name in self.laws}
        parts = [law.scores(numbers[name])[:, None] for name, law in self.laws.items()]
        parts += [gap.points(known(numbers[name])) for name, gap in self.gaps.items()]
        parts += [some.points(as_names(held[name])) for name, some in self.names.items()]
        return {"value": torch.from_numpy(np.concatenate(parts, axis=1).astype(np.float32))}

    def strange(self, values: Sequence[Column]) -> dict[int, list[str]]:
        """Nothing: it is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """What `encode` gave: it is scaled already."""
        return tensors

    def decode(self, tensors: Tensors) -> Values:
        """Points of rows that can be written, from drawn ones."""
        return self.written(tensors["value"].detach().cpu().float().numpy())

    def written(self, values: Values) -> Values:
        """The points of the rows that points are written as."""
        frame = self.listed(values)
        kinds = {name: "number" if name in self.laws else "category" for name in self.order}
        columns = [Column(name, kinds[name], frame[name]) for name in self.order]  # type: ignore[arg-type]
        return np.asarray(self.encode(columns)["value"].numpy())

    def small(self, values: Values) -> Values:
        """The points themselves."""
        return np.asarray(values, dtype=np.float32)

    def listed(self, values: Values) -> pl.DataFrame:
        """Rows in the user's columns and units, null where a value is missing."""
        points = np.asarray(values, dtype=np.float64)
        found: dict[str, pl.Series] = {}
        for name, law in self.laws.items():
            numbers = law.numbers(points[:, self.places[name].start])
            if name in self.gaps:
                told = self.gaps[name].nearest(points[:, self.places[f"{name} is missing"]])
                numbers = np.where(told.is_null().to_numpy(), np.nan, numbers)
            series = pl.Series(numbers).fill_nan(None)
            found[name] = series.cast(pl.Int64) if whole(law) else series
        for name, some in self.names.items():
            found[name] = some.nearest(points[:, self.places[name]])
        return pl.DataFrame({name: found[name] for name in self.order})

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where each column stands among the coordinates."""
        widths = [(name, 1) for name in self.laws]
        widths += [(f"{name} is missing", len(gap.names)) for name, gap in self.gaps.items()]
        widths += [(name, len(some.names)) for name, some in self.names.items()]
        ends = np.cumsum([width for _, width in widths]).tolist()
        return {
            name: slice(end - width, end) for (name, width), end in zip(widths, ends, strict=True)
        }

    def told(self) -> tuple[str, ...]:
        """What is drawn, and what is put together."""
        gaps = f" ({len(self.gaps):,} with gaps)" if self.gaps else ""
        first = (
            f"rows are drawn whole; columns of numbers: {len(self.laws):,}{gaps}, "
            f"of categories: {len(self.names):,}"
        )
        merged = [name for name, some in self.names.items() if OTHER in some.names]
        if not merged:
            return (first,)
        listed = ", ".join(merged)
        return first, f"of {listed} the {MOST_NAMES} most frequent names; all others: {OTHER}"

    def spec(self) -> Spec:
        """A row of real numbers."""
        return Spec(kind="row", shape=(max(one.stop for one in self.places.values()),))


def known(numbers: np.ndarray) -> pl.Series:
    """Whether each number is there, as a name and a gap."""
    return pl.Series(["known" if there else None for there in ~np.isnan(numbers)], dtype=pl.String)


def whole(law: Law) -> bool:
    """Whether a column holds whole numbers that a computer counts with."""
    return law.decimals == 0 and max(map(abs, law.values), default=0.0) < 2**53

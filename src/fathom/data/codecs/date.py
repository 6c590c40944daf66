"""Dates to numbers: days elapsed, and the place in the year, the week and the day."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Tensors
from fathom.data.codecs.number import NumberCodec, scale_numbers
from fathom.spec import Spec

DAY_US = 86_400_000_000
YEAR_DAYS = 365.2425
EPOCH = datetime(1970, 1, 1)


def as_dates(values: pl.Series) -> pl.Series:
    """Any series as dates; what cannot be read as one is null."""
    if values.dtype == pl.String:
        return values.str.to_datetime(time_unit="us", strict=False)
    return values.cast(pl.Datetime("us"), strict=False)


def parts_of(values: pl.Series, origin: float) -> dict[str, np.ndarray]:
    """Named float64 columns (N,); NaN where the date is missing. origin: days since 1970."""
    dates = as_dates(values)
    microseconds = (dates - EPOCH).cast(pl.Int64)
    days = microseconds.cast(pl.Float64).fill_null(float("nan")).to_numpy() / DAY_US
    year = dates.dt.year().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    of_year = dates.dt.ordinal_day().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    clock = days % 1.0
    parts: dict[str, np.ndarray] = {"elapsed": days - origin, "year": year + of_year / YEAR_DAYS}
    # 1970-01-01 was a Thursday; which weekday is angle 0 does not matter.
    turns = {"season": of_year / YEAR_DAYS, "weekday": np.floor(days) / 7, "hour": clock}
    for name, turn in turns.items():
        parts[f"{name} sine"] = np.sin(2 * np.pi * turn)
        parts[f"{name} cosine"] = np.cos(2 * np.pi * turn)
    return parts


@dataclass(frozen=True)
class DateCodec:
    """One date column: those parts that vary in training, each scaled like a number.

    origin: the first training date, in days since 1970, so that float32 keeps the minutes.
    """

    kind: ClassVar[str] = "date"

    origin: float
    parts: dict[str, NumberCodec]

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Learn the first date and the spread of each part."""
        days = parts_of(values, 0.0)["elapsed"]
        known = days[~np.isnan(days)]
        origin = float(known.min()) if len(known) else 0.0
        parts: dict[str, NumberCodec] = {}
        for name, numbers in parts_of(values, origin).items():
            codec = NumberCodec.fit(pl.Series(numbers))
            if np.ptp(numbers[~np.isnan(numbers)] if len(known) else np.zeros(1)) > 1e-6:
                # one flag is enough for all parts of a date
                parts[name] = NumberCodec(codec.centre, codec.scale, codec.flagged and not parts)
        return cls(origin, parts)

    def encode(self, values: pl.Series) -> Tensors:
        """The kept parts, float32 (N, P), NaN where missing."""
        found = parts_of(values, self.origin)
        columns = [found[name].astype(np.float32) for name in self.parts]
        stacked = np.stack(columns, axis=1) if columns else np.empty((len(values), 0), np.float32)
        return {"value": torch.from_numpy(stacked)}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Scaled parts and perhaps one flag for missing."""
        return {"value": scale_numbers(tensors["value"], list(self.parts.values()))}

    def decode(self, tensors: Tensors) -> pl.Series:
        """Dates to the minute from `elapsed`; null where it was missing or never varied."""
        names = list(self.parts)
        value = tensors["value"].double().numpy()
        empty = np.full(len(value), np.nan)
        elapsed = value[:, names.index("elapsed")] if "elapsed" in names else empty
        minutes = np.round((elapsed + self.origin) * 24 * 60)
        stamps = [None if np.isnan(minute) else int(minute) * 60_000_000 for minute in minutes]
        return pl.Series(stamps, dtype=pl.Int64).cast(pl.Datetime("us"))

    def spec(self) -> Spec:
        """A row of the kept parts and the flag."""
        width = len(self.parts) + sum(codec.flagged for codec in self.parts.values())
        return Spec(kind="row", shape=(width,))

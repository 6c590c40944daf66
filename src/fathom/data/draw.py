"""Rows to a random or the last share of them, that keeps groups whole and classes in proportion."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fathom.data.kinds import names
from fathom.data.pictures import Pictures
from fathom.data.table import Column, Table
from fathom.data.texts import characters
from fathom.errors import OptionError

BINS = 20
STRATA = 1000
TRIES = 50
PROPORTIONAL = ("classification", "generation", "regression")


@dataclass(frozen=True)
class Draw:
    """Draws a share of rows: whole groups and duplicates, each class or range in proportion.

    Of a running text the last rows are drawn, by their characters.
    """

    table: Table
    target: tuple[str, ...]
    kind: str
    rng: np.random.Generator
    group: str | None
    time: str | None
    duplicates: np.ndarray

    @property
    def stratified(self) -> bool:
        """Whether the target has classes or a range to be kept in proportion; a text or a picture
        has none.
        """
        pictures = any(isinstance(self.table[name].values, Pictures) for name in self.target)
        return bool(self.target) and not pictures and self.kind in PROPORTIONAL

    def some(self, rows: np.ndarray, share: float) -> np.ndarray:
        """About `share` of the rows marked True, as row numbers; at least one, never all."""
        chosen = np.flatnonzero(rows)
        if self.time is not None:
            return self._latest(chosen, share)
        if self.table.running:
            return self._last(chosen, share)
        strata = self._strata(chosen)
        if self.group is not None:
            whole = self._whole_groups(self._groups(chosen), strata, share)
            return np.asarray(chosen[whole])
        units, first, inverse = np.unique(
            self.duplicates[chosen], return_index=True, return_inverse=True
        )
        stratum = strata[first]
        order = np.lexsort((self.rng.random(len(units)), stratum))
        if self.stratified and self.kind != "regression":
            # The only example of a class is kept for training.
            order = order[np.bincount(stratum)[stratum[order]] > 1]
        # Every (1 / share)-th example in the order of the classes: each gets its share, rounded.
        places = np.arange(len(order)) * share + self.rng.random()
        taken = np.floor(places + share) > np.floor(places)
        if len(order) > 1 and not taken.any():
            taken[int(self.rng.integers(len(order)))] = True
        drawn = np.zeros(len(units), dtype=bool)
        drawn[order[taken]] = True
        return np.asarray(chosen[drawn[inverse]])

    def _whole_groups(self, groups: np.ndarray, strata: np.ndarray, share: float) -> np.ndarray:
        """Of some random sets of groups the one whose size and classes come nearest."""
        table = np.zeros((int(groups.max(initial=0)) + 1, int(strata.max(initial=0)) + 1))
        np.add.at(table, (groups, strata), 1.0)
        goal = share * table.sum(axis=0)
        best, least = np.zeros(len(table), dtype=bool), np.inf
        for _ in range(TRIES):
            order = self.rng.permutation(len(table))
            sizes = np.cumsum(table[order].sum(axis=1))
            count = int(np.argmin(np.abs(sizes - goal.sum()))) + 1
            taken = np.zeros(len(table), dtype=bool)
            taken[order[: min(count, len(table) - 1)]] = True
            found = table[taken].sum(axis=0)
            distance = float(np.abs(found - goal).sum() + 10 * abs(found.sum() - goal.sum()))
            if distance < least:
                best, least = taken, distance
        return np.asarray(best[groups])

    def _latest(self, chosen: np.ndarray, share: float) -> np.ndarray:
        values = moments(self.table[self.time or ""])[chosen]
        order = np.argsort(values, kind="stable")
        start = len(chosen) - max(1, round(share * len(chosen)))
        border = values[order[start]]
        later = chosen[values >= border]
        return np.asarray(later if len(later) < len(chosen) else chosen[values > border])

    def _last(self, chosen: np.ndarray, share: float) -> np.ndarray:
        """The rows from which on about `share` of the characters follow."""
        sizes = characters(self.table)[chosen]
        following = np.cumsum(sizes[::-1])[::-1]
        start = int(np.argmin(np.abs(following - share * following[0])))
        return np.asarray(chosen[max(1, start) :])

    def _groups(self, chosen: np.ndarray) -> np.ndarray:
        """The group of each row, from 0; rows without one are one group."""
        labels = names(self.table[self.group or ""].series).fill_null("").to_numpy()
        return np.asarray(np.unique(labels[chosen].astype(str), return_inverse=True)[1])

    def _strata(self, chosen: np.ndarray) -> np.ndarray:
        """The class, or the range of the number, of each row, from 0; one where texts are asked."""
        if not self.stratified:
            return np.zeros(len(chosen), dtype=np.int64)
        if self.kind == "regression":
            values = self.table[self.target[0]].series
            numbers = values.cast(pl.Float64, strict=False).to_numpy()[chosen]
            edges = np.quantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1])
            return np.asarray(np.searchsorted(edges, numbers, side="right"))
        cells = [names(self.table[name].series) for name in self.target]
        joint = pl.DataFrame({str(place): values for place, values in enumerate(cells)})[chosen]
        strata = np.unique(joint.hash_rows(seed=0).to_numpy(), return_inverse=True)[1]
        if strata.max(initial=0) >= STRATA:
            # Too many patterns of labels: in proportion for the first one only.
            strata = np.unique(joint["0"].hash(seed=0).to_numpy(), return_inverse=True)[1]
        return np.asarray(strata)


def moments(column: Column) -> np.ndarray:
    """Dates or numbers as float64, NaN where missing."""
    if column.kind not in ("date", "number", "id"):
        raise OptionError(
            f"The column {column.name!r} holds no times.",
            remedy=f"Name a column of dates or numbers, or pass --column {column.name}=date.",
            found=f"{column.kind} ({column.why})",
        )
    values = column.series
    whole = values.cast(pl.Int64) if column.kind == "date" else values
    cast = whole.cast(pl.Float64, strict=False).fill_null(float("nan"))
    return np.asarray(cast.to_numpy())

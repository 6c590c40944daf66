"""The truth of one part and anyone's answers to metrics with intervals, and differences."""

from dataclasses import dataclass

import numpy as np

from fathom.errors import DataError
from fathom.evaluate.paired import Difference, difference
from fathom.evaluate.resampling import Resamples, draw_resamples, interval
from fathom.metrics import METRICS, Fields, measure, prepared

Values = dict[str, dict[str, float | int | str]]


@dataclass(frozen=True)
class HeldOut:
    """Examples that nothing was fitted on; all answers are measured on the same resamples."""

    kind: str
    truth: np.ndarray
    split: str
    resamples: Resamples
    grouped: bool

    @classmethod
    def of(
        cls,
        kind: str,
        truth: np.ndarray,
        *,
        split: str = "test",
        groups: np.ndarray | None = None,
        seed: int = 0,
    ) -> "HeldOut":
        """Draw the resamples: by group where there are groups, else within each class."""
        if len(truth) == 0:
            raise DataError(
                f"The {split} part has no examples, so nothing can be measured.",
                remedy="Give more data, or parts of your own with --split.",
            )
        strata = truth if kind == "category" else None
        resamples = draw_resamples(len(truth), strata=strata, groups=groups, seed=seed)
        return cls(kind, truth, split, resamples, groups is not None)

    def prepared(self, fields: Fields) -> Fields:
        """The fields with what every metric and resample would compute again; prepare once."""
        return prepared(self.kind, self.truth, fields)

    def measured(self, fields: Fields) -> Values:
        """Each metric that is defined: value, low, high, n, split and, if it has one, signature."""
        fields = self.prepared(fields)
        return {
            name: self._entry(value, *self._interval(name, fields)) | self._signature(name)
            for name, value in measure(self.kind, self.truth, fields).items()
        }

    def briefly(self, fields: Fields, *, but: tuple[str, ...] = ()) -> Values:
        """Each metric that is defined, without its interval but for the named ones."""
        fields = self.prepared(fields)
        return {
            name: self._entry(value, *(self._interval(name, fields) if name in but else ()))
            for name, value in measure(self.kind, self.truth, fields).items()
        }

    def difference(self, name: str, first: Fields, second: Fields) -> Difference:
        """First minus second in the named metric, with interval and p-value."""
        metric = METRICS[self.kind][name]
        return difference(
            metric, name, self.truth, first, second, self.resamples, grouped=self.grouped
        )

    def _interval(self, name: str, fields: Fields) -> tuple[float, float]:
        metric = METRICS[self.kind][name]
        return interval(metric, self.truth, fields, self.resamples, grouped=self.grouped)

    def _signature(self, name: str) -> dict[str, float | int | str]:
        signature = METRICS[self.kind][name].signature
        return {"signature": signature(self.truth)} if signature else {}

    def _entry(self, value: float, *ends: float) -> dict[str, float | int | str]:
        between = dict(zip(("low", "high"), ends, strict=False))
        return {"value": value, **between, "n": len(self.truth), "split": self.split}

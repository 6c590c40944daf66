"""Columns of a series to the stretch of time around each row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.codecs import Tensors
from fathom.data.codecs.past import Scale, Scaled, matrix, too_few
from fathom.data.gaps import carried, standards
from fathom.data.table import Column
from fathom.spec import Spec


@dataclass(frozen=True)
class AroundCodec(Scaled):
    """The `window` - 1 rows on both sides of each row, (N, C, 2 window - 1), as measured."""

    kind: ClassVar[str] = "around"

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    window: int

    @classmethod
    def fit(cls, values: np.ndarray, *, names: Sequence[str] = ("value",), window: int = 2) -> Self:
        """Learn the mean and deviation of each series from the training rows (N, C)."""
        means, deviations = (each.tolist() for each in standards(values))
        pairs = zip(means, deviations, strict=True)
        scales = tuple(Scale(mean, deviation, logarithm=False) for mean, deviation in pairs)
        return cls(tuple(names), scales, window)

    def strange(self, values: Iterable[Column]) -> dict[int, list[str]]:
        """That no stretch of a series is whole."""
        return too_few(values, 2 * self.window - 1, "the network foretells nothing of it")

    def series(self, values: Iterable[Column]) -> np.ndarray:
        """The series (N, C); what is not known is the last known value."""
        return carried(matrix(values, self.names), np.array([s.mean for s in self.scales]))

    def encode(self, values: Iterable[Column]) -> Tensors:
        """Views of the one series; before its beginning and after its end nothing is known: nan.

        The last value again would be a stretch that stands still, which no training window does.
        """
        series = torch.from_numpy(np.ascontiguousarray(self.series(values).T))
        side = self.window - 1
        padded = F.pad(series, (side, side), value=float("nan"))
        return {"value": padded.unfold(1, 2 * side + 1, 1).transpose(0, 1)}

    def spec(self) -> Spec:
        """One series at a time: 2 window - 1 positions of two channels, values and what is hidden;
        `levels` is the window.
        """
        return Spec(kind="series", shape=(2 * self.window - 1, 2), levels=(self.window,))

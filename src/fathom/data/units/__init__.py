"""An objective's answers and the stored truth to the user's units and words, by kind of target."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from fathom.data.codecs import Codec
from fathom.data.units.future import FutureUnits
from fathom.data.units.labelled import CategoryUnits, LabelsUnits, NumberUnits
from fathom.data.units.likeness import MEASURES, AnomalyUnits, SampleUnits, ValuesUnits
from fathom.data.units.plain import Arrays, Encoded
from fathom.data.units.wording import BytesUnits, TextUnits, TranscriptUnits

__all__ = ["MEASURES", "UNITS", "Arrays", "Units"]


class Units(Protocol):
    """How one kind of target is told.

    truth: encoded targets of N rows -> what metrics take. known: which of them say anything. asked:
    all targets as rivals are given them.
    fields: predict's arrays -> the same in the user's units. columns: such arrays -> columns of
    predictions.parquet. together: such arrays of several networks for the same rows -> one answer.
    """

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Encoded targets as metrics take them."""
        ...

    def known(self, encoded: Encoded) -> np.ndarray:
        """Which targets are there and have a meaning, (N,) bool."""
        ...

    def asked(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """All targets as rivals are given them; texts are given by themselves."""
        ...

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """Answers in the user's units."""
        ...

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Answers in the user's units as columns of a table."""
        ...

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean of several networks' answers in the user's units; of one, that one's."""
        ...


UNITS: Mapping[str, Units] = {
    "anomaly": AnomalyUnits(),
    "bits": ValuesUnits(),
    "bytes": BytesUnits(),
    "category": CategoryUnits(),
    "density": ValuesUnits(),
    "future": FutureUnits(),
    "labels": LabelsUnits(),
    "number": NumberUnits(),
    "sample": SampleUnits(),
    "text": TextUnits(),
    "transcript": TranscriptUnits(),
    "values": ValuesUnits(),
}

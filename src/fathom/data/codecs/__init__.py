"""How one column becomes tensors and comes back; fitted on the training part only, saved with the
run.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import polars as pl
from torch import Tensor

from fathom.data.ragged import Ragged
from fathom.spec import Spec

Tensors = dict[str, Tensor]
Stored = Tensor | Ragged


class Codec(Protocol):
    """A frozen dataclass whose fields are JSON values: the fitted statistics.

    encode: raw values -> named compact tensors on the CPU, once ("value", and where needed
    "length",
        "missing"): uint8 pictures, float32 numbers (NaN is missing), int64 categories (0 is
        unknown).
    prepare: those tensors, batched, on any device, after augmentation -> the same names as a
    network or
        loss takes them; traceable, hence exported.
    decode: an objective's tensors of one answer -> raw values (names, numbers in the user's unit).
    """

    kind: ClassVar[str]

    @classmethod
    def fit(cls, values: Any) -> Self:
        """Learn the statistics from the training part's values."""
        ...

    def encode(self, values: Any) -> Mapping[str, Stored]:
        """Raw values to compact stored tensors."""
        ...

    def strange(self, values: Any) -> dict[int, list[str]]:
        """What rows hold that the fitted statistics know nothing of, in words by row."""
        ...

    def prepare(self, tensors: Tensors) -> Tensors:
        """Stored tensors of a batch to what a network or loss takes."""
        ...

    def decode(self, tensors: Tensors) -> Any:
        """An answer's tensors to raw values."""
        ...

    def spec(self) -> Spec:
        """What a network must know of the field."""
        ...


@runtime_checkable
class Sounding(Protocol):
    """A codec whose pictures are clips: they are judged as they sound, and written as sounds.

    rate: samples a second. clip: a picture (H, W, C) uint8 -> int16 samples. heard: pictures
    (N, H, W, C) -> those of their sounds. Time runs one way in them: they are never mirrored.
    """

    rate: int

    def clip(self, picture: np.ndarray) -> np.ndarray:
        """The sound of a picture."""
        ...

    def heard(self, pictures: np.ndarray) -> np.ndarray:
        """What is left of pictures when they were played."""
        ...


@runtime_checkable
class Listing(Protocol):
    """A codec whose examples are rows of a table: they are judged as they are written.

    listed: points (N, F) -> rows in the user's columns and units. written: points -> those of the
    rows that they are written as.
    """

    def listed(self, values: np.ndarray) -> pl.DataFrame:
        """Rows, null where a value is missing."""
        ...

    def written(self, values: np.ndarray) -> np.ndarray:
        """What is left of points when they were written."""
        ...


def to_json(codec: Any) -> dict[str, Any]:
    """The codec's kind and statistics, as `codecs.json` holds them."""
    return {"kind": codec.kind, **asdict(codec)}

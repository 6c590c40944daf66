"""How one column becomes tensors and comes back; fitted on the training part only, saved with the
run.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

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
class Following(Codec, Protocol):
    """A codec of rows that may follow each other as one text."""

    def apart(self) -> Codec:
        """The same for rows of which each stands for itself."""
        ...


def to_json(codec: Any) -> dict[str, Any]:
    """The codec's kind and statistics, as `codecs.json` holds them."""
    return {"kind": codec.kind, **asdict(codec)}

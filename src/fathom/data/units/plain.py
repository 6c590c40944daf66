"""What the units of all kinds of target share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom.data.codecs import Codec
from fathom.data.ragged import Ragged

Arrays = Mapping[str, np.ndarray]
Encoded = np.ndarray | Ragged


class PlainUnits:
    """Targets that are stored as numbers of one size."""

    def known(self, encoded: Encoded) -> np.ndarray:
        """No class below 0, no number that is nan."""
        each = plain(encoded).reshape(len(encoded), -1)
        known = each >= 0 if each.dtype == np.int64 else ~np.isnan(each)
        return np.asarray(known.all(axis=1))

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The numbers as they are."""
        return plain(encoded)

    def asked(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The truth itself."""
        return self.truth(codec, encoded)

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """As they are."""
        return dict(fields)


def plain(encoded: Encoded) -> np.ndarray:
    """Targets that are stored as numbers of one size."""
    assert isinstance(encoded, np.ndarray)
    return encoded


def mean(answers: Sequence[Arrays], name: str) -> np.ndarray:
    """The mean over networks of one of their arrays."""
    return np.asarray(np.mean([each[name] for each in answers], axis=0))


def doubts(answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """The mean distance to the training data, and whether most networks find an example unlike
    them.
    """
    unlike = np.mean([each["unlike"] for each in answers], axis=0) > 0.5
    return {"distance": mean(answers, "distance"), "unlike": np.asarray(unlike)}


def shared(fields: Arrays) -> dict[str, Any]:
    """What every kind may have."""
    columns: dict[str, Any] = {}
    if "probability" in fields:
        columns["probability"] = fields["probability"].astype(np.float64).tolist()
    for name in ("distance", "unlike"):
        if name in fields:
            columns[name] = fields[name]
    return columns

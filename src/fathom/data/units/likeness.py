"""What a network kept, drew or found unlike the rest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fathom.data.codecs import Codec
from fathom.data.units.plain import Arrays, Encoded, PlainUnits, mean, plain

MEASURES = ("error", "elbo", "nll")


class ValuesUnits(PlainUnits):
    """How well examples were kept, or how probable they are, and their codes."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """How many values each example holds, int64 (N, 1)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Each measure, and the code as a list."""
        columns: dict[str, Any] = {}
        if "truth" in fields:
            columns["values"] = fields["truth"][:, 0]
        columns |= {name: fields[name] for name in MEASURES if name in fields}
        if "code" in fields:
            columns["code"] = fields["code"].astype(np.float64).tolist()
        return columns

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean of each measure; codes of different networks have nothing in common: the
        first's.
        """
        measures = [name for name in MEASURES if name in answers[0]]
        unlike = np.mean([each["unlike"] for each in answers], axis=0) > 0.5
        told = {name: mean(answers, name) for name in measures}
        return {"code": answers[0]["code"], **told, "unlike": np.asarray(unlike)}


class SampleUnits(PlainUnits):
    """What was drawn: pictures, and the class that each was to have."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Class numbers from 1, or 0, int64 (N,)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """The class that was asked for by name, and what the judges say of each picture."""
        columns: dict[str, Any] = {}
        for name in ("wish", "seen"):
            if name in fields:
                columns[name] = codec.decode({"answer": torch.from_numpy(fields[name])})
        names = ("nearest", "ratio", "memorised", "agrees")
        return columns | {name: fields[name] for name in names if name in fields}

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """What the first draws: a mean of pictures is none."""
        return dict(answers[0])


class AnomalyUnits(PlainUnits):
    """Normal or not, and how far from normal."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """1 for an anomaly, int64 (N,)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Whether a row is one, whether it was called one, and its score."""
        names = {"truth": "anomaly", "answer": "alarm", "score": "anomaly_score"}
        names |= {name: name for name in ("threshold", "buffer")}  # of rows in time
        return {column: fields[name] for name, column in names.items() if name in fields}

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean score; an alarm where most networks raise one."""
        alarm = np.mean([each["answer"] for each in answers], axis=0) > 0.5
        told = {"answer": alarm.astype(np.int64), "score": mean(answers, "score")}
        return told | {n: mean(answers, n) for n in ("threshold", "buffer") if n in answers[0]}

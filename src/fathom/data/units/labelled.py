"""Classes, sets of labels and numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fathom.data.codecs import Codec
from fathom.data.units.plain import Arrays, Encoded, PlainUnits, doubts, mean, plain, shared


class CategoryUnits(PlainUnits):
    """Class numbers stay numbers for metrics and become names in the table."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Class numbers, int64 (N,)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Names of the answers, and the probabilities as lists."""
        columns: dict[str, Any] = {}
        for name in ("truth", "answer"):
            if name in fields:
                columns[name] = codec.decode({"answer": torch.from_numpy(fields[name].astype(int))})
        return columns | shared(fields)

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean probabilities, and what they answer."""
        probability = mean(answers, "probability")
        return {"answer": self.decide(probability), "probability": probability, **doubts(answers)}

    def decide(self, probability: np.ndarray) -> np.ndarray:
        """The most probable class, int64 (N,)."""
        return np.asarray(probability.argmax(axis=1))


class LabelsUnits(CategoryUnits):
    """Sets of labels: 0 and 1 for metrics, lists of names in the table."""

    def decide(self, probability: np.ndarray) -> np.ndarray:
        """Labels more probable than not, 0 or 1, int64 (N, K)."""
        return (probability > 0.5).astype(np.int64)


class NumberUnits(PlainUnits):
    """Standardised numbers become the user's; the training range bounds them."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Numbers in the user's units, float64 (N, R), not bounded."""
        deviations = np.array(codec.deviations)  # type: ignore[attr-defined]
        means = np.array(codec.means)  # type: ignore[attr-defined]
        return np.asarray(plain(encoded).astype(np.float64) * deviations + means)

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """Answer, score and interval in the user's units."""
        told = dict(fields)
        for name in ("answer", "score", "low", "high"):
            if name in fields:
                told[name] = codec.decode({"answer": torch.from_numpy(fields[name])})
        return told

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """One column a number; with several targets their names follow."""
        names = codec.spec().classes
        columns: dict[str, Any] = {}
        for field, column in (
            ("truth", "truth"),
            ("answer", "score"),
            ("low", "low"),
            ("high", "high"),
        ):
            if field not in fields:
                continue
            for place, target in enumerate(names):
                title = column if len(names) == 1 else f"{column}_{target}"
                columns[title] = fields[field][:, place]
        return columns | shared(fields)

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean number, and the interval from the lowest end to the highest."""
        score = mean(answers, "score")
        return {
            "answer": score,
            "score": score,
            "low": np.min([each["low"] for each in answers], axis=0),
            "high": np.max([each["high"] for each in answers], axis=0),
            **doubts(answers),
        }

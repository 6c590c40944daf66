"""An objective's answers and the stored truth to the user's units and words, by kind of target."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from fathom.data.codecs import Codec

Arrays = Mapping[str, np.ndarray]


class Units(Protocol):
    """How one kind of target is told.

    truth: encoded targets (N, ...) -> what metrics take. fields: predict's arrays -> the same in
    the user's units. columns: such arrays -> columns of predictions.parquet. together: such arrays
    of several networks for the same rows -> one answer.
    """

    def truth(self, codec: Codec, encoded: np.ndarray) -> np.ndarray:
        """Encoded targets as metrics take them."""
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


class CategoryUnits:
    """Class numbers stay numbers for metrics and become names in the table."""

    def truth(self, codec: Codec, encoded: np.ndarray) -> np.ndarray:
        """Class numbers, int64 (N,)."""
        return encoded

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """As they are."""
        return dict(fields)

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


class NumberUnits:
    """Standardised numbers become the user's; the training range bounds them."""

    def truth(self, codec: Codec, encoded: np.ndarray) -> np.ndarray:
        """Numbers in the user's units, float64 (N, R), not bounded."""
        deviations = np.array(codec.deviations)  # type: ignore[attr-defined]
        means = np.array(codec.means)  # type: ignore[attr-defined]
        return np.asarray(encoded.astype(np.float64) * deviations + means)

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


class BytesUnits:
    """Nats of texts, and of each of their tokens."""

    def truth(self, codec: Codec, encoded: np.ndarray) -> np.ndarray:
        """Bytes and words of each text, int64 (N, 2)."""
        return encoded

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """As they are."""
        return dict(fields)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Bytes and nats of each text."""
        columns: dict[str, Any] = {}
        if "truth" in fields:
            columns |= {"bytes": fields["truth"][:, 0], "words": fields["truth"][:, 1]}
        if "nll" in fields:
            columns["nll"] = fields["nll"]
        return columns

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The nats of the mean probability: -log mean exp(-nll)."""
        each = np.stack([one["nll"] for one in answers])
        return {"nll": np.log(len(each)) - np.logaddexp.reduce(-each, axis=0)}


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


UNITS: Mapping[str, Units] = {
    "bytes": BytesUnits(),
    "category": CategoryUnits(),
    "labels": LabelsUnits(),
    "number": NumberUnits(),
}

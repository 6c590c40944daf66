"""An objective's answers and the stored truth to the user's units and words, by kind of target."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Codec
from fathom.data.ragged import Ragged
from fathom.spec import END

Arrays = Mapping[str, np.ndarray]
Encoded = np.ndarray | Ragged
MOST_STORED = 1_000_000  # numbers of forecasts kept for the report
MARKS = 2  # BEGIN and END of an item
MEASURES = ("error", "elbo", "nll")


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


class BytesUnits(PlainUnits):
    """Nats of texts, and of each of their tokens."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Bytes and words of each text, int64 (N, 2)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Bytes and nats of each text."""
        columns: dict[str, Any] = {}
        if "truth" in fields:
            columns |= {"bytes": fields["truth"][:, 0], "words": fields["truth"][:, 1]}
        if "nll" in fields:
            columns["nll"] = fields["nll"]
        return columns

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The nats of the mean probability, -log mean exp(-nll); tokens as the first has them."""
        each = np.stack([one["nll"] for one in answers])
        nll = np.log(len(each)) - np.logaddexp.reduce(-each, axis=0)
        return {"nll": nll, "surprise": answers[0]["surprise"], "size": answers[0]["size"]}


class FutureUnits:
    """Scaled forecasts become the user's numbers; each knows what its errors are divided by."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """What came, float32 (N, C, H), nan where not known."""
        return plain(encoded)

    def known(self, encoded: Encoded) -> np.ndarray:
        """All: the parts hold only forecasts whose truth is known."""
        return np.ones(len(encoded), dtype=bool)

    def asked(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The series itself, (N, C)."""
        return plain(encoded)[:, :, 0]

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """Answer and interval in the user's units, and `errors` (N, C, 2): what errors are divided
        by.
        """
        told = dict(fields)
        for name in ("answer", "low", "high"):
            if name in fields:
                told[name] = codec.decode({"answer": torch.from_numpy(fields[name])})
        errors = np.array(codec.errors)  # type: ignore[attr-defined]
        told["errors"] = np.broadcast_to(errors, (len(fields["answer"]), *errors.shape))
        return told

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """A list of H numbers a row and series; of many, evenly spread rows alone hold them."""
        names = codec.spec().classes
        columns: dict[str, Any] = {}
        for field, column in (
            ("truth", "came"),
            ("answer", "forecast"),
            ("low", "low"),
            ("high", "high"),
        ):
            if field not in fields:
                continue
            values = fields[field]
            every = max(1, -(-values.size // MOST_STORED))
            for place, target in enumerate(names):
                title = column if len(names) == 1 else f"{column}_{target}"
                kept = [
                    values[row, place].tolist() if row % every == 0 else None
                    for row in range(len(values))
                ]
                columns[title] = pl.Series(kept, dtype=pl.List(pl.Float32))
        return columns

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean forecast, and the interval from the lowest end to the highest."""
        return {
            "answer": mean(answers, "answer"),
            "low": np.min([each["low"] for each in answers], axis=0),
            "high": np.max([each["high"] for each in answers], axis=0),
            "errors": answers[0]["errors"],
        }


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


class TextUnits:
    """Tokens become texts."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The texts, str (N,), or (N, M) where there are up to M references, None beyond them."""
        assert isinstance(encoded, Ragged)
        rows = [references(row) for row in encoded.lists()]
        most = max(map(len, rows), default=1)
        told = np.full((len(rows), most), None, dtype=object)
        for place, row in enumerate(rows):
            told[place, : len(row)] = texts(codec, row)
        return told[:, 0] if most == 1 else told

    def known(self, encoded: Encoded) -> np.ndarray:
        """Texts that hold anything between their marks."""
        assert isinstance(encoded, Ragged)
        return np.asarray(np.diff(encoded.offsets) > MARKS)

    def asked(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """Nothing: rivals read the texts."""
        return np.zeros(len(encoded))

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """Answers as texts, str (N,)."""
        return {**fields, "answer": texts(codec, fields["answer"].tolist())}

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Texts, and the score of an answer."""
        names = {"truth": "truth", "answer": "answer", "score": "log_probability"}
        columns = {name: fields[name].tolist() for name in names if name in fields}
        if "truth" in fields and fields["truth"].ndim > 1:
            every = [[text for text in row if text is not None] for row in columns["truth"]]
            columns |= {"truth": [row[0] for row in every], "references": every}
        return {names.get(name, name): values for name, values in columns.items()}

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """Of each row the answer that its network finds most probable."""
        best = np.argmax([each["score"] for each in answers], axis=0)
        rows = np.arange(len(best))
        return {
            name: np.stack([each[name] for each in answers])[best, rows]
            for name in ("answer", "score")
        }


class TranscriptUnits(TextUnits):
    """Labels become texts; nothing marks where they begin and end."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The texts, str (N,)."""
        assert isinstance(encoded, Ragged)
        return texts(codec, encoded.lists())

    def known(self, encoded: Encoded) -> np.ndarray:
        """Transcripts that say anything."""
        assert isinstance(encoded, Ragged)
        return np.asarray(np.diff(encoded.offsets) > 0)


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


class AnomalyUnits(PlainUnits):
    """Normal or not, and how far from normal."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """1 for an anomaly, int64 (N,)."""
        return plain(encoded)

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """Whether a row is one, whether it was called one, and its score."""
        names = {"truth": "anomaly", "answer": "alarm", "score": "anomaly_score"}
        names |= {"threshold": "threshold"}
        return {column: fields[name] for name, column in names.items() if name in fields}

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean score; an alarm where most networks raise one."""
        alarm = np.mean([each["answer"] for each in answers], axis=0) > 0.5
        told = {"answer": alarm.astype(np.int64), "score": mean(answers, "score")}
        return told | {n: mean(answers, n) for n in ("threshold", "buffer") if n in answers[0]}


def plain(encoded: Encoded) -> np.ndarray:
    """Targets that are stored as numbers of one size."""
    assert isinstance(encoded, np.ndarray)
    return encoded


def references(tokens: list[int]) -> list[list[int]]:
    """The texts that stand one after another in a row, each up to its END."""
    ends = [place + 1 for place, token in enumerate(tokens) if token == END]
    if not ends:
        return [tokens]
    return [tokens[start:stop] for start, stop in pairwise([0, *ends])]


def texts(codec: Codec, tokens: list[list[int]]) -> np.ndarray:
    """Rows of tokens as texts, an array of objects (N,)."""
    told = np.empty(len(tokens), dtype=object)
    told[:] = [codec.text(row) for row in tokens]  # type: ignore[attr-defined]
    return told


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

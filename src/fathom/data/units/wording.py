"""Texts: how probable they are, and what a network wrote or heard."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fathom.data.codecs import Codec
from fathom.data.ragged import Ragged
from fathom.data.units.plain import Arrays, Encoded, PlainUnits, plain
from fathom.spec import END

MARKS = 2  # BEGIN and END of an item


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


class TextUnits:
    """Tokens become texts."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The texts, str (N,), or (N, M) where there are up to M references, None beyond them."""
        assert isinstance(encoded, Ragged)
        return side_by_side([texts(codec, references(row)) for row in encoded.lists()])

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


def references(tokens: list[int]) -> list[list[int]]:
    """The texts that stand one after another in a row, each up to its END."""
    ends = [place + 1 for place, token in enumerate(tokens) if token == END]
    if not ends:
        return [tokens]
    return [tokens[start:stop] for start, stop in pairwise([0, *ends])]


def side_by_side(rows: Sequence[Sequence[str] | np.ndarray]) -> np.ndarray:
    """The references of each row, (N, M), None where a row has fewer; (N,) where each has one."""
    most = max(map(len, rows), default=1)
    told = np.full((len(rows), most), None, dtype=object)
    for place, row in enumerate(rows):
        told[place, : len(row)] = row
    return told[:, 0] if most == 1 else told


def texts(codec: Codec, tokens: list[list[int]]) -> np.ndarray:
    """Rows of tokens as texts, an array of objects (N,)."""
    told = np.empty(len(tokens), dtype=object)
    told[:] = [codec.text(row) for row in tokens]  # type: ignore[attr-defined]
    return told

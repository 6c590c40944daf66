"""Texts and their summaries to tokens: units of the one, each with a mark, and references."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import polars as pl

from fathom.data.codecs import Stored, Tensors
from fathom.data.codecs.text import TextCodec, beyond
from fathom.data.extracts import Stems, oracle, units
from fathom.data.ragged import Ragged
from fathom.data.table import Column
from fathom.errors import DataError
from fathom.spec import BEGIN, Spec


@dataclass(frozen=True)
class UnitsCodec:
    """One column of texts as units (turns, sentences), a BEGIN before the tokens of each.

    pieces: the vocabulary, and the longest text in tokens; units beyond it are left out.
    """

    kind: ClassVar[str] = "units"

    pieces: TextCodec

    @classmethod
    def fit(cls, values: pl.Series, *, pieces: int = 1024, most: int = 1024) -> Self:
        """Learn the vocabulary; most: tokens of the longest text that is read whole."""
        return cls(TextCodec.fit(values, pieces=pieces, longest=most)).fitted(values)

    def fitted(self, values: pl.Series) -> Self:
        """The same vocabulary for texts no longer than the longest of these."""
        found = self.encode(values)["value"]
        assert isinstance(found, Ragged)
        longest = max(map(len, found.lists()), default=1)
        return replace(self, pieces=replace(self.pieces, longest=max(1, longest)))

    def encode(self, values: pl.Series) -> dict[str, Stored]:
        """A ragged row of marked tokens a text."""
        rows = [self.marked(text) for text in values.fill_null("").to_list()]
        return {"value": Ragged.of(rows, most=self.spec().levels[0])}

    def marked(self, text: str) -> list[int]:
        """The tokens of as many whole units as fit; of a first one that does not, the beginning."""
        row: list[int] = []
        for tokens in self.tokens(text):
            if row and len(row) + 1 + len(tokens) > self.pieces.longest:
                break
            row += [BEGIN, *tokens]
        return row[: self.pieces.longest]

    def tokens(self, text: str) -> list[list[int]]:
        """The tokens of each unit."""
        return self.pieces.tokens([f" {unit}" for unit in units(text)])

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """As for any text, and how much of a long one is read."""
        reasons = self.pieces.strange(values)
        for row, text in enumerate(values.fill_null("").to_list()):
            whole = sum(1 + len(tokens) for tokens in self.tokens(text))
            if whole > self.pieces.longest:
                reasons.setdefault(row, []).append(beyond(self.pieces.longest))
        return reasons

    def prepare(self, tensors: Tensors) -> Tensors:
        """Tokens as they are."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """As for any text."""
        return self.pieces.decode(tensors)

    def spec(self) -> Spec:
        """A text."""
        return self.pieces.spec()


@dataclass(frozen=True)
class SummaryCodec:
    """Summaries of one or several writers, and which units of their texts come closest to them.

    pieces: how summaries become tokens. extracted: the answer is put together from units of the
    text, so that no token of it need be foretold.
    """

    kind: ClassVar[str] = "summary"

    pieces: TextCodec
    extracted: bool = False

    @classmethod
    def fit(cls, values: TextCodec) -> Self:
        """Nothing is learnt but the vocabulary, which text and summary share."""
        return cls(values)

    def encode(self, values: Sequence[Column]) -> dict[str, Stored]:
        """The references of each row one after another, each between BEGIN and END, and for an
        extraction 1 for each unit to be taken, else 0, as "label".

        values: the summaries, references by further writers, and the texts where they are needed.
        """
        if not values:
            raise DataError("The summaries are missing.", remedy="Add their column.")
        texts = [column for column in values[1:] if column.kind == "text"]
        written = [values[0], *(column for column in values[1:] if column.kind == "reference")]
        rows = list(zip(*(column.series.to_list() for column in written), strict=True))
        references = [[text for text in row if text] for row in rows]
        value = self.pieces.encode(
            pl.Series([t for row in references for t in row], dtype=pl.String)
        )
        marked = value["value"]
        assert isinstance(marked, Ragged)
        each = iter(marked.lists())
        joined = [[token for _ in row for token in next(each)] for row in references]
        most = self.pieces.spec().levels[0]
        stored: dict[str, Stored] = {"value": Ragged.of(joined, most=most)}
        if self.extracted and texts:
            stored["label"] = Ragged.of(labels(texts[0].series.to_list(), references), most=1)
        return stored

    def strange(self, values: Sequence[Column]) -> dict[int, list[str]]:
        """Nothing: it is not asked."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Tokens as they are."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Texts of token rows."""
        return pl.Series([self.text(row) for row in tensors["answer"].tolist()], dtype=pl.String)

    def text(self, tokens: list[int]) -> str:
        """The text of tokens; units that were taken begin with a blank."""
        written = self.pieces.text(tokens)
        return written.strip() if self.extracted else written

    def spec(self) -> Spec:
        """A text; one without levels where no token of it is foretold."""
        spec = self.pieces.spec()
        return Spec(spec.kind, spec.shape) if self.extracted else spec


def labels(texts: Sequence[str | None], references: Sequence[Sequence[str]]) -> list[list[int]]:
    """For each unit of each text 1 where it is among those nearest to the references."""
    stems = Stems()
    found = []
    for text, summaries in zip(texts, references, strict=True):
        chosen = set(oracle(text or "", summaries, stems)) if summaries else set()
        found.append([int(place in chosen) for place in range(len(units(text or "")))])
    return found

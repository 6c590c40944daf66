"""Transcripts to labels and back: whole words where there are few, else characters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, Self

import polars as pl

from fathom.data.codecs import Stored, Tensors
from fathom.data.ragged import Ragged
from fathom.spec import BLANK, Spec

UNKNOWN = 1
FIRST = 2  # the label of the first entry
FEW_WORDS = 50
REPEATED = 5  # times that a word stands on average, if words are the labels
ORDER = 4  # labels of a run, the one that is foretold included
ENOUGH_TEXTS = 200  # of fewer, a language would know their sentences by heart and no others
SHOWN = "\ufffd"

Unit = Literal["words", "characters"]


@dataclass(frozen=True)
class TranscriptCodec:
    """Label `FIRST + i` is `vocabulary[i]`; 0 is the blank of CTC, 1 what training did not see.

    unit: what labels stand for. Blanks between words are one space each; nothing else is changed.
    texts, letters: how many of each training had; runs: how many different runs of `ORDER` labels,
    edges included, of which a language is learnt; 0 where there are too few texts for one.
    """

    kind: ClassVar[str] = "transcript"

    unit: Unit
    vocabulary: tuple[str, ...]
    texts: int = 0
    letters: int = 0
    runs: int = 0

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        """Words, where at most 50 are said again and again, else characters."""
        texts = [normal(text) for text in values.drop_nulls().to_list()]
        words = Counter(word for text in texts for word in text.split())
        if words and len(words) <= FEW_WORDS and words.total() >= REPEATED * len(words):
            made = cls("words", tuple(sorted(words)))
        else:
            made = cls("characters", tuple(sorted({letter for text in texts for letter in text})))
        learnt = len(runs(map(made.labels, texts), ORDER)) if len(texts) >= ENOUGH_TEXTS else 0
        return replace(made, texts=len(texts), letters=sum(map(len, texts)), runs=learnt)

    @cached_property
    def places(self) -> dict[str, int]:
        """The label of each entry of the vocabulary."""
        return {entry: FIRST + place for place, entry in enumerate(self.vocabulary)}

    def labels(self, text: str) -> list[int]:
        """The labels of one text."""
        pieces = normal(text).split() if self.unit == "words" else list(normal(text))
        return [self.places.get(piece, UNKNOWN) for piece in pieces]

    def encode(self, values: pl.Series) -> dict[str, Stored]:
        """A ragged row of labels a text; a missing text is an empty one."""
        rows = [self.labels(text) for text in values.fill_null("").to_list()]
        return {"value": Ragged.of(rows, most=self.spec().levels[0])}

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Words or characters that training did not see, by row."""
        known, reasons = set(self.vocabulary), {}
        for row, text in enumerate(values.fill_null("").to_list()):
            pieces = normal(text).split() if self.unit == "words" else normal(text)
            unseen = sorted(set(pieces) - known)
            if unseen:
                listed = ", ".join(map(repr, unseen[:5])) + (", ..." if len(unseen) > 5 else "")
                reasons[row] = [f"{self.unit} that training did not see: {listed}"]
        return reasons

    def prepare(self, tensors: Tensors) -> Tensors:
        """Labels as they are."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Texts of label rows "answer" (N, L), padded with the blank."""
        return pl.Series([self.text(row) for row in tensors["answer"].tolist()], dtype=pl.String)

    def text(self, labels: list[int]) -> str:
        """The text of labels; what was unknown is shown as \ufffd."""
        pieces = [
            self.vocabulary[label - FIRST] if label >= FIRST else SHOWN
            for label in labels
            if label != BLANK
        ]
        return (" " if self.unit == "words" else "").join(pieces)

    def spec(self) -> Spec:
        """How many labels there are, the blank included, and runs of them for a language."""
        levels = (FIRST + len(self.vocabulary),)
        return Spec(kind="transcript", shape=(self.runs, ORDER), levels=levels)


def runs(rows: Iterable[Sequence[int]], order: int = ORDER) -> Counter[tuple[int, ...]]:
    """How often each run of `order` labels occurs in rows; the last one is foretold by the others.

    Before a row's first label and after its last stands its edge, 0.
    """
    found: Counter[tuple[int, ...]] = Counter()
    for row in rows:
        edged = (*(BLANK,) * (order - 1), *row, BLANK)
        found.update(edged[end - order : end] for end in range(order, len(edged) + 1))
    return found


def normal(text: str) -> str:
    """A text with one space between words and none around them."""
    return " ".join(text.split())

"""Texts to tokens and back: characters, or pieces of words found by byte pair encoding."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import polars as pl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from fathom.data.codecs import Stored, Tensors
from fathom.data.ragged import Ragged
from fathom.spec import BEGIN, END, PADDING, UNKNOWN, Spec

SPECIAL = ("<padding>", "<begin>", "<end>", "<unknown>")
MOST_CHARACTERS = 300
FIRST = len(SPECIAL)
LEARNT_FROM = 20_000_000  # characters: more change no vocabulary
Marks = Literal["none", "items", "running"]
Unit = Literal["characters", "bytes"]


@dataclass(frozen=True)
class TextCodec:
    """One column of texts; token `FIRST + i` is `vocabulary[i]`.

    unit: what tokens are made of: "characters", of which one that training did not see is
    `UNKNOWN`, or "bytes". merges: pairs of pieces in the order in which bytes are joined (Sennrich
    et al. 2016, Algorithm 1, arXiv:1508.07909). marks: "items" stand between BEGIN and END; rows of
    a "running" text follow each other, with BEGIN before the first. longest: positions a network
    sees; cut: of a longer text the rest is left out; history: tokens of earlier rows that come with
    a row of running text, 0: each row is a text for itself.
    """

    kind: ClassVar[str] = "text"

    vocabulary: tuple[str, ...]
    unit: Unit = "characters"
    merges: tuple[tuple[str, str], ...] = ()
    marks: Marks = "none"
    longest: int = 256
    history: int = 0
    cut: bool = False

    @classmethod
    def fit(
        cls,
        values: pl.Series,
        *,
        pieces: int = 0,
        marks: Marks = "none",
        longest: int = 256,
        history: int = 0,
    ) -> Self:
        """Learn the vocabulary; pieces: how large a byte-level one, 0: of characters.

        More than 300 different characters are told by bytes, whatever was asked.
        """
        texts = values.drop_nulls().to_list()
        if not pieces:
            counts: Counter[str] = Counter()
            for text in texts:
                counts.update(text)
            if len(counts) <= MOST_CHARACTERS:
                known = tuple(sorted(counts))
                return cls(known, marks=marks, longest=longest, history=history)
            pieces = MOST_CHARACTERS
        vocabulary, merges = learnt(texts, pieces)
        return cls(vocabulary, "bytes", merges, marks, longest, history)

    @cached_property
    def places(self) -> dict[str, int]:
        """The token of each entry of the vocabulary."""
        return {entry: FIRST + place for place, entry in enumerate(self.vocabulary)}

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The byte pair encoder of this vocabulary."""
        return byte_level(dict(zip(SPECIAL, range(FIRST), strict=True)) | self.places, self.merges)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, without marks."""
        if self.unit == "bytes":
            return [found.ids for found in self.tokenizer.encode_batch(texts)]
        places = self.places
        return [[places.get(character, UNKNOWN) for character in text] for text in texts]

    def lengths(self, values: pl.Series) -> list[int]:
        """How many tokens each text has, without marks; a missing one has none."""
        return [len(tokens) for tokens in self.tokens(values.fill_null("").to_list())]

    def encode(self, values: pl.Series) -> dict[str, Stored]:
        """A ragged row of tokens a text; a missing text is an empty one."""
        rows = self.tokens(values.fill_null("").to_list())
        if self.cut:
            rows = [row[: self._most] for row in rows]
        if self.marks == "items":
            rows = [[BEGIN, *row, END] for row in rows]
        if self.marks == "running":
            begun = 1 if self.history else len(rows)
            rows = [*([BEGIN, *row] for row in rows[:begun]), *rows[begun:]]
        history = self.history if self.marks == "running" else 0
        return {"value": Ragged.of(rows, most=self.spec().levels[0], history=history)}

    def apart(self) -> Self:
        """The same codec for rows that do not follow each other."""
        return replace(self, history=0) if self.history else self

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """By row: characters that training did not see, and how much of a long text is read."""
        texts = values.fill_null("").to_list()
        reasons: dict[int, list[str]] = {}
        for row, told in (*self._unseen(texts), *self._unread(texts)):
            reasons.setdefault(row, []).append(told)
        return reasons

    def _unseen(self, texts: list[str]) -> Iterator[tuple[int, str]]:
        known = set(self.vocabulary)
        for row, text in enumerate(texts if self.unit == "characters" else ()):
            unseen = sorted(set(text) - known)
            if unseen:
                listed = ", ".join(map(repr, unseen[:5])) + (", ..." if len(unseen) > 5 else "")
                yield row, f"characters that training did not see: {listed}"

    def _unread(self, texts: list[str]) -> Iterator[tuple[int, str]]:
        most = self._most
        # A token is a byte at least.
        for row, text in enumerate(texts if self.cut else ()):
            if len(text.encode()) > most and len(self.tokens([text])[0]) > most:
                yield row, beyond(most)

    @property
    def _most(self) -> int:
        """Tokens of a text that is cut, without marks."""
        return self.longest - (2 if self.marks == "items" else 0)

    def prepare(self, tensors: Tensors) -> Tensors:
        """Tokens as they are."""
        return tensors

    def decode(self, tensors: Tensors) -> pl.Series:
        """Texts of token rows "answer" (N, T): up to END, without marks and padding."""
        return pl.Series([self.text(row) for row in tensors["answer"].tolist()], dtype=pl.String)

    def text(self, tokens: list[int]) -> str:
        """The text of tokens; what follows END is left out, what was unknown is shown as \ufffd."""
        if END in tokens:
            tokens = tokens[: tokens.index(END)]
        if self.unit == "bytes":
            return str(self.tokenizer.decode([t for t in tokens if t >= FIRST]))
        shown = (
            self.vocabulary[token - FIRST] if token >= FIRST else "\ufffd"
            for token in tokens
            if token not in (PADDING, BEGIN)
        )
        return "".join(shown)

    def spec(self) -> Spec:
        """Texts of up to `longest` tokens."""
        return Spec(kind="text", shape=(self.longest,), levels=(FIRST + len(self.vocabulary),))


def beyond(most: int) -> str:
    """What is said of a text that is longer than a network reads."""
    return f"more than the {most:,} tokens that the network reads: the rest is left out"


def byte_level(vocabulary: dict[str, int], merges: Any) -> Tokenizer:
    """A byte pair encoder over the bytes of words, spaces and line ends."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def learnt(texts: list[str], pieces: int) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Vocabulary and merges of the most frequent pairs; all 256 bytes are in it."""
    tokenizer = byte_level({}, [])
    trainer = trainers.BpeTrainer(
        vocab_size=max(pieces, 257),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(part_of(texts), trainer)
    state = json.loads(tokenizer.to_str())["model"]
    ordered = sorted(state["vocab"], key=state["vocab"].__getitem__)
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in state["merges"]]
    return tuple(ordered), tuple((first, second) for first, second in merges)


def part_of(texts: list[str]) -> list[str]:
    """Evenly spread texts of about `LEARNT_FROM` characters."""
    total = sum(map(len, texts))
    if total <= LEARNT_FROM:
        return texts
    if len(texts) == 1:
        return [texts[0][:LEARNT_FROM]]
    return texts[:: -(-total // LEARNT_FROM)]

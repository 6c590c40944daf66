"""Texts to weighted bags of words and letter sequences: what a text holds, not where.

A term is a word, a pair of neighbouring words, or a sequence of two to five letters of a word with
a blank on either side. Its number is a hash, so that no list of terms is kept, and two terms may
share one (Weinberger et al. 2009, arXiv:0902.2206).
"""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Stored, Tensors
from fathom.data.ragged import Ragged
from fathom.errors import RunError
from fathom.spec import Spec

WORD = re.compile(r"\w\w+")
LETTERS = range(2, 6)
BUCKETS = 2**18
AT_ONCE = 1_000  # texts whose terms are counted together: their keys stay in a few megabytes
FACTOR = np.uint64(0x9E3779B97F4A7C15)
WORDS, PAIRS, SEQUENCES = np.arange(1, 4, dtype=np.uint64)
HALVES = 2
LARGEST = 4 * HALVES * BUCKETS  # bytes of a table


@dataclass(frozen=True)
class BagCodec:
    """One column of texts as the weights of their terms.

    A term that stands c times in a text weighs (1 + ln c) (1 + ln((1 + n) / (1 + m))) when m of the
    n training texts hold it (Salton and Buckley 1988). Terms that no training text holds are left
    out; the words and pairs of a text have length one together, and so have its letter sequences.

    texts: n. seen: m of each bucket of terms, base64 of deflated 32-bit numbers. letters: whether
    letter sequences are among the terms. longest: most terms of a training text.
    """

    kind: ClassVar[str] = "bag"

    texts: int
    seen: str
    letters: bool = True
    longest: int = 1

    @classmethod
    def fit(cls, values: pl.Series, *, buckets: int = BUCKETS, letters: bool = True) -> Self:
        """Count the texts that hold each term; buckets: how many numbers terms are given."""
        seen = np.zeros(HALVES * buckets, dtype=np.int64)
        longest = 1
        for counted in counts(texts_of(values), buckets, letters=letters):
            seen += np.bincount(counted.term, minlength=len(seen))
            longest = max(longest, int(np.bincount(counted.row).max(initial=0)))
        return cls(len(values), packed(seen), letters, longest)

    @cached_property
    def table(self) -> np.ndarray:
        """How many training texts hold a term of each bucket: first of words, then of letters."""
        seen = unpacked(self.seen)
        if not len(seen) or len(seen) % HALVES:
            raise unreadable(f"{len(seen)} terms")
        return seen

    @cached_property
    def places(self) -> np.ndarray:
        """The number of each bucket among those that training texts hold, -1 of the others."""
        held = self.table > 0
        return np.where(held, np.cumsum(held) - 1, -1)

    @cached_property
    def rarity(self) -> np.ndarray:
        """1 + ln((1 + n) / (1 + m)) of each bucket."""
        return np.asarray(1 + np.log((1 + self.texts) / (1 + self.table)))

    def encode(self, values: pl.Series) -> dict[str, Stored]:
        """A ragged row of term numbers a text, each with its weight; none for a missing text."""
        buckets = len(self.table) // HALVES
        numbers, weights, sizes = [], [], []
        for counted in counts(texts_of(values), buckets, letters=self.letters):
            known = self.table[counted.term] > 0
            row, term, count = (part[known] for part in (counted.row, counted.term, counted.count))
            weight = (1 + np.log(count)) * self.rarity[term]
            half = HALVES * row + (term >= buckets)
            length = np.sqrt(np.bincount(half, weight**2, minlength=HALVES * counted.texts))
            numbers.append(self.places[term].astype(np.int32))
            weights.append((weight / length[half]).astype(np.float16))
            sizes.append(np.bincount(row, minlength=counted.texts))
        offsets = np.concatenate([[0], *sizes]).cumsum()
        flat, shares = (torch.from_numpy(np.concatenate(part)) for part in (numbers, weights))
        return {"value": Ragged(flat, offsets, weights=shares)}

    def known(self, values: pl.Series) -> np.ndarray:
        """How many different terms of each text training has seen, int64 (N,)."""
        buckets = len(self.table) // HALVES
        each = [
            np.bincount(counted.row[self.table[counted.term] > 0], minlength=counted.texts)
            for counted in counts(texts_of(values), buckets, letters=self.letters)
        ]
        return np.concatenate(each)

    def strange(self, values: pl.Series) -> dict[int, list[str]]:
        """Texts none of whose terms training has seen, by row."""
        filled = (values.fill_null("").str.strip_chars().str.len_bytes() > 0).to_numpy()
        told = "no word or letters that training saw"
        return {row: [told] for row in np.flatnonzero(filled & (self.known(values) == 0)).tolist()}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Numbers as they are, weights in float32."""
        return tensors | {"weight": tensors["weight"].float()}

    def decode(self, tensors: Tensors) -> pl.Series:
        """How many terms each text has: a hash has no way back."""
        return pl.Series(tensors["length"].tolist(), dtype=pl.Int64)

    def spec(self) -> Spec:
        """Up to `longest` terms a text, of all that training texts hold."""
        held = int((self.table > 0).sum())
        return Spec(kind="bag", shape=(self.longest,), levels=(max(1, held),))


@dataclass(frozen=True)
class Counted:
    """The terms of some texts: row and bucket of each (T,), and how often it stands there (T,)."""

    row: np.ndarray
    term: np.ndarray
    count: np.ndarray
    texts: int


def texts_of(values: pl.Series) -> list[str]:
    """Lower case; a missing text is an empty one."""
    return values.fill_null("").str.to_lowercase().to_list()


def counts(texts: Sequence[str], buckets: int, *, letters: bool) -> Iterator[Counted]:
    """The terms of all texts, some texts at a time, rows numbered from 0 each time."""
    for start in range(0, max(1, len(texts)), AT_ONCE):
        part = texts[start : start + AT_ONCE]
        found = list(words_and_pairs(part))
        rows = [row for row, _ in found]
        terms = [hashed % np.uint64(buckets) for _, hashed in found]
        if letters:
            row, hashed = sequences(part)
            rows.append(row)
            terms.append(hashed % np.uint64(buckets) + np.uint64(buckets))
        width = np.uint64(HALVES * buckets)
        keys = np.concatenate(rows).astype(np.uint64) * width + np.concatenate(terms)
        keys, count = np.unique(keys, return_counts=True)
        yield Counted(
            (keys // width).astype(np.int64), (keys % width).astype(np.int64), count, len(part)
        )


def words_and_pairs(texts: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and hashes of the words of two and more letters, then of pairs of neighbouring ones."""
    word, row, words = numbered(WORD.findall(text) for text in texts)
    points, starts, _ = spelled(words)
    powers = np.ones(int(np.diff(starts, append=len(points)).max(initial=1)), dtype=np.uint64)
    powers[1:] = FACTOR
    powers = np.multiply.accumulate(powers)
    place = np.arange(len(points)) - np.repeat(starts, np.diff(starts, append=len(points)))
    each = np.add.reduceat(points * powers[place], starts) if len(words) else points
    hashes = each[word]
    yield row, mixed(hashes + WORDS)
    together = row[1:] == row[:-1]
    yield row[1:][together], mixed((mixed(hashes[:-1]) * FACTOR + hashes[1:])[together] + PAIRS)


def sequences(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and hashes of the letter sequences of all words, which stand between blanks.

    Each different word is taken apart once, all words at the same time.
    """
    word, row, words = numbered(text.split() for text in texts)
    points, _, of_word = spelled([f" {word} " for word in words])
    hashes, owners = [], []
    rolling = points
    for size in LETTERS:
        rolling = rolling[:-1] * FACTOR + points[size - 1 :]
        inside = of_word[: len(rolling)] == of_word[size - 1 :]
        hashes.append(mixed(rolling[inside] + SEQUENCES * np.uint64(size)))
        owners.append(of_word[: len(rolling)][inside])
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    spelling = np.concatenate(hashes)[order]
    sizes = np.bincount(owner, minlength=len(words))
    first = np.cumsum(sizes) - sizes
    each = sizes[word]
    within = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
    return np.repeat(row, each), spelling[np.repeat(first[word], each) + within]


def numbered(texts: Iterable[Sequence[str]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The numbers of the words of all texts (T,), the text of each (T,), and the different words in
    the order of their numbers.
    """
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(word, len(numbers)) for word in words] for words in texts]
    flat = np.array([number for row in rows for number in row], dtype=np.int64)
    return flat, np.repeat(np.arange(len(rows)), [len(row) for row in rows]), list(numbers)


def spelled(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The letters of all words as numbers (L,), where each word starts, whose each letter is."""
    joined = "".join(words).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, dtype="<u4").astype(np.uint64) + np.uint64(1)
    sizes = np.array([len(word) for word in words], dtype=np.int64)
    return points, np.cumsum(sizes) - sizes, np.repeat(np.arange(len(words)), sizes)


def mixed(hashes: np.ndarray) -> np.ndarray:
    """Numbers every bit of which depends on all of theirs (Steele et al. 2014, splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(hashes ^ (hashes >> np.uint64(31)))


def packed(seen: np.ndarray) -> str:
    """Numbers below 2^32 as a short text."""
    return base64.b64encode(zlib.compress(seen.astype("<u4").tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> np.ndarray:
    """The inverse of `packed`; what is no such text is an error."""
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), LARGEST)
        return np.frombuffer(data, dtype="<u4").astype(np.int64)
    except (ValueError, zlib.error) as error:
        raise unreadable(repr(error)[:200]) from error


def unreadable(found: str) -> RunError:
    """What is said of a table that no training wrote."""
    return RunError(
        "The table of terms does not read.",
        found=found,
        remedy="The run folder was changed; restore it from a copy.",
    )

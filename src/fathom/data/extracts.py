"""A text to its units, and to those of them that a reader of its summary would take."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"'”)])\s+|(?<=[。！？])")


def _stemmer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer  # half a second, and no answer needs it

    return DefaultTokenizer(use_stemmer=True)


@dataclass(frozen=True)
class Stems:
    """Texts to stemmed words as `rouge-score` has them; each different word is stemmed once.

    Stemming takes most of the time of a score, so this may take the place of its own tokenizer.
    """

    tokenizer: Any = field(default_factory=_stemmer)
    known: dict[str, list[str]] = field(default_factory=dict)

    def tokenize(self, text: str) -> list[str]:
        """The stems of a text; nothing but a-z and 0-9 is part of a word."""
        return [stem for word in text.split() for stem in self._of(word)]

    def _of(self, word: str) -> list[str]:
        if word not in self.known:
            self.known[word] = list(self.tokenizer.tokenize(word))
        return self.known[word]


def units(text: str) -> list[str]:
    """The turns of a dialogue or paragraphs, one a line; of a single line, its sentences."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        return lines
    return [sentence for sentence in SENTENCE_END.split(lines[0]) if sentence]


def oracle(text: str, summaries: Sequence[str], stems: Stems) -> list[int]:
    """The places of the units that a reader of the summaries would take, in their order.

    Greedily, while ROUGE-1 + ROUGE-2 F, in the mean over the summaries, grows (Liu and Lapata 2019,
    arXiv:1908.08345, section 3.2).
    """
    parts = [stems.tokenize(unit) for unit in units(text)]
    counts = [_shared(parts, stems.tokenize(summary), n) for summary in summaries for n in (1, 2)]
    chosen: list[int] = []
    best = 0.0
    while len(chosen) < len(parts):
        scores = np.sum([count.with_one_more(chosen) for count in counts], axis=0)
        scores[chosen] = -1.0
        if scores.max() <= best:
            break
        best = scores.max()
        chosen.append(int(scores.argmax()))
    return sorted(chosen)


@dataclass(frozen=True)
class _Shared:
    """The n-grams of U units beside those of a summary: held (U, G), how often each unit has each
    of the summary's different ones; wanted (G,), how often the summary has them; sizes (U,).
    """

    held: np.ndarray
    wanted: np.ndarray
    sizes: np.ndarray

    def with_one_more(self, chosen: list[int]) -> np.ndarray:
        """ROUGE-n F (U,) of the chosen units and each one more."""
        hits = np.minimum(self.held[chosen].sum(0) + self.held, self.wanted).sum(1)
        sizes = self.sizes[chosen].sum() + self.sizes
        return np.asarray(2 * hits / np.maximum(sizes + self.wanted.sum(), 1))


def _shared(parts: list[list[str]], summary: list[str], n: int) -> _Shared:
    wanted = Counter(_grams(summary, n))
    place = {gram: k for k, gram in enumerate(wanted)}
    held = np.zeros((len(parts), len(wanted)))
    for unit, part in enumerate(parts):
        for gram in _grams(part, n):
            if gram in place:
                held[unit, place[gram]] += 1
    sizes = np.array([max(0, len(part) - n + 1) for part in parts])
    return _Shared(held, np.array(list(wanted.values())), sizes)


def _grams(stems: list[str], n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(stems[k:] for k in range(n)), strict=False)

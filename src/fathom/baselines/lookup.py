"""Pairs of sentences to a dictionary, and a sentence to its words looked up one by one.

Which word stands for which is nowhere said; it is learnt by expectation maximisation (IBM model 1:
Brown et al. 1993, "The mathematics of statistical machine translation", section 4.1). Every target
word came from one source word of its pair or from none (`NONE` stands before each sentence), from e
with a probability in proportion to t(f | e). The expected numbers of times that f came from e,
divided by those of e, are the next t. The likelihood has one maximum, so any even start will do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.baselines.terms import numbered

TOKEN = re.compile(r"\w+|[^\w\s]")
CLOSING = re.compile(r" ([.,;:!?%)\]}])")
NONE = ""
ROUNDS = 10
MOST_LINKS = 20_000_000  # pairs of words that may stand for each other; 30 bytes each


@dataclass(frozen=True)
class Dictionary:
    """words: source word to the most probable target word. pairs: how many it was learnt from."""

    words: Mapping[str, str]
    pairs: int

    def translate(self, text: str) -> str:
        """Each word's translation in the source's order; an unknown one is tried in lower case,
        then copied.
        """
        words = [self._look_up(word) for word in TOKEN.findall(text)]
        return CLOSING.sub(r"\1", " ".join(words))

    def _look_up(self, word: str) -> str:
        return self.words.get(word) or self.words.get(word.lower()) or word


@dataclass(frozen=True)
class Links:
    """Every target word of every pair with each source word that it may have come from.

    entry (L,): the number of each link's (e, f), among the D that occur. size (J,): of each target
    word, how many links it has, one after the other. source, target (D,): the e and f of an entry,
    sorted by e.
    """

    entry: np.ndarray
    size: np.ndarray
    source: np.ndarray
    target: np.ndarray


def learn(sources: Sequence[str], targets: Sequence[str], rounds: int = ROUNDS) -> Dictionary:
    """Learn from pairs of the same number, the first of them if all are more than memory allows."""
    from_words, from_lengths, names = numbered((NONE, *TOKEN.findall(text)) for text in sources)
    to_words, to_lengths, choices = numbered(TOKEN.findall(text) for text in targets)
    pairs = int((np.cumsum(from_lengths * to_lengths) <= MOST_LINKS).sum())
    links = link(from_words, from_lengths[:pairs], to_words, to_lengths[:pairs])
    likely = translation_probabilities(links, rounds)
    # By source word, then from the least to the most probable; of equals the first one met wins.
    order = np.lexsort((-links.target, likely, links.source))
    last = np.flatnonzero(np.diff(links.source[order], append=-1))
    best = zip(links.source[order[last]], links.target[order[last]], strict=True)
    return Dictionary({names[e]: choices[f] for e, f in best if names[e] != NONE}, pairs)


def link(
    from_words: np.ndarray, from_lengths: np.ndarray, to_words: np.ndarray, to_lengths: np.ndarray
) -> Links:
    """Link the words of pairs; words are numbers, of all sentences end to end, lengths (N,) say
    where each one ends. No source may be empty.
    """
    pair = np.repeat(np.arange(len(to_lengths)), to_lengths)
    size = from_lengths[pair]
    begin = (np.cumsum(from_lengths) - from_lengths)[pair] - (np.cumsum(size) - size)
    source = from_words[np.repeat(begin, size) + np.arange(size.sum())]
    kinds = int(to_words.max(initial=0)) + 1
    keys = source * kinds + np.repeat(to_words[: len(size)], size)
    entries, entry = np.unique(keys, return_inverse=True)
    return Links(entry.astype(np.int32), size, entries // kinds, entries % kinds)


def translation_probabilities(links: Links, rounds: int) -> np.ndarray:
    """t(f | e) of each entry (D,) after some rounds of expectation maximisation."""
    likely = np.ones(len(links.source))
    if not len(likely):
        return likely
    begin = np.cumsum(links.size) - links.size
    for _ in range(rounds):
        share = likely[links.entry]
        share /= np.repeat(np.add.reduceat(share, begin), links.size)
        expected = np.bincount(links.entry, share)
        likely = expected / np.bincount(links.source, expected)[links.source]
    return likely

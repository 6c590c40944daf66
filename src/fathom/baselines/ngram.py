"""Token ids to the probability of each next token, by interpolated modified Kneser-Ney smoothing.

Chen and Goodman 1998, "An empirical study of smoothing techniques for language modeling"
(TR-10-98). With the k - 1 tokens before it as its context, a token has the probability (eq. 24)

    p_k(token | context) = (c - D(c)) / total(context) + rest(context) p_{k-1}(token | shorter)

c counts the token after the context, `total` is the sum of these counts over all tokens, D takes
one of three discounts, as c is 1, 2 or more (eq. 26), and `rest` is the share that the discounts
took, so that the probabilities of all tokens sum to one (eq. 27). At the highest order the counts
are those of the text. At a lower one c is the number of *different* tokens that stood before
(context, token): a shorter context speaks where the longer ones had nothing to say, and there it
matters in how many places a token fits, not how often it came in one of them. The lowest order is
mixed with the uniform distribution, so that no token is impossible.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL_DISCOUNTS = (0.5, 1.0, 1.5)  # where counts are too few or too even to tell


@dataclass(frozen=True)
class Level:
    """The n-grams of one order, and what they say.

    An n-gram's key is the number of its context among the n-grams one shorter, times the
    vocabulary, plus its last token; its own number is the place of its key.
    keys: (G,) sorted. mass: (G,) what the discounted count is of its context's total.
    rest: (C,) by context, what the lower orders are given: all, where nothing came after it.
    """

    keys: np.ndarray
    mass: np.ndarray
    rest: np.ndarray

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The numbers of the n-grams with these keys, -1 for one that never occurred."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)


@dataclass(frozen=True)
class KneserNey:
    """A fitted model: the levels of the orders 1, 2, ..., over token ids below `vocabulary`."""

    vocabulary: int
    levels: tuple[Level, ...]

    @classmethod
    def fit(
        cls,
        documents: Sequence[np.ndarray] | np.ndarray,
        order: int,
        vocabulary: int,
        *,
        start: int = 0,
    ) -> "KneserNey":
        """Count the n-grams of documents (T,) of token ids, or of one stream (T,).

        order: the longest n-gram, 1 or more. start: of each document, the first tokens that are
        context alone and need no prediction (1 for a begin mark). Raises ValueError for an order
        below 1 and for ids outside of the vocabulary.
        """
        text = _Text.of(documents)
        if order < 1 or not all(0 <= token < vocabulary for token in text.extremes()):
            raise ValueError(f"order {order}, ids {text.extremes()}, vocabulary of {vocabulary}")
        counted = text.place >= start
        levels: list[Level] = []
        grams, contexts = text.grams(text.no_contexts(), vocabulary), 1
        for k in range(1, order):
            longer = text.grams(text.before(grams.at), vocabulary)
            counts = _neighbours(grams, longer, counted) + grams.count(counted & (text.place < k))
            levels.append(_level(grams.keys, counts, vocabulary, contexts))
            grams, contexts = longer, len(grams.keys)
        levels.append(_level(grams.keys, grams.count(counted), vocabulary, contexts))
        return cls(vocabulary, tuple(levels))

    def log_probabilities(self, stream: np.ndarray, start: int = 0) -> np.ndarray:
        """Natural logarithms (T - start,) of the probability of each token of a stream (T,) from
        `start` on, given all tokens before it in the stream.
        """
        return np.log(self._probabilities(_Text.of(stream))[start:])

    def log_probabilities_of(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same (T,) of every token of several documents, each given its own earlier ones."""
        ends = np.cumsum([len(tokens) for tokens in documents], dtype=np.int64)
        return np.split(np.log(self._probabilities(_Text.of(documents))), ends)[:-1]

    def losses(self, documents: Sequence[np.ndarray], start: int = 0) -> np.ndarray:
        """Negative log-likelihoods (N,) of documents, in nats, each from its token `start` on."""
        text = _Text.of(documents)
        scored = text.place >= start
        document = np.repeat(np.arange(len(documents)), [len(tokens) for tokens in documents])
        nats = -np.log(self._probabilities(text)[scored])
        return np.bincount(document[scored], nats, minlength=len(documents))

    def _probabilities(self, text: "_Text") -> np.ndarray:
        """Of every token of the text (N,), from the lowest order up."""
        probability = np.full(len(text.tokens), 1 / self.vocabulary)
        context = text.no_contexts()
        for level in self.levels:
            met = np.flatnonzero(context >= 0)
            number = level.find(context[met] * self.vocabulary + text.tokens[met])
            probability[met] *= level.rest[context[met]]
            probability[met[number >= 0]] += level.mass[number[number >= 0]]
            at = np.full(len(text.tokens), -1)
            at[met] = number
            context = text.before(at)
        return probability


@dataclass(frozen=True)
class _Grams:
    """All n-grams of one order: keys (G,) sorted; at (N,) the number of the one that ends at each
    token, -1 where it would begin before its document; end (G,) a token at which each one ends.
    """

    keys: np.ndarray
    at: np.ndarray
    end: np.ndarray

    def count(self, counted: np.ndarray) -> np.ndarray:
        """How often each occurs (G,) where `counted` (N,) holds at its last token."""
        return np.bincount(self.at[counted & (self.at >= 0)], minlength=len(self.keys))


@dataclass(frozen=True)
class _Text:
    """Documents end to end: tokens (N,) int64 and the place (N,) of each in its document."""

    tokens: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, documents: Sequence[np.ndarray] | np.ndarray) -> "_Text":
        parts = [documents] if isinstance(documents, np.ndarray) else documents
        tokens = np.concatenate([np.zeros(0, dtype=np.int64), *parts]).astype(np.int64, copy=False)
        lengths = np.array([len(part) for part in parts], dtype=np.int64)
        place = np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return cls(tokens, place)

    def extremes(self) -> tuple[int, ...]:
        """The lowest and the highest token, if there is any."""
        return (int(self.tokens.min()), int(self.tokens.max())) if len(self.tokens) else ()

    def no_contexts(self) -> np.ndarray:
        """Before every token, the number of the only n-gram without tokens."""
        return np.zeros(len(self.tokens), dtype=np.int64)

    def before(self, at: np.ndarray) -> np.ndarray:
        """What `at` (N,) holds at the token before each one of the same document, otherwise -1."""
        earlier = np.full(len(at), -1)
        earlier[1:] = at[:-1]
        earlier[self.place == 0] = -1
        return earlier

    def grams(self, context: np.ndarray, vocabulary: int) -> _Grams:
        """Number the n-grams that end at each token, from the numbers of their contexts (N,)."""
        met = np.flatnonzero(context >= 0)
        keys = context[met] * vocabulary + self.tokens[met]
        order = np.argsort(keys)
        keys = keys[order]
        first = np.diff(keys, prepend=-1) > 0
        at = np.full(len(context), -1)
        at[met[order]] = np.cumsum(first) - 1
        return _Grams(keys[first], at, met[order[first]])


def _neighbours(grams: _Grams, longer: _Grams, counted: np.ndarray) -> np.ndarray:
    """How many different tokens stand before each n-gram (G,), from the n-grams one longer."""
    ends = longer.end[longer.count(counted) > 0]
    return np.bincount(grams.at[ends], minlength=len(grams.keys))


def _level(keys: np.ndarray, counts: np.ndarray, vocabulary: int, contexts: int) -> Level:
    """Discounted shares from counts (G,) of n-grams whose contexts are numbered below C."""
    context = keys // vocabulary
    taken = discounts(counts)[np.minimum(counts, 3)]
    total = np.bincount(context, counts, minlength=contexts)
    spared = np.bincount(context, taken, minlength=contexts)
    rest = np.divide(spared, total, out=np.ones(contexts), where=total > 0)
    return Level(keys, (counts - taken) / np.maximum(total, 1)[context], rest)


def discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from a count of 0, 1, 2, and 3 or more, from how many counts are 1 to 4.

    Eq. 26: with Y = n_1 / (n_1 + 2 n_2), D_c = c - (c + 1) Y n_{c+1} / n_c. Where n_c is 0, or D_c
    not between 0 and c (tiny texts; letters, which are all frequent), it is the usual one.
    """
    found = np.bincount(np.minimum(counts, 5), minlength=6)
    taken = np.array([0.0, *USUAL_DISCOUNTS])
    for c in (1, 2, 3):
        if found[1] and found[c]:
            y = found[1] / (found[1] + 2 * found[2])
            discount = c - (c + 1) * y * found[c + 1] / found[c]
            taken[c] = discount if 0 < discount < c else taken[c]
    return taken

"""Texts to sparse counts of their words and letter sequences, and counts to TF-IDF weights.

A column is a term; columns are those of all texts given together, but weights, and which columns
stay, come from the training texts alone.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array, hstack

WORD = re.compile(r"\w\w+")
LETTERS = range(2, 6)


def word_counts(texts: Sequence[str]) -> csr_array:
    """Counts (N, F) of words of two and more letters, and of pairs of neighbouring ones; case does
    not matter.
    """
    word, lengths, words = numbered(WORD.findall(text.lower()) for text in texts)
    row = np.repeat(np.arange(len(texts)), lengths)
    together = np.flatnonzero(row[1:] == row[:-1])
    keys = word[together] * len(words) + word[together + 1]
    pairs, pair = np.unique(keys, return_inverse=True)
    single = _counts(row, word, (len(texts), len(words)))
    return hstack([single, _counts(row[together], pair, (len(texts), len(pairs)))], format="csr")


def letter_counts(texts: Sequence[str]) -> csr_array:
    """Counts (N, F) of the sequences of 2 to 5 letters of each word with a blank on either side.

    A word is what stands between blanks. Each different word is taken apart once: counts of words
    times counts of letters in words are counts of letters in texts, ten times sooner.
    """
    word, lengths, words = numbered(text.lower().split() for text in texts)
    sequence, sizes, sequences = numbered(_sequences(f" {word} ") for word in words)
    row, of_word = (
        np.repeat(np.arange(len(texts)), lengths),
        np.repeat(np.arange(len(words)), sizes),
    )
    spelling = _counts(of_word, sequence, (len(words), len(sequences)))
    return _counts(row, word, (len(texts), len(words))) @ spelling


def weigh(counts: csr_array, train: np.ndarray | slice) -> csr_array:
    """TF-IDF weights (N, F') float32 of counts (N, F) (Salton and Buckley 1988).

    A count c weighs 1 + ln c, times 1 + ln((1 + n) / (1 + m)) for a term that m of the n training
    texts hold; terms that none holds are left out, and rows scaled to length one.
    """
    seen = counts[train]
    texts = np.bincount(seen.indices, minlength=counts.shape[1])
    weights = counts[:, np.flatnonzero(texts)]
    rare = 1 + np.log((1 + seen.shape[0]) / (1 + texts[texts > 0]))
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    values = (1 + np.log(weights.data)) * rare[weights.indices]
    values /= np.sqrt(np.bincount(row, values**2, minlength=weights.shape[0]))[row]
    weights.data = values.astype(np.float32)
    return weights


def numbered(texts: Iterable[Sequence[str]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The numbers of the words of all texts, end to end; how many each text has; and the different
    words in the order of their numbers.
    """
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(word, len(numbers)) for word in words] for words in texts]
    flat = np.array([number for row in rows for number in row], dtype=np.int64)
    return flat, np.array([len(row) for row in rows], dtype=np.int64), list(numbers)


def _sequences(word: str) -> list[str]:
    return [word[i : i + n] for n in LETTERS for i in range(len(word) - n + 1)]


def _counts(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> csr_array:
    # Linear methods want narrow indices; of wide ones, sums would be wide as well.
    places = (row.astype(np.int32), column.astype(np.int32))
    return csr_array((np.ones(len(row), dtype=np.float32), places), shape=shape)

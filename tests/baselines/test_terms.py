"""Counts and weights of terms against scikit-learn's, which walk through every text."""

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from fathom.baselines.terms import letter_counts, numbered, weigh, word_counts

TEXTS = (
    "The cat sat on the mat, the fat cat.",
    "A dog sat\tby the  mat\nand a cat by the dog",
    "",
    "I",
    "Straße, naïve café: 3.14 is no WORD at all!",
    "the the the the",
    "cat dog",
)
WAYS: dict[str, tuple[Any, dict[str, Any]]] = {
    "words": (word_counts, {"ngram_range": (1, 2)}),
    "letters": (letter_counts, {"ngram_range": (2, 5), "analyzer": "char_wb"}),
}


def products(x: Any) -> Any:
    """Inner products of all rows: the same for any order of the columns."""
    return (x @ x.T).toarray()


@pytest.mark.parametrize("way", WAYS)
def test_counts_are_those_of_scikit_learn(way: str) -> None:
    count, options = WAYS[way]
    ours, theirs = count(TEXTS), CountVectorizer(**options).fit_transform(TEXTS)
    assert ours.shape == theirs.shape
    assert products(ours) == pytest.approx(products(theirs))


@pytest.mark.parametrize("way", WAYS)
def test_weights_are_fitted_on_the_training_rows_alone(way: str) -> None:
    count, options = WAYS[way]
    theirs = TfidfVectorizer(sublinear_tf=True, **options).fit(TEXTS[:4])
    ours = weigh(count(TEXTS), slice(0, 4))
    assert ours.shape[1] == len(theirs.vocabulary_)
    assert products(ours) == pytest.approx(products(theirs.transform(TEXTS)), abs=1e-6)
    assert products(weigh(count(TEXTS), np.arange(4))) == pytest.approx(products(ours))


@pytest.mark.parametrize("way", WAYS)
def test_texts_without_terms_are_rows_without_entries(way: str) -> None:
    count, _ = WAYS[way]
    weights = weigh(count(["", " ", "\n"]), slice(0, 2))
    assert weights.shape == (3, 0)


def test_words_are_numbered_as_they_are_met() -> None:
    flat, lengths, words = numbered([["b", "a"], [], ["a", "c"]])
    assert flat.tolist() == [0, 1, 1, 2]
    assert lengths.tolist() == [2, 0, 2]
    assert words == ["b", "a", "c"]

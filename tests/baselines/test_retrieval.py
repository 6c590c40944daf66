"""The nearest text against scikit-learn's similarities, and its edge cases."""

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from fathom.baselines import retrieval
from fathom.baselines.retrieval import nearest, retrieve

KNOWN = ["a man rides a red bike", "two dogs run", "a man rides a horse", "the dog is red"]
ASKED = ["a dog runs", "the red bike", "a man on a horse", "two men ride horses", "two dogs"]


@pytest.mark.parametrize("cells", [1, 9, 10_000])
def test_nearest_is_the_one_with_the_highest_cosine(
    monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    monkeypatch.setattr(retrieval, "CELLS", cells)
    weights = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(KNOWN)
    similar = cosine_similarity(weights.transform(ASKED), weights.transform(KNOWN))
    assert nearest(KNOWN, ASKED).tolist() == similar.argmax(1).tolist()


def test_a_known_source_brings_its_own_target() -> None:
    targets = [source.upper() for source in KNOWN]
    assert retrieve(KNOWN, targets, KNOWN[::-1]) == targets[::-1]


def test_without_a_shared_word_the_first_answers() -> None:
    assert retrieve(KNOWN, ["first", "", "", ""], ["xyz", ""]) == ["first", "first"]


def test_nothing_asked_or_nothing_known() -> None:
    assert nearest(KNOWN, []).shape == (0,)
    with pytest.raises(ValueError, match="no text"):
        nearest([], ASKED)

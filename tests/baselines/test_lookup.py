"""IBM model 1 against the textbook's example and expectation maximisation on dictionaries."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from fathom.baselines import lookup
from fathom.baselines.lookup import learn, link, translation_probabilities

SOURCES = ["das Haus", "das Buch", "ein Buch"]
TARGETS = ["the house", "the book", "a book"]


def linked(sources: list[str], targets: list[str]) -> tuple[Any, list[str], list[str]]:
    """Links of sentences as they stand, and the words by number on either side."""
    sides = []
    for texts in (sources, targets):
        words = sorted({word for text in texts for word in text.split()})
        flat = [words.index(word) for text in texts for word in text.split()]
        lengths = [len(text.split()) for text in texts]
        sides.append((np.array(flat), np.array(lengths), words))
    (e, e_lengths, e_words), (f, f_lengths, f_words) = sides
    return link(e, e_lengths, f, f_lengths), e_words, f_words


def entries(sources: list[str], targets: list[str], rounds: int) -> dict[tuple[str, str], float]:
    links, e_words, f_words = linked(sources, targets)
    likely = translation_probabilities(links, rounds)
    names = [(e_words[e], f_words[f]) for e, f in zip(links.source, links.target, strict=True)]
    return dict(zip(names, likely.tolist(), strict=True))


def naive(sources: list[str], targets: list[str], rounds: int) -> dict[tuple[str, str], float]:
    """The same with loops."""
    pairs = [(a.split(), b.split()) for a, b in zip(sources, targets, strict=True)]
    likely = {(e, f): 1.0 for source, target in pairs for e in source for f in target}
    for _ in range(rounds):
        expected: dict[tuple[str, str], float] = defaultdict(float)
        total: dict[str, float] = defaultdict(float)
        for source, target in pairs:
            for f in target:
                norm = sum(likely[e, f] for e in source)
                for e in source:
                    expected[e, f] += likely[e, f] / norm
                    total[e] += likely[e, f] / norm
        likely = {(e, f): count / total[e] for (e, f), count in expected.items()}
    return likely


def test_the_textbook_example() -> None:
    """Koehn 2010, "Statistical Machine Translation", figure 4.4."""
    found = [entries(SOURCES, TARGETS, rounds)["das", "the"] for rounds in (1, 2, 3)]
    assert found == pytest.approx([0.5, 0.6364, 0.7479], abs=1e-4)


def test_probabilities_are_those_of_loops() -> None:
    sources = ["a b a c", "b c", "c d d", "a d"]
    targets = ["u v", "v v w", "w x", "u x x y"]
    assert entries(sources, targets, 4) == pytest.approx(naive(sources, targets, 4))


def test_words_find_their_translation() -> None:
    dictionary = learn([f"{text} ." for text in SOURCES], [f"{text} ." for text in TARGETS])
    assert dictionary.pairs == 3
    assert dictionary.translate("ein Haus.") == "a house."


def test_unknown_words_are_tried_in_lower_case_then_copied() -> None:
    dictionary = learn(["ja", "nein"], ["yes", "no"])
    assert dictionary.translate("Ja, 42 Nein") == "yes, 42 no"
    assert dictionary.translate("") == ""


def test_as_many_pairs_are_learnt_from_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MOST_LINKS", 13)  # three source words (one is none) times two
    dictionary = learn(SOURCES, TARGETS)
    assert dictionary.pairs == 2
    assert dictionary.translate("ein") == "ein"


@pytest.mark.parametrize(("sources", "targets"), [([], []), ([""], ["x"]), (["x"], [""])])
def test_nothing_to_learn_from_copies(sources: list[str], targets: list[str]) -> None:
    assert learn(sources, targets).translate("x y.") == "x y."

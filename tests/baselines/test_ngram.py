"""Kneser-Ney against the same formulas on dictionaries, and what holds for any text."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from fathom.baselines.ngram import USUAL_DISCOUNTS, KneserNey, discounts

VOCABULARY = 7


def documents(seed: int = 0, count: int = 40) -> list[np.ndarray]:
    """Begin mark 1, then a drifting walk over the tokens 2 to 5; 0 and 6 never occur."""
    generator = np.random.default_rng(seed)
    walks = (generator.choice([0, 1, 1, 2], generator.integers(1, 30)) for _ in range(count))
    return [np.array([1, *(2 + np.cumsum(walk) % 4)]) for walk in walks]


class Naive:
    """Chen and Goodman's equations read off, one n-gram at a time."""

    def __init__(self, texts: list[np.ndarray], order: int, start: int) -> None:
        occurring: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(order + 1)]
        before: dict[tuple[int, ...], set[int]] = defaultdict(set)
        opening: Counter[tuple[int, ...]] = Counter()
        for text in texts:
            for end in range(start, len(text)):
                for n in range(1, min(order, end + 1) + 1):
                    gram = tuple(text[end + 1 - n : end + 1])
                    occurring[n][gram] += 1
                    if n == end + 1:
                        opening[gram] += 1
                    else:
                        before[gram].add(int(text[end - n]))
        self.counts = [
            {gram: len(before[gram]) + opening[gram] for gram in occurring[n]}
            if n < order
            else dict(occurring[n])
            for n in range(order + 1)
        ]
        self.taken = [discounts(np.array([*c.values()], dtype=int)) for c in self.counts]

    def probability(self, context: tuple[int, ...], token: int) -> float:
        lower = self.probability(context[1:], token) if context else 1 / VOCABULARY
        n = len(context) + 1
        after = {gram: c for gram, c in self.counts[n].items() if gram[:-1] == context}
        if not after:
            return lower
        total = sum(after.values())
        spared = sum(self.taken[n][min(c, 3)] for c in after.values()) / total
        count = after.get((*context, token), 0)
        return float((count - self.taken[n][min(count, 3)]) / total + spared * lower)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("start", [0, 1])
def test_probabilities_are_those_of_the_equations(order: int, start: int) -> None:
    texts = documents()
    naive = Naive(texts, order, start)
    fitted = KneserNey.fit(texts, order, VOCABULARY, start=start)
    for stream in (*documents(1, 5), np.array([6, 2, 2, 0, 3, 4, 5])):
        expected = [
            naive.probability(tuple(stream[max(0, end - order + 1) : end]), stream[end])
            for end in range(len(stream))
        ]
        assert np.exp(fitted.log_probabilities(stream)) == pytest.approx(expected, rel=1e-9)


def test_probabilities_of_all_tokens_sum_to_one_after_any_context() -> None:
    fitted = KneserNey.fit(documents(), 4, VOCABULARY, start=1)
    contexts = np.random.default_rng(0).integers(0, VOCABULARY, (200, 5))
    for context in (*contexts, np.array([], dtype=int), np.array([1]), np.array([1, 2])):
        ends = [np.append(context, token) for token in range(VOCABULARY)]
        assert np.exp(-fitted.losses(ends, start=len(context))).sum() == pytest.approx(1)


def test_a_known_context_helps_and_an_unknown_token_stays_possible() -> None:
    stream = np.tile([2, 3, 4, 5], 50)
    fitted = KneserNey.fit(stream, 3, VOCABULARY)
    told = np.exp(fitted.log_probabilities(np.array([2, 3, 4, 0])))
    assert told[2] > 0.9
    assert 0 < told[3] < 0.01


def test_no_n_gram_crosses_from_one_document_to_the_next() -> None:
    apart = KneserNey.fit([np.array([2, 3])] * 9 + [np.array([4, 5])] * 9, 2, VOCABULARY)
    joined = KneserNey.fit(np.tile([2, 3, 4, 5], 9), 2, VOCABULARY)
    pair = np.array([3, 4])
    assert joined.log_probabilities(pair)[1] > np.log(0.8) > apart.log_probabilities(pair)[1]


def test_a_begin_mark_is_context_and_never_the_next_token() -> None:
    texts = [np.array([1, 2, 3]), np.array([1, 2, 4]), np.array([1, 5])] * 5
    fitted = KneserNey.fit(texts, 4, VOCABULARY, start=1)
    first = np.exp(fitted.log_probabilities(np.array([1, 2]), start=1))
    assert first == pytest.approx(2 / 3, abs=0.1)
    assert np.exp(fitted.log_probabilities(np.array([2, 1]), start=1)) < 0.05


def test_losses_are_sums_over_each_document() -> None:
    fitted = KneserNey.fit(documents(), 3, VOCABULARY, start=1)
    asked = [np.array([1]), *documents(2, 4)]
    expected = [-fitted.log_probabilities(text, start=1).sum() for text in asked]
    assert fitted.losses(asked, start=1) == pytest.approx(expected)
    assert fitted.losses([]).shape == (0,)


def test_discounts_worked_by_hand() -> None:
    """n_1 to n_4 are 8, 4, 2, 1, so Y = 8 / 16."""
    counts = np.array([1] * 8 + [2] * 4 + [3] * 2 + [4] + [9] * 5 + [0] * 3)
    assert discounts(counts) == pytest.approx([0, 0.5, 1.25, 2.0])


@pytest.mark.parametrize("counts", [[], [7, 8, 9], [2, 2, 3], [1, 1, 3], [1, 2, 3, 3, 3, 3, 4]])
def test_discounts_that_cannot_be_estimated_leave_something_for_the_unseen(
    counts: list[int],
) -> None:
    taken = discounts(np.array(counts, dtype=int))
    assert taken[0] == 0
    assert all(0 < taken[c] < c for c in (1, 2, 3))
    if 1 not in counts:
        assert tuple(taken[1:]) == USUAL_DISCOUNTS


def test_without_training_every_token_is_as_likely() -> None:
    fitted = KneserNey.fit([], 3, VOCABULARY)
    assert fitted.log_probabilities(np.array([1, 2, 3])) == pytest.approx(-np.log(VOCABULARY))


def test_ids_outside_of_the_vocabulary_are_refused() -> None:
    with pytest.raises(ValueError, match="vocabulary of 7"):
        KneserNey.fit(np.array([2, 7]), 2, VOCABULARY)
    with pytest.raises(ValueError, match="order 0"):
        KneserNey.fit(np.array([2, 3]), 0, VOCABULARY)


def test_every_document_has_its_own_probabilities_and_none_has_none() -> None:
    texts = documents(count=5)
    model = KneserNey.fit(texts, 3, VOCABULARY, start=1)
    found = model.log_probabilities_of(texts)
    for text, logs in zip(texts, found, strict=True):
        assert logs == pytest.approx(model.log_probabilities(text))
    assert model.log_probabilities_of([]) == []

"""A language of labels against shares counted by hand, and a beam it weighs against enumeration."""

import itertools
import math

import pytest
import torch

from fathom.data.codecs.transcript import runs
from fathom.decoding.ctc import Search, collapsed, edits, prefix_beam, searched
from fathom.decoding.grams import Language, tabled
from fathom.spec import BLANK

ROWS = [[1, 2], [1, 2, 2], [2]]
LABELS, MOMENTS = 3, 5


def language(order: int = 2) -> Language:
    found = runs(ROWS, order)
    return Language.of(tabled(found, len(found) + 2, order), LABELS)


def test_a_probability_worked_by_hand() -> None:
    # after 1 always 2: n(1 2) = 2, n(1) = 2, t(1) = 1. Below: of 9 labels and edges, 4 are 2
    below = (4 + 3 / LABELS) / (9 + 3)
    assert language().probability([1], 2) == pytest.approx((2 + 1 * below) / (2 + 1))


@pytest.mark.parametrize("before", [[], [1], [2, 2], [1, 1, 1]])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_add_up_to_one(before: list[int], order: int) -> None:
    made = language(order)
    assert sum(made.probability(before, label) for label in range(LABELS)) == pytest.approx(1.0)


def test_without_texts_every_label_is_as_likely() -> None:
    empty = Language.of(torch.zeros(3, 5, dtype=torch.int64), LABELS)
    assert empty.judged([1], 2) == pytest.approx(0.0)


def test_more_runs_than_places_are_refused() -> None:
    with pytest.raises(ValueError, match="places"):
        tabled(runs(ROWS, 2), 1, 2)


@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_the_best_answer_of_all_by_sound_and_language(seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    scores = torch.randn(MOMENTS, LABELS, generator=source).log_softmax(dim=-1)
    made, heard = language(), dict[tuple[int, ...], float]()
    for path in itertools.product(range(LABELS), repeat=MOMENTS):
        probability = math.exp(sum(float(scores[t, x]) for t, x in enumerate(path)))
        heard[collapsed(path)] = heard.get(collapsed(path), 0.0) + probability

    def total(answer: tuple[int, ...]) -> float:
        ended = (*answer, BLANK)
        spoken = sum(made.judged(ended[:place], label) for place, label in enumerate(ended))
        return math.log(heard[answer]) + 0.6 * spoken

    assert prefix_beam(scores, 1000, made.judged, 0.6).labels == max(heard, key=total)


def test_a_search_of_several_pads_what_is_shorter() -> None:
    scores = torch.tensor([[[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]] * 2).log()
    labels, score = searched(scores, torch.tensor([2, 1]), Search(4))
    assert labels.tolist() == [[1, 2], [1, BLANK]]
    assert score.shape == (2,)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [([], [], 0), ([1, 2], [], 2), ([1, 2, 3], [1, 3], 1), ([1, 2], [2, 1], 2)],
)
def test_edits(one: list[int], other: list[int], expected: int) -> None:
    assert edits(one, other) == expected

"""Decoding of labels in order against a search through all paths."""

import itertools
import math

import pytest
import torch

from fathom.decoding.ctc import aligned, collapsed, greedy, prefix_beam
from fathom.spec import BLANK

LABELS, MOMENTS = 3, 5


def drawn(seed: int, moments: int = MOMENTS) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(moments, LABELS, generator=source).mul(2).log_softmax(dim=-1)


def every_answer(scores: torch.Tensor) -> dict[tuple[int, ...], float]:
    """log of the summed probability of all paths, by what they mean."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(LABELS), repeat=len(scores)):
        probability = math.exp(sum(float(scores[t, label]) for t, label in enumerate(path)))
        meant = collapsed(path)
        found[meant] = found.get(meant, 0.0) + probability
    return {answer: math.log(total) for answer, total in found.items()}


def test_a_path_means_its_labels_without_repeats_and_blanks() -> None:
    assert collapsed([1, 1, BLANK, 1, 2, 2, BLANK]) == (1, 1, 2)
    assert collapsed([BLANK, BLANK]) == ()


@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_the_most_probable_answer_of_all(seed: int) -> None:
    scores = drawn(seed)
    every = every_answer(scores)
    found = prefix_beam(scores, width=1000)
    assert found.labels == max(every, key=lambda answer: every[answer])
    assert found.score == pytest.approx(every[found.labels], abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_a_language_weighs_the_answers(seed: int) -> None:
    scores = drawn(seed)

    def judge(before: tuple[int, ...], label: int) -> float:
        return -1.5 if before and before[-1] == label else -0.2 * label

    def told(answer: tuple[int, ...]) -> float:
        return 0.7 * sum(judge(answer[:place], label) for place, label in enumerate(answer))

    every = every_answer(scores)
    found = prefix_beam(scores, width=1000, judge=judge, weight=0.7)
    assert found.labels == max(every, key=lambda answer: every[answer] + told(answer))


def test_the_beam_adds_up_paths_where_greedy_follows_one() -> None:
    # the best path says nothing (0.6 x 0.6), but three paths together say label 1 (0.64)
    scores = torch.tensor([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]]).log()
    labels, _ = greedy(scores[None], torch.tensor([2]))
    assert labels.tolist() == [[BLANK]]
    assert prefix_beam(scores, width=4).labels == (1,)
    assert prefix_beam(scores, width=4).score == pytest.approx(math.log(0.64), abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_greedy_is_what_the_most_probable_path_means(seed: int) -> None:
    scores = torch.stack([drawn(seed), drawn(seed + 50)])
    lengths = torch.tensor([MOMENTS, 3])
    labels, score = greedy(scores, lengths)
    for row, length in enumerate(lengths.tolist()):
        path = scores[row, :length].argmax(dim=-1).tolist()
        expected = collapsed(path)
        got = [label for label in labels[row].tolist() if label != BLANK]
        assert tuple(got) == expected
        assert float(score[row]) == pytest.approx(
            float(scores[row, :length].max(dim=-1).values.sum()), abs=1e-5
        )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("labels", [(1,), (1, 2), (1, 1), (2, 1, 2)])
def test_alignment_is_the_best_path_of_all_that_mean_the_labels(
    seed: int, labels: tuple[int, ...]
) -> None:
    scores = drawn(seed)
    paths = [
        path
        for path in itertools.product(range(LABELS), repeat=MOMENTS)
        if collapsed(path) == labels
    ]
    best = max(paths, key=lambda path: sum(float(scores[t, x]) for t, x in enumerate(path)))
    spans = aligned(scores, labels)
    rebuilt = [BLANK] * MOMENTS
    for label, (start, stop) in zip(labels, spans, strict=True):
        rebuilt[start:stop] = [label] * (stop - start)
    assert tuple(rebuilt) == best


def test_nothing_is_aligned_where_no_path_is_long_enough() -> None:
    assert aligned(drawn(0, moments=2), (1, 1)) == []

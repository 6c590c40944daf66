"""Drawn tokens against distributions worked by hand, and chance that depends on its place alone."""

from typing import Any

import numpy as np
import pytest
import torch

from fathom.decoding.tokens import Sampling, penalised, sample, truncated, uniforms
from fathom.errors import OptionError
from fathom.spec import BEGIN, PADDING

PLAIN = Sampling(temperature=1.0, min_p=0.0, forbidden=())


def shares(scores: list[float], options: Sampling, draws: int = 10_000, **more: Any) -> list[float]:
    """How often each token is drawn, over evenly spread chances."""
    uniform = (torch.arange(draws) + 0.5) / draws
    drawn = sample(torch.tensor(scores).repeat(draws, 1), options, uniform.double(), **more)
    return (torch.bincount(drawn, minlength=len(scores)) / draws).tolist()


def kept(scores: list[float], options: Sampling) -> list[int]:
    return truncated(torch.tensor([scores]), options)[0].isfinite().nonzero()[:, 0].tolist()


def logs(*probabilities: float) -> list[float]:
    return [float(value) for value in np.log(probabilities)]


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    assert shares(logs(0.5, 0.2, 0.3), PLAIN) == pytest.approx([0.5, 0.2, 0.3], abs=2e-4)


def test_temperature_sharpens_and_zero_takes_the_best() -> None:
    colder = Sampling(temperature=0.5, min_p=0.0, forbidden=())
    expected = np.array([0.25, 0.04, 0.09]) / 0.38  # squares
    assert shares(logs(0.5, 0.2, 0.3), colder) == pytest.approx(expected.tolist(), abs=2e-4)
    for temperature in (0.0, 1e-30):
        best = Sampling(temperature=temperature, min_p=0.0, forbidden=())
        assert shares(logs(0.3, 0.4, 0.3), best, draws=10) == [0, 1, 0]


def test_truncations_by_hand() -> None:
    scores = logs(0.1, 0.4, 0.05, 0.25, 0.2)
    assert kept(scores, PLAIN) == [0, 1, 2, 3, 4]
    assert kept(scores, Sampling(min_p=0.0, top_k=2)) == [1, 3]
    assert kept(scores, Sampling(min_p=0.0, top_k=9)) == [0, 1, 2, 3, 4]
    assert kept(scores, Sampling(min_p=0.0, top_p=0.6)) == [1, 3]  # .40 and .25 reach it
    assert kept(scores, Sampling(min_p=0.0, top_p=0.7)) == [1, 3, 4]
    assert kept(scores, Sampling(min_p=0.0, top_p=1e-9)) == [1]
    assert kept(scores, Sampling(min_p=0.3)) == [1, 3, 4]  # at least .12
    assert kept(scores, Sampling(min_p=1.0)) == [1]
    # One after the other: of the two best, renormalised to .62 and .38, the first reaches .6.
    assert kept(scores, Sampling(min_p=0.0, top_k=2, top_p=0.6)) == [1]


def test_what_is_left_shares_the_probability_of_what_is_cut() -> None:
    options = Sampling(temperature=1.0, min_p=0.0, top_k=2, forbidden=())
    assert shares(logs(0.1, 0.6, 0.3), options) == pytest.approx([0, 2 / 3, 1 / 3], abs=2e-4)


def test_recent_tokens_are_penalised_by_hand() -> None:
    scores = torch.tensor([[2.0, -2.0, 2.0, -2.0]])
    recent = torch.tensor([[0, 1, 1]])
    assert penalised(scores, recent, 2.0).tolist() == [[1.0, -4.0, 2.0, -2.0]]
    greedy = Sampling(temperature=0.0, penalty=2.0, forbidden=())
    zero = torch.zeros(1, dtype=torch.float64)
    assert sample(scores, greedy, zero, recent).tolist() == [2]
    assert sample(scores, greedy, zero).tolist() == [0]


def test_forbidden_tokens_are_never_drawn() -> None:
    scores = [9.0, 9.0, 0.0, 0.0]
    found = shares(scores, Sampling(temperature=1.0))
    assert found[PADDING] == found[BEGIN] == 0
    assert sum(found) == pytest.approx(1)
    assert shares(scores, Sampling(temperature=0.0), draws=1)[2] == 1


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_the_ends_of_chance_draw_possible_tokens(uniform: float) -> None:
    """The first and the last token have no probability here, and rounding must not find them."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(200, 5000, generator=generator)
    scores[:, 0] = scores[:, -1] = -torch.inf
    drawn = sample(scores, PLAIN, torch.full((200,), uniform, dtype=torch.float64))
    assert scores[torch.arange(200), drawn].isfinite().all()


def test_scores_of_low_precision_are_summed_in_full() -> None:
    scores = torch.zeros(1, 1000, dtype=torch.bfloat16)
    drawn = sample(scores, PLAIN, torch.tensor([0.9995], dtype=torch.float64))
    assert drawn.tolist() == [999]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"min_p": 1.1},
        {"penalty": 0.0},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    name = next(iter(options))
    with pytest.raises(OptionError, match=f"^{name}: .* Found: .* Give ") as refused:
        Sampling(**options)
    assert refused.value.found == str(options[name])


def reference(state: int) -> int:
    """splitmix64 of one state in Python's unbounded numbers."""
    mask = 2**64 - 1
    z = (state + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1, -3])
def test_chance_is_splitmix_of_seed_sample_and_position(seed: int) -> None:
    assert reference(1234567) == 6457827717110365317  # the first of its published outputs
    samples = torch.tensor([0, 1, 12345])
    for position in (0, 511):
        expected = [
            reference(reference(reference(seed % 2**64) ^ number) ^ position) >> 11
            for number in samples.tolist()
        ]
        assert (uniforms(seed, samples, position) * 2**53).long().tolist() == expected


def test_chance_is_even_and_independent() -> None:
    drawn = torch.stack([uniforms(3, torch.arange(2000), position) for position in range(20)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts = torch.histc(drawn.float(), bins=100, min=0, max=1)
    assert ((counts - 400) ** 2 / 400).sum() < 149  # chi-squared, 99 degrees: one in a thousand
    neighbours = torch.corrcoef(drawn)[~torch.eye(20, dtype=torch.bool)]
    assert neighbours.abs().max() < 5 / 2000**0.5
    assert not torch.equal(drawn[0], uniforms(4, torch.arange(2000), 0))

"""Tokens as they come: in any batch the same, ended ones set aside, the penalty's window."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from fathom.decoding.generate import gather, generate
from fathom.decoding.tokens import WINDOW, Sampling, sample, uniforms
from fathom.spec import BEGIN, END, PADDING
from recurrence import Recurrence


def stream(network: Recurrence, samples: torch.Tensor, **more: Any) -> Iterator[torch.Tensor]:
    return generate(
        network,
        network.begin(torch.zeros_like(samples)),
        prompt=torch.full((len(samples), 1), BEGIN),
        samples=samples,
        **(dict[str, Any]({"options": Sampling(), "limit": 12, "seed": 3}) | more),
    )


def test_a_sample_is_the_same_in_any_batch() -> None:
    network, numbers = Recurrence(12, seed=1), torch.arange(40)
    together = gather(stream(network, numbers))
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    for part in order.split(7):
        apart = gather(stream(network, part))
        assert torch.equal(apart.length, together.length[part])
        width = apart.tokens.shape[1]
        assert torch.equal(apart.tokens, together.tokens[part, :width])
    assert len(together.tokens.unique(dim=0)) > 30


def test_seeds_differ() -> None:
    network, numbers = Recurrence(12, seed=1), torch.arange(5)
    first, second = (gather(stream(network, numbers, seed=seed)) for seed in (1, 2))
    assert first.tokens.tolist() != second.tokens.tolist()


def test_tokens_come_one_position_at_a_time() -> None:
    network = Recurrence(12, seed=1)
    tokens = stream(network, torch.arange(3))
    assert network.batches == []
    next(tokens)
    assert network.batches == [3]


def test_an_end_is_told_once_and_halves_leave_the_batch() -> None:
    network = Recurrence(12, seed=1)
    network.bias[END] = 1.0
    columns = list(stream(network, torch.arange(64), limit=50))
    tokens = torch.stack(columns, 1)
    assert ((tokens == END).sum(1) <= 1).all()
    after = (tokens == END).cumsum(1) - (tokens == END).int() > 0
    assert (tokens[after] == PADDING).all()
    assert (tokens[~after] != PADDING).all()
    assert network.batches[0] == 64
    assert len(set(network.batches)) <= 7  # only when half have ended
    assert network.batches[-1] <= 32
    whole = gather(iter(columns))
    assert not (whole.tokens == END).any()
    assert torch.equal(whole.length, ((tokens != END) & (tokens != PADDING)).sum(1))


def test_the_limit_ends_what_does_not_end_itself() -> None:
    network = Recurrence(12, seed=1)
    network.bias[END] = -100.0
    whole = gather(stream(network, torch.arange(2), limit=5))
    assert whole.tokens.shape == (2, 5)


def test_what_may_follow_is_asked_with_every_token_so_far() -> None:
    network, asked = Recurrence(12, seed=1), list[int]()

    def allowed(tokens: torch.Tensor) -> torch.Tensor | None:
        asked.append(tokens.shape[1])
        assert (tokens == 5).all()
        if tokens.shape[1] == WINDOW + 6:
            return None
        return (torch.arange(12) == 5).expand(len(tokens), -1)

    list(stream(network, torch.arange(2), limit=WINDOW + 9, allowed=allowed))
    assert asked == list(range(WINDOW + 7))


def test_the_penalty_sees_the_last_64_tokens_of_prompt_and_answer() -> None:
    network = Recurrence(40, seed=2)
    network.bias[END] = -100.0
    options = Sampling(temperature=0.7, penalty=1.7)
    generator = torch.Generator().manual_seed(0)
    prompt = torch.randint(4, 40, (3, 80), generator=generator)
    memory = network.begin(torch.arange(3))
    tokens = generate(network, memory, prompt=prompt, options=options, limit=70, seed=5)
    drawn = torch.stack(list(tokens), 1)
    # The same by plain calls on the growing text.
    memory, text = network.begin(torch.arange(3)), prompt
    for position in range(70):
        scores = network(text[:, -1], memory)
        chance = uniforms(5, torch.arange(3), position)
        token = sample(scores, options, chance, text[:, -WINDOW:])
        text = torch.cat([text, token[:, None]], 1)
    assert torch.equal(drawn, text[:, 80:])


@pytest.mark.parametrize("count", [0, 1])
def test_few_samples(count: int) -> None:
    whole = gather(stream(Recurrence(12), torch.arange(count)))
    assert len(whole.tokens) == len(whole.length) == count


def test_the_first_tokens_can_be_bound() -> None:
    network = Recurrence(12, seed=1)

    def allowed(tokens: torch.Tensor) -> torch.Tensor | None:
        if tokens.shape[1] == 2:
            return None
        return torch.arange(12).expand(len(tokens), 12) == 7 + tokens.shape[1]

    tokens = gather(stream(network, torch.arange(4), allowed=allowed)).tokens
    assert (tokens[:, :2] == torch.tensor([7, 8])).all()
    assert len(tokens[:, 2].unique()) > 1

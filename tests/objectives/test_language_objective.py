"""Language: what is summed, what is judged, and that generation follows the same network."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from fathom.data.batches import Batch
from fathom.decoding.tokens import Sampling
from fathom.networks.transformer import Decoder, Size
from fathom.objectives.language import Language, strides
from fathom.spec import CHARACTERS, UNKNOWN

V, CONTEXT = 11, 8


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def language(*, trained: bool = True) -> Language:
    torch.manual_seed(0)
    decoder = Decoder(V, Size(width=16, layers=2, heads=2, hidden=32, longest=CONTEXT))
    made = Language(decoder, V, field="text", context=CONTEXT)
    if trained:
        for parameter in made.parameters():
            parameter.data.normal_(std=0.3)
    return made.eval()


def batch(*rows: list[int]) -> Batch:
    longest = max(map(len, rows))
    text = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    length = torch.tensor([len(row) for row in rows])
    return Batch({"text": text, "text_length": length}, {}, torch.arange(len(rows)))


def test_the_first_loss_is_log_v() -> None:
    loss = language(trained=False).loss(batch([1, 5, 6, 7], [1, 4, 2]))
    assert float(loss.count) == 5
    assert float(loss.total / loss.count) == pytest.approx(math.log(V), abs=1e-5)


def test_the_loss_of_two_texts_is_the_sum_of_their_losses() -> None:
    made = language()
    both = made.loss(batch([1, 5, 6, 7], [1, 4, 2]))
    alone = [made.loss(batch(row)) for row in ([1, 5, 6, 7], [1, 4, 2])]
    assert float(both.total) == pytest.approx(sum(float(one.total) for one in alone), rel=1e-5)


@pytest.mark.parametrize("length", [1, 2, 8, 9, 10, 30])
def test_every_token_but_the_first_is_judged_once_with_a_history(length: int) -> None:
    judged: list[int] = []
    for begin, first, end in strides(length, CONTEXT):
        assert end - begin <= CONTEXT + 1
        assert begin == 0 or first - begin >= CONTEXT // 2
        judged += range(first, end)
    assert judged == list(range(1, length))


def test_nats_within_the_context_are_those_of_the_loss() -> None:
    made, rows = language(), batch([1, 5, 6, 7, 9], [1, 4, 2])
    found = made.predict(dict(rows.inputs))
    assert float(found["nll"].sum()) == pytest.approx(float(made.loss(rows).total), rel=1e-5)
    assert torch.isnan(found["surprise"][:, 0]).all()


def test_a_history_is_seen_but_not_counted() -> None:
    made, text = language(), [1, 5, 6, 7, 9, 4]
    whole = made.predict(dict(batch(text).inputs))["surprise"]
    rows = dict(batch(text).inputs) | {"text_history": torch.tensor([4])}
    part = made.predict(rows)
    assert float(part["nll"][0]) == pytest.approx(float(whole[0, 4:].sum()), rel=1e-5)


def test_an_unknown_character_costs_what_it_could_be() -> None:
    made = language()
    found = made.predict(dict(batch([1, UNKNOWN, 5]).inputs))["surprise"][0, 1]
    bare = made.surprise(torch.tensor([[1, UNKNOWN, 5]]))[0, 0]
    assert float(found - bare) == pytest.approx(math.log(CHARACTERS), rel=1e-5)


def test_generation_takes_the_most_probable_token_of_the_whole_text() -> None:
    made, text = language(), [1, 5, 6]
    options = Sampling(temperature=0.0)
    for token in made.generate(torch.tensor([text]), options, limit=4):
        features = made.decoder(torch.tensor([text])).values[:, -1]
        scores = made.head(features)[0]
        scores[list(options.forbidden)] = -torch.inf
        assert int(token[0]) == int(scores.argmax())
        text.append(int(token[0]))


def test_a_sample_is_the_same_in_any_batch() -> None:
    made = language()
    prompt = torch.tensor([[1, 5]])
    alone = torch.stack(list(made.generate(prompt, Sampling(), limit=6, samples=torch.tensor([2]))))
    several = torch.stack(list(made.generate(prompt.repeat(4, 1), Sampling(), limit=6)))
    assert np.array_equal(alone[:, 0], several[: len(alone), 2])

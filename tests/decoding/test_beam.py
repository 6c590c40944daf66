"""Beam search against a search through everything, against greedy decoding, and by hand."""

from typing import Any

import pytest
import torch

from fathom.decoding.beam import Beam, Found, search
from fathom.decoding.generate import gather, generate
from fathom.decoding.tokens import Sampling
from fathom.errors import OptionError
from fathom.spec import BEGIN, END, PADDING
from recurrence import Memory, Recurrence

LIMIT = 4


def found(
    network: Recurrence, examples: list[int], options: Beam, limit: int | torch.Tensor = LIMIT
) -> Found:
    numbers = torch.tensor(examples).long()
    return search(
        network,
        network.begin(numbers),
        first=torch.full_like(numbers, BEGIN),
        options=options,
        limit=limit,
    )


def answers(result: Found) -> list[tuple[int, ...]]:
    pairs = zip(result.tokens.tolist(), result.length.tolist(), strict=True)
    return [tuple(tokens[:length]) for tokens, length in pairs]


def repeats(answer: tuple[int, ...], size: int) -> bool:
    runs = [answer[i : i + size] for i in range(len(answer) - size + 1)]
    return len(set(runs)) < len(runs)


def best_of(network: Recurrence, example: int, options: Beam) -> tuple[tuple[int, ...], float]:
    """The best answer of all that the options allow, and its score."""
    scores = {
        answer: network.log_probability(example, answer) / ((6 + len(answer)) / 6) ** options.alpha
        for answer in network.answers(LIMIT)
        if not (options.block and repeats(answer, options.block))
    }
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.4])
def test_a_beam_as_wide_as_everything_finds_the_best_of_everything(alpha: float) -> None:
    network, options = Recurrence(6, seed=int(10 * alpha)), Beam(200, alpha)
    result = found(network, [0, 1, 2, 3], options)
    for example in range(4):
        best, score = best_of(network, example, options)
        assert answers(result)[example] == best
        assert float(result.score[example]) == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("block", [1, 2])
def test_no_run_of_tokens_occurs_twice_where_that_is_blocked(block: int) -> None:
    network, options = Recurrence(6, seed=1), Beam(200, 2.0, block)
    network.bias[4] = 4.0  # left alone it repeats itself
    free = answers(found(network, [0, 1, 2, 3], Beam(200, 2.0)))
    assert sum(repeats(answer, block) for answer in free) >= 2
    result = answers(found(network, [0, 1, 2, 3], options))
    assert result == [best_of(network, example, options)[0] for example in range(4)]


def test_a_narrow_beam_is_seldom_far_from_the_best() -> None:
    network = Recurrence(6, seed=1)
    examples = list(range(40))
    scores = [found(network, examples, Beam(width)).score for width in (1, 5, 200)]
    best = (scores[2][None] - torch.stack(scores[:2]) < 1e-5).sum(1)
    assert (scores[2] >= scores[1] - 1e-5).all()
    assert best[1] >= 36
    assert best[1] > best[0]


@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_a_beam_of_one_is_greedy(alpha: float) -> None:
    network, examples = Recurrence(9, seed=2), torch.arange(30)
    stream = generate(
        network,
        network.begin(examples),
        prompt=torch.full((30, 1), BEGIN),
        options=Sampling(temperature=0.0),
        limit=6,
    )
    greedy = gather(stream)
    result = found(network, examples.tolist(), Beam(1, alpha), limit=6)
    assert torch.equal(result.tokens, greedy.tokens)
    assert torch.equal(result.length, greedy.length)
    assert 0 < int((greedy.length < 6).sum()) < 30  # some end by themselves, some at the limit


def test_permuting_examples_permutes_answers() -> None:
    network = Recurrence(9, seed=3)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    plain = found(network, list(range(20)), Beam(4), limit=7)
    mixed = found(network, order.tolist(), Beam(4), limit=7)
    assert torch.equal(mixed.tokens, plain.tokens[order])
    assert torch.allclose(mixed.score, plain.score[order], atol=1e-6)


def test_each_example_keeps_to_its_own_limit() -> None:
    network = Recurrence(9, seed=4)
    network.bias[END] = -4.0  # long answers
    limits = torch.tensor([0, 2, 5])
    result = found(network, [0, 1, 2], Beam(3), limit=limits)
    assert (result.length <= limits).all()
    assert result.length[2] > 2
    for example, limit in enumerate(limits.tolist()):
        alone = found(network, [example], Beam(3), limit=limit)
        assert answers(alone)[0] == answers(result)[example]
        assert (result.tokens[example, result.length[example] :] == PADDING).all()


class Table:
    """Probabilities of the next token by the tokens so far, every other token impossible."""

    def __init__(self, rows: dict[tuple[int, ...], dict[int, float]]) -> None:
        self.rows, self.calls = rows, 0

    def __call__(self, tokens: torch.Tensor, seen: "Seen") -> torch.Tensor:
        self.calls += 1
        seen.tokens = torch.cat([seen.tokens, tokens[:, None]], 1)
        scores = torch.full((len(tokens), 6), -torch.inf)
        for place, row in enumerate(seen.tokens.tolist()):
            for token, probability in self.rows.get(tuple(row[1:]), {END: 1.0}).items():
                scores[place, token] = torch.tensor(probability).log()
        return scores


class Seen(Memory):
    def __init__(self, tokens: torch.Tensor) -> None:
        self.tokens = tokens

    def take(self, rows: torch.Tensor) -> "Seen":
        return Seen(self.tokens[rows])


def by_table(table: Table, options: Beam) -> Found:
    first = torch.tensor([BEGIN])
    return search(table, Seen(torch.empty(1, 0).long()), first=first, options=options, limit=9)


def test_a_finished_answer_is_kept_while_others_go_on() -> None:
    rows = {(): {END: 0.4, 4: 0.6}, (4,): {4: 0.55, 5: 0.45}, (4, 4): {5: 1.0}}
    table = Table(rows)
    result = by_table(table, Beam(2, 0.0))
    assert answers(result) == [()]
    assert float(result.score[0].exp()) == pytest.approx(0.4)
    assert table.calls == 2  # .33 and .27 can't reach .4 any more


def test_the_second_best_word_may_begin_the_best_answer() -> None:
    rows = {
        (): {4: 0.6, 5: 0.4},
        (4,): {4: 0.5, 5: 0.5},
        (5,): {5: 0.9, 4: 0.1},
    }
    assert answers(by_table(Table(rows), Beam(2, 0.0))) == [(5, 5)]
    assert answers(by_table(Table(rows), Beam(1, 0.0)))[0][0] == 4


def test_a_beam_that_is_full_of_finished_answers_stops() -> None:
    """Or a beam of one would not be greedy: the second best beginning might overtake."""
    rows = {(): {END: 0.55, 4: 0.45}, (4,): {4: 1.0}, (4, 4): {4: 1.0}}
    assert answers(by_table(Table(rows), Beam(1, 1.0))) == [()]
    assert answers(by_table(Table(rows), Beam(2, 1.0))) == [(4, 4, 4)]


def test_the_length_penalty_favours_longer_answers() -> None:
    rows = {(): {END: 0.5, 4: 0.5}, (4,): {4: 1.0}, (4, 4): {4: 1.0}}
    assert answers(by_table(Table(rows), Beam(2, 0.0))) == [()]
    assert answers(by_table(Table(rows), Beam(2, 1.0))) == [(4, 4, 4)]


def test_blocked_runs_by_hand() -> None:
    """Left alone: 4 5 4 5 4 5. The second 4 5 is a run of two again, the second 4 5 4 of three."""
    text = (4, 5, 4, 5, 4, 5)
    rows = {text[:place]: {text[place]: 0.9, END: 0.1} for place in range(6)}
    expected = {0: 6, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6}
    for block, length in expected.items():
        assert answers(by_table(Table(rows), Beam(1, 0.0, block))) == [text[:length]]


def test_decided_examples_leave_the_batch() -> None:
    network = Recurrence(6, seed=5, sharpness=4.0)
    found(network, list(range(30)), Beam(3), limit=20)
    assert network.batches[0] == 30
    assert network.batches[1] > 30 > network.batches[-1]
    assert network.batches[1:] == sorted(network.batches[1:], reverse=True)


def test_no_examples_have_no_answers() -> None:
    result = found(Recurrence(6), [], Beam())
    assert result.tokens.shape == (0, 0)


@pytest.mark.parametrize("options", [{"width": 0}, {"alpha": -0.1}, {"block": -1}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=r"can't be used\. Found: .* Give a number"):
        Beam(**options)

"""The loss over all paths against their enumeration, and a batch learnt by heart."""

import itertools
import math

import pytest
import torch

from fathom.data.batches import Batch
from fathom.decoding.ctc import collapsed
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.hearing import SoundNetwork
from fathom.networks.registry import NETWORKS
from fathom.objectives.ctc import MOST_MOMENTS, MOST_TRIED, Ctc, is_heard
from fathom.spec import Spec

SPEC = Spec("audio", (24, 16))
FACTS = Facts(examples=8, outputs=0, seconds=1.0)
LABELS = 3


def objective(family: str = "cnn", beam: int = 1) -> Ctc:
    torch.manual_seed(0)
    kind = NETWORKS[family]["audio"]
    network = is_heard(kind.build(SPEC, kind.plan(SPEC, FACTS).size))
    return Ctc(network, LABELS, field="sound", beam=beam)


def batch() -> Batch:
    source = torch.Generator().manual_seed(1)
    inputs = {
        "sound": torch.randn(4, 24, 16, generator=source),
        "sound_length": torch.tensor([24, 20, 24, 12]),
    }
    targets = {
        "target": torch.tensor([[1, 2], [2, 0], [1, 1], [0, 0]]),
        "target_length": torch.tensor([2, 1, 2, 0]),
    }
    return Batch(inputs, targets, torch.arange(4))


def test_the_loss_sums_over_all_paths() -> None:
    made = objective().eval()
    short = batch()
    inputs = {"sound": short.inputs["sound"][:, :20], "sound_length": torch.full((4,), 20)}
    torch.nn.init.normal_(made.read.weight, std=0.3)
    with torch.no_grad():
        scores, moments = made.scores(inputs)
    assert moments.tolist() == [5] * 4
    total = 0.0
    for row, length in enumerate(short.targets["target_length"].tolist()):
        wanted = tuple(short.targets["target"][row, :length].tolist())
        probability = sum(
            math.exp(sum(float(scores[row, t, x]) for t, x in enumerate(path)))
            for path in itertools.product(range(LABELS), repeat=5)
            if collapsed(path) == wanted
        )
        total -= math.log(probability)
    loss = made.loss(Batch(inputs, short.targets, short.index))
    assert float(loss.total.detach()) == pytest.approx(total, rel=1e-4)
    assert float(loss.count) == 5.0


def test_labels_that_do_not_fit_add_nothing() -> None:
    made = objective().eval()
    inputs = {"sound": torch.zeros(1, 4, 16), "sound_length": torch.tensor([4])}
    targets = {"target": torch.tensor([[1, 1]]), "target_length": torch.tensor([2])}
    loss = made.loss(Batch(inputs, targets, torch.arange(1)))
    loss.total.backward()
    assert float(loss.total.detach()) == 0.0
    assert all(bool(torch.isfinite(p.grad).all()) for p in made.parameters() if p.grad is not None)


@pytest.mark.parametrize("beam", [1, 4])
def test_a_batch_can_be_learnt_by_heart(beam: int) -> None:
    made, seen = objective(beam=beam), batch()
    optimizer = Optimizer(made, made.groups())
    made.train()
    for update in range(120):
        optimizer.zero_grad()
        loss = made.loss(seen)
        (loss.total / loss.count).backward()
        optimizer.step(1 - update / 130, 0.0)
    made.eval()
    with torch.inference_mode():
        found = made.predict(dict(seen.inputs))
    answers = [[x for x in row if x] for row in found["answer"].tolist()]
    assert answers == [[1, 2], [2], [1, 1], []]
    assert bool((found["score"] <= 0).all())


def test_every_parameter_has_one_rule() -> None:
    for family in ("cnn", "mlp", "rnn", "transformer"):
        made = objective(family)
        named = [name for group in made.groups() for name in group.names]
        assert sorted(named) == sorted(n for n, p in made.named_parameters() if p.requires_grad)


def test_only_networks_for_sound_answer_at_every_moment() -> None:
    with pytest.raises(TypeError):
        is_heard(torch.nn.Linear(2, 2))
    assert isinstance(objective().network, SoundNetwork)


def test_the_plainest_search_of_equal_errors_is_chosen_and_runs_are_kept() -> None:
    torch.manual_seed(0)
    kind = NETWORKS["cnn"]["audio"]
    network = is_heard(kind.build(SPEC, kind.plan(SPEC, FACTS).size))
    made = Ctc(network, LABELS, field="sound", beam=4, runs=(12, 2)).eval()
    made.remember([batch()], [batch()])
    assert int(made.grams[:, -1].sum()) == 9  # labels and ends of four texts
    errors = {one.search: one.errors for one in made.tried}
    assert len(errors) == 4
    chosen = next(search for search in errors if errors[search] == min(errors.values()))
    assert (int(made.width), float(made.weight)) == pytest.approx((chosen.width, chosen.weight))
    assert made.checks()[0].passed


def test_the_answers_that_compare_searches_are_counted_and_bounded() -> None:
    made = objective(beam=2)
    assert made.rehearsed(30) == 30
    assert made.rehearsed(1000) == MOST_TRIED
    assert objective().rehearsed(30) == 0
    source = torch.Generator().manual_seed(2)
    frames = 4 * MOST_MOMENTS // 5  # five clips of these are a fifth each
    inputs = {
        "sound": torch.randn(8, frames, 16, generator=source),
        "sound_length": torch.full((8,), frames),
    }
    targets = {"target": torch.ones(8, 1, dtype=torch.int64), "target_length": torch.ones(8)}
    targets["target_length"] = targets["target_length"].long()
    long = Batch(inputs, targets, torch.arange(8))
    made.eval().remember([], [long, long])
    assert made.tried[0].labels == 5


def test_an_untrained_answer_is_searched_as_widely_as_a_trained_one() -> None:
    assert int(objective(beam=16).width) == 16
    assert int(objective().width) == 1

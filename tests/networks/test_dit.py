"""The diffusion transformer: pictures of any size, by noise level and class."""

import pytest
import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.attention import turned
from fathom.networks.dit import (
    FEWEST_TOKENS,
    HEAD_WIDTH,
    MOST_TOKENS,
    Size,
    Transformer,
    places,
    tokens,
)
from fathom.networks.registry import GENERATORS
from fathom.objectives.diffusion import Diffusion
from fathom.spec import Spec

SMALL = Size(width=32, layers=2, patch=2, classes=3, dropout=0.0)


def awake(channels: int = 1) -> Transformer:
    """A network whose silent branches speak."""
    torch.manual_seed(0)
    network = Transformer(channels, SMALL)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


def told(count: int) -> Tensor:
    """A noise level and a class for each."""
    return torch.stack([torch.linspace(0.1, 0.9, count), torch.arange(count) % 4], dim=1)


@pytest.mark.parametrize("shape", [(28, 28, 1), (13, 9, 3), (4, 4, 1), (1, 1, 1), (6, 10, 3)])
def test_one_position_a_pixel(shape: tuple[int, int, int]) -> None:
    x = torch.randn(2, *shape)
    features = awake(shape[2])(x, condition=told(2))
    assert features.values.shape == (2, shape[0] * shape[1], shape[2])
    assert features.grids == (shape[:2],)
    assert features.values.view_as(x).isfinite().all()


def test_untrained_it_answers_zero_and_its_layers_pass_on() -> None:
    network, x = Transformer(1, SMALL), torch.randn(2, 8, 8, 1)
    assert torch.equal(network(x).values, torch.zeros(2, 64, 1))
    values, condition = torch.randn(2, 16, 32), torch.randn(2, 32)
    for layer in network.layers:
        assert torch.equal(layer(values, condition, places((4, 4), like=values)), values)


def test_permuted_examples_get_permuted_answers() -> None:
    network, x, condition = awake(), torch.randn(5, 8, 6, 1), told(5)
    order = torch.tensor([3, 0, 4, 2, 1])
    plain = network(x, condition=condition).values
    mixed = network(x[order], condition=condition[order]).values
    torch.testing.assert_close(plain[order], mixed, atol=1e-5, rtol=1e-4)


def test_level_class_and_place_all_count() -> None:
    network, x = awake(), torch.randn(1, 8, 8, 1)
    answers = [
        network(x, condition=torch.tensor([told])).values
        for told in ([0.2, 1.0], [0.3, 1.0], [0.2, 2.0])
    ]
    assert not torch.allclose(answers[0], answers[1], atol=1e-4)
    assert not torch.allclose(answers[0], answers[2], atol=1e-4)
    flat = network(torch.ones(1, 8, 8, 1)).values.view(4, 2, 4, 2)
    assert not torch.allclose(flat[0, :, 0], flat[2, :, 1], atol=1e-4)


def test_a_score_depends_on_the_way_from_square_to_square() -> None:
    """q at (r, c) with k at (r + 1, c + 2) scores the same wherever they are."""
    query, key = torch.randn(HEAD_WIDTH), torch.randn(HEAD_WIDTH)
    table = places((4, 5), like=query)
    asked, offered = (turned(x.expand(1, 20, 1, -1), table)[0, :, 0] for x in (query, key))
    scores = (asked @ offered.T).view(4, 5, 4, 5)
    for row, column in ((0, 0), (2, 0), (1, 2)):
        found = scores[row, column, row + 1, column + 2]
        torch.testing.assert_close(found, scores[0, 1, 1, 3])
    assert not torch.isclose(scores[0, 0, 1, 2], scores[0, 0, 2, 1], atol=1e-3)


def test_every_parameter_has_one_rule_and_moves() -> None:
    torch.manual_seed(0)
    objective = learner(Transformer(1, SMALL))
    named = [name for group in objective.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in objective.named_parameters())
    before = {name: p.detach().clone() for name, p in objective.named_parameters()}
    train(objective, four(), updates=4)
    still = [name for name, p in objective.named_parameters() if torch.equal(p, before[name])]
    assert still == []


def test_its_work_is_counted() -> None:
    """Every matrix by the squares that pass it, counted by hand; attention's two products too."""
    network, squares = Transformer(1, SMALL), 14 * 14
    weights = dict(network.named_parameters())
    across = [n for n in weights if ".modulation." not in n and n.startswith("layers.")]
    total = sum(2 * weights[name].numel() for name in (*across, "stem.weight", "out.weight"))
    total = total * squares + SMALL.layers * 2 * 2 * squares**2 * SMALL.width
    assert SMALL.flops((28, 28, 1)) == pytest.approx(3 * total, rel=0.02)


def test_more_time_buys_a_larger_network_of_few_squares() -> None:
    entry = GENERATORS["diffusion"]["transformer"]["image"]
    for shape in ((28, 28, 1), (64, 64, 3), (8, 8, 1), (64, 72, 1), (1, 1, 1), (1, 300, 1)):
        plans = [
            entry.plan(
                Spec("image", shape),
                Facts(examples=50_000, outputs=10, seconds=seconds, gflops=200.0),
            )
            for seconds in (30.0, 3_000.0, 300_000.0)
        ]
        widths = [int(plan.size["width"]) for plan in plans]
        assert widths == sorted(widths)
        assert widths[0] < widths[-1]
        assert all(plan.size["classes"] == 10 for plan in plans)
        squares = [tokens(shape, int(plan.size["patch"])) for plan in plans]
        assert squares == sorted(squares)
        assert squares[-1] <= MOST_TOKENS
        assert squares[0] >= min(FEWEST_TOKENS, shape[0] * shape[1])


def learner(network: Transformer) -> Diffusion:
    return Diffusion(network, field="image", shape=(8, 8, 1), classes=3)


def four() -> Batch:
    """Four pictures that differ, of three classes."""
    source = torch.Generator().manual_seed(3)
    pictures = torch.randn(4, 8, 8, 1, generator=source)
    wish = torch.tensor([1, 2, 3, 1])
    return Batch({"image": pictures}, {"target": wish}, torch.arange(4))


def train(objective: Diffusion, batch: Batch, updates: int) -> None:
    optimizer = Optimizer(objective, objective.groups())
    objective.train()
    for update in range(updates):
        optimizer.zero_grad()
        loss = objective.loss(batch)
        (loss.total / loss.count).backward()
        optimizer.step(min(1.0, 2 * (1 - update / updates)), 0.0)
    objective.eval()


def test_four_pictures_are_learnt_by_heart_and_drawn_by_class() -> None:
    torch.manual_seed(0)
    batch = four()
    repeated = Batch(
        {"image": batch.inputs["image"].repeat(4, 1, 1, 1)},
        {"target": batch.targets["target"].repeat(4)},
        torch.arange(16),
    )
    objective = learner(Transformer(1, SMALL))
    untrained = float(objective.loss(repeated).total.detach()) / 16
    train(objective, repeated, updates=200)
    assert float(objective.loss(repeated).total.detach()) / 16 < 0.3 * untrained
    asked = {"sample": torch.arange(2), "wish": torch.tensor([2, 3])}
    with torch.inference_mode():
        drawn = objective.predict(asked)["answer"]
    for place, picture in enumerate(drawn):
        distance = (batch.inputs["image"] - picture).square().mean(dim=(1, 2, 3))
        assert int(distance.argmin()) == place + 1
        assert float(distance.min()) < 0.2

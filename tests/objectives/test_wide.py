"""A linear skip beside every family that reads texts, with classes, labels and numbers."""

import math
from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.join import Join
from fathom.networks.pooled import Pooled
from fathom.networks.registry import NETWORKS
from fathom.networks.skip import Skip
from fathom.objectives.wide import ALONE, Wide, WideClassification, WideLabels, WideRegression
from fathom.spec import Spec

COUNT, T, V, TERMS, K = 12, 6, 15, 10, 3
TEXT, BAG = Spec("text", (T,), levels=(V,)), Spec("bag", (T,), levels=(TERMS,))
FACTS = Facts(examples=COUNT, outputs=K, seconds=1.0, gflops=1.0, tokens=COUNT * T)
READERS = sorted(family for family, kinds in NETWORKS.items() if "text" in kinds)
OBJECTIVES: dict[str, Callable[[Join, int, Skip], Wide]] = {
    "classes": WideClassification,
    "labels": WideLabels,
    "numbers": WideRegression,
}


def made(kind: str, family: str = "mlp") -> Wide:
    torch.manual_seed(0)
    entry = NETWORKS[family]["text"]
    size = {**entry.plan(TEXT, FACTS).size, "dropout": 0.0, "forget": 0.0}
    known = {name: value for name, value in size.items() if name in entry.plan(TEXT, FACTS).size}
    join = Join({"text": Pooled(entry.build(TEXT, known))})
    return OBJECTIVES[kind](join, K, Skip({"bag": BAG}, K))


def batch(kind: str) -> Batch:
    source = torch.Generator().manual_seed(1)
    inputs = {
        "text": torch.randint(4, V, (COUNT, T), generator=source),
        "text_length": torch.randint(1, T + 1, (COUNT,), generator=source),
        "bag": torch.randint(0, TERMS, (COUNT, T), generator=source),
        "bag_weight": torch.rand(COUNT, T, generator=source),
    }
    target = {
        "classes": torch.randint(0, K, (COUNT,), generator=source),
        "labels": (torch.rand(COUNT, K, generator=source) > 0.5).float(),
        "numbers": torch.randn(COUNT, K, generator=source),
    }[kind]
    return Batch(inputs, {"target": target}, torch.arange(COUNT))


@pytest.mark.parametrize("kind", sorted(OBJECTIVES))
@pytest.mark.parametrize("family", READERS)
def test_the_first_loss_is_its_theory_value_and_a_batch_can_be_learnt(
    kind: str, family: str
) -> None:
    objective, data = made(kind, family), batch(kind)
    named = [name for group in objective.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in objective.named_parameters())
    optimizer = Optimizer(objective, objective.groups())
    losses = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = objective.loss(data)
        mean = loss.total / loss.count
        mean.backward()
        optimizer.step(1.0, 0.0)
        losses.append(float(mean.detach()))
        if losses[-1] < 0.4 * losses[0]:
            break
    numbers = float(data.targets["target"].double().square().mean())
    theory = {"classes": math.log(K), "labels": math.log(2), "numbers": numbers}
    assert losses[0] == pytest.approx(theory[kind], abs=0.02)
    assert losses[-1] < 0.4 * losses[0]


def test_the_loss_is_that_of_the_sum_and_of_each_part() -> None:
    objective, data = made("classes").eval(), batch("classes")
    torch.nn.init.normal_(objective.head.weight)
    torch.nn.init.normal_(objective.skip.parts[0].weight)  # type: ignore[arg-type]
    network = objective.head(objective.join(data.inputs))[:, 0]
    skip = objective.skip(data.inputs)[:, 0]
    target = data.targets["target"]
    together, *alone = (
        F.cross_entropy(scores, target, reduction="sum")
        for scores in (network + skip, network, skip)
    )
    loss = objective.loss(data)
    expected = (together + ALONE * sum(alone)) / (1 + 2 * ALONE)
    torch.testing.assert_close(loss.total, expected)
    torch.testing.assert_close(loss.parts["network"], alone[0])
    torch.testing.assert_close(
        objective.predict(dict(data.inputs))["probability"], F.softmax(network + skip, dim=-1)
    )


def test_parts_of_a_batch_add_up() -> None:
    objective, data = made("numbers").eval(), batch("numbers")
    torch.nn.init.normal_(objective.head.weight)
    torch.nn.init.normal_(objective.skip.parts[0].weight)  # type: ignore[arg-type]
    whole = objective.loss(data)
    parts = [objective.loss(part) for part in data.split(3)]
    torch.testing.assert_close(sum(part.total for part in parts), whole.total)
    assert sum(float(part.count) for part in parts) == float(whole.count) == COUNT


def test_a_network_that_harms_does_not_count_and_one_that_helps_does() -> None:
    objective, data = made("numbers").eval(), batch("numbers")
    torch.nn.init.normal_(objective.head.weight)
    with torch.no_grad():
        own = objective.head(objective.join(data.inputs))[:, 0]
        for target, share in ((-own, 0.0), (own, 1.0)):
            objective.calibrate([Batch(data.inputs, {"target": target}, data.index)])
            assert float(objective.skip.share) == share


def test_a_silent_network_is_told() -> None:
    objective, data = made("classes").eval(), batch("classes")
    torch.nn.init.normal_(objective.skip.parts[0].weight)  # type: ignore[arg-type]
    with torch.no_grad():  # the head is zero at first: the network says nothing
        objective.remember([data], [data])
    (check,) = objective.checks()
    assert not check.passed
    torch.nn.init.normal_(objective.head.weight)
    with torch.no_grad():
        objective.remember([data], [data])
    assert objective.checks()[0].passed

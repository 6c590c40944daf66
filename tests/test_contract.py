"""What every task with every network that takes its inputs must keep, over the tables of
contents.
"""

import copy
import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.data.seeds import generator
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.join import Join
from fathom.networks.registry import NETWORKS
from fathom.objectives import Objective
from fathom.objectives.classification import Classification, Labels
from fathom.objectives.regression import Regression
from fathom.spec import Spec

COUNT, CLASSES = 24, 4
INPUTS = {
    "row": Spec("row", (7,), levels=(3, 5)),
    "image": Spec("image", (16, 16, 3)),
    "photo": Spec("image", (48, 72, 3)),
    "sound": Spec("audio", (20, 16)),
    "series": Spec("series", (24, 2)),
}
OBJECTIVES: dict[str, Callable[[Join], Objective]] = {
    "classes": lambda join: Classification(join, CLASSES),
    "labels": lambda join: Labels(join, CLASSES),
    "numbers": lambda join: Regression(join, CLASSES),
}


def drawn_input(spec: Spec) -> Tensor:
    source = generator(5, spec.kind)
    if spec.kind == "row":
        numbers = torch.randn(COUNT, spec.shape[0] - len(spec.levels), generator=source)
        ids = [torch.randint(0, n, (COUNT, 1), generator=source).float() for n in spec.levels]
        return torch.cat([numbers, *ids], dim=1)
    return torch.randn(COUNT, *spec.shape, generator=source)


def drawn_target(kind: str) -> Tensor:
    source = generator(6, kind)
    if kind == "classes":
        return torch.randint(0, CLASSES, (COUNT,), generator=source)
    if kind == "labels":
        return (torch.rand(COUNT, CLASSES, generator=source) > 0.5).float()
    return torch.randn(COUNT, CLASSES, generator=source)


def cases() -> Iterator[tuple[str, str, str]]:
    for kind in OBJECTIVES:
        for field, spec in INPUTS.items():
            for family, kinds in NETWORKS.items():
                if spec.kind in kinds:
                    yield kind, field, family


def made(kind: str, field: str, family: str) -> tuple[Objective, Batch]:
    spec = INPUTS[field]
    entry = NETWORKS[family][spec.kind]
    facts = Facts(examples=COUNT, outputs=CLASSES, seconds=1.0, regression=kind == "numbers")
    torch.manual_seed(0)
    objective = OBJECTIVES[kind](Join({field: entry.build(spec, entry.plan(spec, facts).size)}))
    batch = Batch({field: drawn_input(spec)}, {"target": drawn_target(kind)}, torch.arange(COUNT))
    with torch.no_grad():
        objective.initialise(batch)
    return objective, batch


def mean(objective: Objective, batch: Batch) -> Tensor:
    loss = objective.loss(batch)
    return loss.total / loss.count


@pytest.mark.parametrize("case", list(cases()), ids="-".join)
class TestContract:
    def test_the_first_loss_is_near_its_theory_value(self, case: tuple[str, str, str]) -> None:
        objective, batch = made(*case)
        objective.train()
        theory = {
            "classes": math.log(CLASSES),
            "labels": math.log(2),
            "numbers": float(batch.targets["target"].double().square().mean()),
        }[case[0]]
        assert float(mean(objective, batch).detach()) == pytest.approx(theory, abs=0.35)

    def test_one_batch_can_be_overfitted(self, case: tuple[str, str, str]) -> None:
        objective, batch = made(*case)
        optimizer = Optimizer(objective, objective.groups())
        objective.train()
        torch.manual_seed(1)
        first = float(mean(objective, batch).detach())
        lowest = first
        for update in range(250):
            optimizer.zero_grad()
            loss = mean(objective, batch)
            loss.backward()
            optimizer.step(0.5 * (1 - update / 300), 0.0)
            lowest = min(lowest, float(loss.detach()))
            if lowest < 0.15 * first:
                break
        assert lowest < 0.15 * first

    def test_the_batch_is_not_changed(self, case: tuple[str, str, str]) -> None:
        objective, batch = made(*case)
        before = copy.deepcopy(batch)
        mean(objective, batch).backward()
        assert torch.equal(batch.inputs[case[1]], before.inputs[case[1]])
        assert torch.equal(batch.targets["target"], before.targets["target"])

    def test_permuted_examples_get_permuted_answers(self, case: tuple[str, str, str]) -> None:
        objective, batch = made(*case)
        objective.eval()
        order = torch.randperm(COUNT, generator=generator(7))
        with torch.inference_mode():
            plain = objective.predict(dict(batch.inputs))
            mixed = objective.predict({name: x[order] for name, x in batch.inputs.items()})
        for name, value in plain.items():
            torch.testing.assert_close(
                value[order].double(), mixed[name].double(), atol=1e-4, rtol=1e-4
            )

    def test_parts_give_the_gradient_of_the_whole(self, case: tuple[str, str, str]) -> None:
        objective, batch = made(*case)
        if objective.couples:
            pytest.skip("examples couple: parts are never made")
        objective.eval()  # no dropout
        mean(objective, batch).backward()
        whole = {n: p.grad.clone() for n, p in objective.named_parameters() if p.grad is not None}
        objective.zero_grad()
        for part in batch.split(4):
            (objective.loss(part).total / COUNT).backward()
        for name, parameter in objective.named_parameters():
            if name in whole:
                torch.testing.assert_close(parameter.grad, whole[name], atol=1e-5, rtol=1e-3)

    def test_every_trainable_parameter_has_one_rule_and_moves(
        self, case: tuple[str, str, str]
    ) -> None:
        objective, batch = made(*case)
        named = [name for group in objective.groups() for name in group.names]
        assert sorted(named) == sorted(
            n for n, p in objective.named_parameters() if p.requires_grad
        )
        before = {n: p.detach().clone() for n, p in objective.named_parameters()}
        optimizer = Optimizer(objective, objective.groups())
        objective.train()
        for _ in range(3):
            optimizer.zero_grad()
            mean(objective, batch).backward()
            optimizer.step(1.0, 0.0)
        still = [
            n for n, p in objective.named_parameters() if n in named and torch.equal(p, before[n])
        ]
        assert still == []

    def test_what_is_built_without_memory_takes_the_saved_tensors(
        self, case: tuple[str, str, str]
    ) -> None:
        objective, batch = made(*case)
        kind, field, family = case
        spec = INPUTS[field]
        entry = NETWORKS[family][spec.kind]
        facts = Facts(examples=COUNT, outputs=CLASSES, seconds=1.0, regression=kind == "numbers")
        with torch.device("meta"):
            empty = OBJECTIVES[kind](Join({field: entry.build(spec, entry.plan(spec, facts).size)}))
        empty.load_state_dict(objective.state_dict(), strict=True, assign=True)
        objective.eval()
        empty.eval()
        with torch.inference_mode():
            one, other = objective.predict(dict(batch.inputs)), empty.predict(dict(batch.inputs))
        assert all(torch.equal(one[name], other[name]) for name in one)

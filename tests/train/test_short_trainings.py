"""How much faster a short training goes, and that only networks which ask for it do."""

from dataclasses import replace
from itertools import pairwise

import pytest

from fathom.fit.training import Training
from fathom.networks import Facts, Group, Plan
from fathom.networks.registry import CODERS, DECODERS, NETWORKS
from fathom.recipe import LEAST_MEMORY, MOST_HASTE, Outline, haste, memory, schedule
from fathom.spec import Spec

PLAN = Plan({}, batch=16, epochs=8.0, flops=1.0)
FACTS = Facts(examples=4000, outputs=3, seconds=10.0, gflops=10.0)
GROUP = Group(("map",), "muon", 0.02, momentum=0.95)
SPECS = {
    "image": Spec("image", (3, 32, 32)),
    "row": Spec("row", (4,)),
    "text": Spec("text", (32,), levels=(100,)),
}


def scheduled(plan: Plan, updates: int) -> Training:
    drawn = Outline({"x": "any"}, {"x": plan})
    return schedule(drawn, FACTS, seed=0, updates=updates, threads=1, valid_rows=1)


def test_by_hand() -> None:
    assert haste(100, 200) == 2.0
    assert haste(80, 200) == 2.5
    assert haste(1, 200) == MOST_HASTE
    assert memory(60, 200) == 6.0
    assert memory(3, 200) == LEAST_MEMORY


def test_they_depend_on_updates_alone_and_fade_without_a_step() -> None:
    rates = [haste(updates, 200) for updates in range(1, 300)]
    assert rates == sorted(rates, reverse=True)
    assert max(before - after for before, after in pairwise(rates)) < 0.05
    momenta = [GROUP.remembering(memory(updates, 200)).momentum for updates in range(1, 300)]
    assert momenta == sorted(momenta)
    assert max(after - before for before, after in pairwise(momenta)) < 0.025
    assert momenta[-1] == GROUP.momentum


def test_a_momentum_looks_back_no_farther_than_it_may() -> None:
    assert GROUP.remembering(5.0).momentum == pytest.approx(0.8)
    assert GROUP.remembering(1000.0) == GROUP
    assert GROUP.remembering(0.0) == GROUP


@pytest.mark.parametrize("updates", [200, 201, 1000, 10**6])
def test_long_trainings_go_as_designed(updates: int) -> None:
    assert scheduled(replace(PLAN, short=200), updates) == scheduled(PLAN, updates)


def test_a_short_training_differs_in_rate_and_memory_alone() -> None:
    found = scheduled(replace(PLAN, short=200), 100)
    assert found == scheduled(PLAN, 100).model_copy(update={"rate": 2.0, "memory": 10.0})


@pytest.mark.parametrize("updates", [1, 60, 1000])
def test_networks_that_ask_for_nothing_are_trained_as_before(updates: int) -> None:
    assert scheduled(PLAN, updates).rate == 1.0
    assert scheduled(PLAN, updates).memory == 0.0


@pytest.mark.parametrize("kind", ["image", "row"])
def test_no_network_for_pictures_or_rows_asks_for_it(kind: str) -> None:
    plans = [kinds[kind].plan(SPECS[kind], FACTS) for kinds in NETWORKS.values() if kind in kinds]
    plans += [kinds[kind].plan(SPECS[kind], FACTS) for kinds in CODERS.values() if kind in kinds]
    assert plans
    assert all(plan.short == 0 for plan in plans)


@pytest.mark.parametrize("family", sorted(DECODERS))
def test_networks_that_continue_texts_ask_for_it(family: str) -> None:
    plan = DECODERS[family]["text"].plan(SPECS["text"], FACTS)
    assert scheduled(plan, 60).rate > 2
    assert scheduled(plan, 60).memory < 10
    assert scheduled(plan, 300) == scheduled(replace(plan, short=0), 300)

"""How much faster a short training goes, and that only networks which ask for it do."""

import pytest

from fathom.fit.training import Training
from fathom.networks import Facts, Plan
from fathom.networks.registry import CODERS, DECODERS, NETWORKS
from fathom.recipe import MOST_HASTE, Outline, haste, schedule
from fathom.spec import Spec

PLAN = Plan({}, batch=16, epochs=8.0, flops=1.0)
FACTS = Facts(examples=4000, outputs=3, seconds=10.0, gflops=10.0)
SPECS = {
    "image": Spec("image", (3, 32, 32)),
    "row": Spec("row", (4,)),
    "text": Spec("text", (32,), levels=(100,)),
}


def scheduled(plan: Plan, updates: int) -> Training:
    drawn = Outline({"x": "any"}, {"x": plan})
    return schedule(drawn, FACTS, seed=0, updates=updates, threads=1, valid_rows=1)


def test_by_hand() -> None:
    assert haste(100, 400) == pytest.approx(2.0)
    assert haste(64, 256) == pytest.approx(2.0)
    assert haste(1, 400) == MOST_HASTE


def test_it_depends_on_updates_alone_and_fades_without_a_step() -> None:
    found = [haste(updates, 300) for updates in range(1, 400)]
    assert found == sorted(found, reverse=True)
    assert max(before - after for before, after in zip(found, found[1:], strict=False)) < 0.05
    assert haste(299, 300) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("updates", [300, 301, 1000, 10**6])
def test_long_trainings_go_as_designed(updates: int) -> None:
    assert haste(updates, 300) == 1.0
    plan = Plan({}, batch=16, epochs=8.0, flops=1.0, short=300)
    assert scheduled(plan, updates) == scheduled(PLAN, updates)


def test_a_short_training_differs_in_its_rate_alone() -> None:
    plan = Plan({}, batch=16, epochs=8.0, flops=1.0, short=400)
    assert scheduled(plan, 100) == scheduled(PLAN, 100).model_copy(update={"rate": 2.0})


@pytest.mark.parametrize("updates", [1, 60, 1000])
def test_networks_that_ask_for_nothing_are_trained_as_before(updates: int) -> None:
    assert scheduled(PLAN, updates).rate == 1.0


@pytest.mark.parametrize("kind", ["image", "row"])
def test_no_network_for_pictures_or_rows_asks_for_it(kind: str) -> None:
    plans = [kinds[kind].plan(SPECS[kind], FACTS) for kinds in NETWORKS.values() if kind in kinds]
    plans += [kinds[kind].plan(SPECS[kind], FACTS) for kinds in CODERS.values() if kind in kinds]
    assert plans
    assert all(plan.short == 0 for plan in plans)


@pytest.mark.parametrize("family", sorted(DECODERS))
def test_networks_that_continue_texts_ask_for_it(family: str) -> None:
    plan = DECODERS[family]["text"].plan(SPECS["text"], FACTS)
    assert scheduled(plan, 60).rate > 1.5
    assert scheduled(plan, 1000).rate == 1.0

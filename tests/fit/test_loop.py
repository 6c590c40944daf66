"""The loop: learning, exact resumption, guards, memory ladder, averaging, early decisions."""

import copy
from contextlib import closing
from dataclasses import replace

import pytest
import torch
from small import ROWS, Line, Points

from fathom.data.batches import Batch
from fathom.errors import ResourceError
from fathom.fit.loop import Progress, fit
from fathom.fit.training import State, Training
from fathom.objectives import Loss, Objective

TRAINING = Training(updates=40, batch=20, averaging=5.0, seed=3)


def train(
    objective: Objective, feed: Points, training: Training = TRAINING, state: State | None = None
) -> list[Progress]:
    with closing(fit(objective, feed, training, state)) as turns:
        return list(turns)


def same(one: Objective, other: Objective) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_loss_falls_and_parts_are_logged() -> None:
    objective = Line()
    turns = train(objective, Points())
    assert turns[-1].update == 40
    assert turns[-1].losses["loss"] < 0.3 * turns[0].losses["loss"]
    assert turns[0].losses["squares"] == pytest.approx(turns[0].losses["loss"])
    assert not objective.training


def test_equal_seeds_train_equal_weights_and_other_seeds_do_not() -> None:
    first, second, third = Line(), Line(), Line()
    train(first, Points())
    train(second, Points())
    train(third, Points(), TRAINING.model_copy(update={"seed": 4}))
    assert same(first, second)
    assert not same(first, third)


def test_a_memory_bounds_every_momentum() -> None:
    bounded, usual, designed = Line(), Line(), Line()
    train(bounded, Points(), TRAINING.model_copy(update={"memory": 2.0}))
    train(usual, Points())
    assert not same(bounded, usual)
    groups = tuple(replace(group, momentum=0.5) for group in designed.groups())
    designed.groups = lambda: groups  # type: ignore[method-assign]
    train(designed, Points())
    assert same(bounded, designed)


@pytest.mark.parametrize("stop", [1, 17, 39])
def test_resuming_from_any_snapshot_ends_at_the_same_bits(stop: int) -> None:
    whole, cut = Line(), Line()
    spoilt = {5: float("nan")}
    train(whole, Points(spoilt=spoilt))
    with closing(fit(cut, Points(spoilt=spoilt), TRAINING)) as turns:
        for progress in turns:
            if progress.update == 10:
                progress.keep()
            if progress.update == stop:
                break
        state = progress.snapshot()
    resumed = Line()
    resumed_turns = train(resumed, Points(spoilt=spoilt), TRAINING, state)
    assert resumed_turns[0].update == stop + 1
    if stop < 10:
        assert same(whole, resumed)
    else:
        kept = Line()
        with closing(fit(kept, Points(spoilt=spoilt), TRAINING)) as turns:
            for progress in turns:
                if progress.update == 10:
                    progress.keep()
        assert same(kept, resumed)


def test_parts_of_a_batch_give_the_gradient_of_the_batch() -> None:
    gradients = []
    for parts in (1, 4):
        objective = Line()
        with closing(
            fit(objective, Points(), TRAINING.model_copy(update={"parts": parts}))
        ) as turns:
            fitting = next(turns).fitting
            objective.load_state_dict(Line().state_dict())
            objective.eval()
            fitting.accumulate(0, Points().at(0, 0.0))
        gradients.append([p.grad.clone() for p in objective.parameters() if p.grad is not None])
    for one, four in zip(*gradients, strict=True):
        torch.testing.assert_close(one, four)


def test_a_bad_example_is_skipped_and_named() -> None:
    objective = Line()
    turns = train(objective, Points(spoilt={7: float("nan")}))
    assert "skipped" in turns[7].event
    assert "rows 20" in turns[7].event
    assert all(not turn.event for turn in turns if turn.update != 8)
    assert all(bool(torch.isfinite(p).all()) for p in objective.parameters())


def test_three_bad_updates_roll_back_and_halve_the_rate() -> None:
    turns = train(Line(), Points(spoilt={7: float("nan"), 8: float("inf"), 9: float("nan")}))
    events = [turn.event for turn in turns if "rate halved" in turn.event]
    assert len(events) >= 1
    assert "1 of 3" in events[0]


def test_training_that_never_holds_ends_with_an_explanation() -> None:
    with pytest.raises(ResourceError, match="halved three times"):
        train(Line(), Points(spoilt=dict.fromkeys(range(100), float("nan"))))


class Hungry(Line):
    """Runs out of memory with more than five examples at once."""

    def loss(self, batch: Batch) -> Loss:
        if len(batch) > 5:
            raise torch.OutOfMemoryError("out of memory")
        return super().loss(batch)


class HungryCoupled(Hungry):
    couples = True


def test_exhausted_memory_is_answered_with_parts_and_said() -> None:
    turns = train(Hungry(), Points())
    assert "in 4 parts" in turns[0].event
    assert turns[-1].losses["loss"] < 0.5 * turns[0].losses["loss"]


def test_where_examples_couple_no_parts_are_made() -> None:
    with pytest.raises(ResourceError, match="Memory ran out"):
        train(HungryCoupled(), Points())


def test_other_errors_are_not_taken_for_exhausted_memory() -> None:
    class Broken(Line):
        def loss(self, batch: Batch) -> Loss:
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        train(Broken(), Points())


def test_the_average_is_what_is_evaluated_and_weights_come_back() -> None:
    objective = Line()
    with closing(fit(objective, Points(), TRAINING)) as turns:
        for progress in turns:
            if progress.update == 12:
                before = copy.deepcopy(objective.state_dict())
                with progress.evaluating() as averaged:
                    assert not averaged.training
                    assert not torch.equal(
                        averaged.state_dict()["first.weight"], before["first.weight"]
                    )
                assert torch.equal(objective.state_dict()["first.weight"], before["first.weight"])
                break


def test_stop_ends_and_the_best_moment_is_left_in_the_objective() -> None:
    objective = Line()
    with closing(fit(objective, Points(), TRAINING)) as turns:
        for progress in turns:
            if progress.update == 10:
                progress.keep()
                with progress.evaluating() as averaged:
                    kept = copy.deepcopy(averaged.state_dict())
            if progress.update == 20:
                progress.stop()
    assert progress.update == 20
    assert all(torch.equal(kept[name], value) for name, value in objective.state_dict().items())


def test_decay_starts_from_the_best_moment_and_ends_early() -> None:
    training = TRAINING.model_copy(update={"decay": 0.25})
    seen = []
    with closing(fit(Line(), Points(), training)) as turns:
        for progress in turns:
            seen.append(progress.update)
            if progress.update == 5 and len(seen) == 5:
                progress.keep()
            if progress.update == 12 and len(seen) == 12:
                progress.decay()
    assert seen[12] == 6
    assert seen[-1] == 15


def test_every_row_is_drawn_once_an_epoch() -> None:
    import numpy as np

    from fathom.data.batches import Order

    order = Order(np.arange(ROWS), 20, seed=1)
    rows = np.concatenate([order.at(update)[1] for update in range(3)])
    assert sorted(rows) == list(range(ROWS))
    assert [order.at(update)[0] for update in (0, 2, 3)] == [0, 0, 1]
    assert not np.array_equal(order.at(0)[1], order.at(3)[1])

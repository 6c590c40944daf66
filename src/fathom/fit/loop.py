"""An objective and batches to a trained objective: the loop every family shares.

`fit` is a generator: logging, evaluation and checkpoints are plain statements of the caller
between two updates. Guards against bad losses and exhausted memory live here and show up as
`Progress.event`.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.data.seeds import derived
from fathom.errors import ResourceError
from fathom.fit.average import Average
from fathom.fit.guards import Guards, culprits
from fathom.fit.memory import is_exhausted, save_memory
from fathom.fit.optimizer import Optimizer
from fathom.fit.schedule import Schedule
from fathom.fit.training import State, Training
from fathom.networks import Group
from fathom.objectives import Objective, Step


class Feed:
    """What `fit` asks of its batches: `at(update, share)` gives the batch of an update (0-based).

    share: how far the training has come, 0 to 1, for augmentation that ends early.
    """

    def at(self, update: int, share: float) -> Batch:
        """The same batch for the same update, whatever came before."""
        raise NotImplementedError


@dataclass
class Progress:
    """What the caller sees after an update; its methods act before the next one.

    update: finished updates; losses: mean loss by name; norms: gradient norm by step; event: what
    the guards did, in words, or "".
    """

    update: int
    losses: dict[str, float]
    norms: dict[str, float]
    event: str
    fitting: "Fitting" = field(repr=False)

    @contextmanager
    def evaluating(self) -> Iterator[Objective]:
        """The objective with averaged weights, in eval and inference mode."""
        with self.fitting.evaluating() as objective:
            yield objective

    def snapshot(self) -> State:
        """A copy of everything needed to go on from here."""
        return self.fitting.state()

    def keep(self) -> None:
        """Remember this moment as the best so far."""
        self.fitting.best = self.fitting.moment()

    def decay(self) -> None:
        """Go back to the best moment and start the rate's decay there."""
        self.fitting.decay_from_best()

    def stop(self) -> None:
        """End the training before the next update."""
        self.fitting.end = self.fitting.done


def fit(
    objective: Objective, feed: Feed, training: Training, state: State | None = None
) -> Generator[Progress, None, None]:
    """Train; yields after every update, and leaves the best moment's averaged weights in
    `objective`.

    With `state` (of `Progress.snapshot`) it goes on exactly where that was taken: same weights,
    bit for bit, on the same machine with the same number of threads. Raises ResourceError when
    training cannot go on.
    """
    fitting = Fitting(objective, training)
    if state is not None:
        fitting.restore(state)
    while fitting.done < fitting.end:
        yield fitting.update(feed)
    fitting.finish()


class Fitting:
    """The loop's moving parts: optimizers, average, schedule, guards, good and best moments."""

    def __init__(self, objective: Objective, training: Training) -> None:
        self.objective = objective
        self.training = training
        self.steps = objective.steps()
        self.optimizers = [
            Optimizer(objective, own_groups(objective, step, training.memory))
            for step in self.steps
        ]
        self.average = Average(objective, training.averaging)
        self.schedule = Schedule(training.updates, training.warmup, training.decay, training.floor)
        self.guards = Guards(training.updates)
        self.done = 0
        self.end = training.updates
        self.parts = training.parts
        self.saving = False
        self.best: State | None = None
        self.good: State = self.moment()

    def update(self, feed: Feed) -> Progress:
        """One turn of every step on the next batch."""
        training, number = self.training, self.done
        batch = feed.at(number, number / training.updates)
        factor = self.schedule.factor(number, self.end) * training.rate * self.guards.rate
        losses: dict[str, float] = {}
        norms: dict[str, float] = {}
        event = ""
        self.objective.train()
        for place, step in enumerate(self.steps):
            for _ in range(step.repeats):
                measured, norm = self.backward(place, batch)
                losses |= measured
                norms[step.name] = norm
                reason = self.guards.judge(step.name, number, measured, norm)
                if reason:
                    event = self.skip(step, batch, reason)
                else:
                    self.clip(place, norm)
                    self.optimizers[place].step(factor, number / training.updates)
        self.done += 1
        self.average.update(self.done)
        event = self.watch(losses, event)
        return Progress(self.done, losses, norms, event, self)

    def backward(self, place: int, batch: Batch) -> tuple[dict[str, float], float]:
        """Gradients of a step's mean loss over the batch, in as many parts as memory needs."""
        while True:
            try:
                return self.accumulate(place, batch)
            except (RuntimeError, MemoryError) as error:
                if not is_exhausted(error):
                    raise
                self.optimizers[place].zero_grad()
                self.parts, self.saving, told = save_memory(
                    self.objective, len(batch), self.parts, self.saving
                )
                self.guards.note(told)

    def accumulate(self, place: int, batch: Batch) -> tuple[dict[str, float], float]:
        """Sum the parts' gradients, then divide by what they sum over."""
        step, optimizer = self.steps[place], self.optimizers[place]
        optimizer.zero_grad()
        pieces = batch.split(self.parts)
        sums: dict[str, Tensor] = {}
        count = torch.zeros(())
        for part, piece in enumerate(pieces):
            torch.manual_seed(derived(self.training.seed, self.done, step.name, part))
            loss = step.loss(piece)
            scale = loss.count.detach() if len(pieces) == 1 else torch.ones(())
            (loss.total / scale).backward()
            count = count + loss.count.detach()
            for name, value in {"loss": loss.total.detach(), **loss.parts}.items():
                sums[name] = sums.get(name, torch.zeros(())) + value
        gradients = optimizer.gradients()
        if len(pieces) > 1:
            torch._foreach_div_(gradients, count)
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        prefix = "" if len(self.steps) == 1 else f"{step.name}."
        measured = {prefix + name: float(value / count) for name, value in sums.items()}
        return measured, float(norm)

    def clip(self, place: int, norm: float) -> None:
        """Shorten the gradients to the largest allowed norm."""
        if self.training.clip and norm > self.training.clip:
            torch._foreach_mul_(self.optimizers[place].gradients(), self.training.clip / norm)

    def skip(self, step: Step, batch: Batch, reason: str) -> str:
        """Leave this update out, undo its marks on buffers, and name the examples that caused
        it.
        """
        self.mend_buffers()
        rows = culprits(self.objective, step.loss, batch)
        named = f"; examples in rows {', '.join(map(str, rows))}" if rows else ""
        return f"update {self.done + 1} of {step.name} skipped: {reason}{named}"

    def mend_buffers(self) -> None:
        """Running statistics that took in numbers that are not finite return to the last good
        ones.
        """
        good = self.good.under("objective")
        for name, buffer in self.objective.named_buffers():
            if buffer.is_floating_point() and not bool(torch.isfinite(buffer).all()):
                buffer.copy_(good[name])

    def watch(self, losses: dict[str, float], event: str) -> str:
        """Roll back to the last good moment after a lasting spike, or note a new good one."""
        told = self.guards.told()
        event = "; ".join(filter(None, (event, told)))
        if self.guards.must_roll_back(losses):
            number = self.done
            guards = self.guards.halved()
            self.to_moment(self.good)
            self.guards = guards
            text = (
                f"after update {number} back to update {self.done}, rate halved "
                f"({guards.halvings} of {guards.most_halvings})"
            )
            return "; ".join(filter(None, (event, text)))
        if not event and self.done % max(1, self.training.updates // 50) == 0:
            self.good = self.moment()
        return event

    @contextmanager
    def evaluating(self) -> Iterator[Objective]:
        """Averaged weights, eval and inference mode; everything is restored afterwards."""
        try:
            self.objective.eval()
            with self.average.swapped(), torch.inference_mode():
                yield self.objective
        finally:
            self.objective.train()

    def moment(self) -> State:
        """Copies of weights, average, optimizers and counters, without the remembered moments."""
        tensors = {f"objective/{n}": t for n, t in self.objective.state_dict().items()}
        tensors |= {f"average/{n}": t for n, t in self.average.shadow.items()}
        for place, optimizer in enumerate(self.optimizers):
            tensors |= {f"optimizer.{place}/{n}": t for n, t in optimizer.state().items()}
        copies = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        return State(
            copies, {"done": self.done, "end": self.end, "parts": self.parts, "saving": self.saving}
        )

    def to_moment(self, state: State) -> None:
        """Put copies back; the counters too."""
        self.objective.load_state_dict(state.under("objective"))
        for name, tensor in state.under("average").items():
            self.average.shadow[name].copy_(tensor)
        for place, optimizer in enumerate(self.optimizers):
            optimizer.load(state.under(f"optimizer.{place}"))
        self.done = state.numbers["done"]

    def state(self) -> State:
        """The present moment with the good and the best one inside, for a checkpoint."""
        state = self.moment()
        state.numbers["guards"] = self.guards.numbers()
        state.nest("good", self.good)
        if self.best is not None:
            state.nest("best", self.best)
        return state

    def restore(self, state: State) -> None:
        """Go on from a checkpoint's state."""
        self.to_moment(state)
        self.end, self.parts = state.numbers["end"], state.numbers["parts"]
        if state.numbers["saving"]:
            self.parts, self.saving, _ = save_memory(self.objective, 1, self.parts, False)
        self.guards = Guards.from_numbers(self.training.updates, state.numbers["guards"])
        self.good = state.nested("good") or self.moment()
        self.best = state.nested("best")

    def decay_from_best(self) -> None:
        """Return to the best moment and end after one decay from there, never later than
        planned.
        """
        if self.best is not None:
            self.to_moment(self.best)
        self.end = min(self.training.updates, self.done + self.schedule.decay_updates)

    def finish(self) -> None:
        """Leave the best moment's averaged weights in the objective."""
        if self.best is not None:
            self.to_moment(self.best)
        live = self.average.live()
        with torch.no_grad():
            for name, tensor in self.average.shadow.items():
                live[name].copy_(tensor)
        self.objective.eval()
        if not all(bool(torch.isfinite(p).all()) for p in self.objective.parameters()):
            raise ResourceError(
                "Training ended with weights that are not finite numbers.",
                remedy="Please report this with the run's log.jsonl.",
            )


def own_groups(objective: Objective, step: Step, memory: float) -> tuple[Group, ...]:
    """The objective's groups, cut down to the parameters that a step moves, and to a memory."""
    moved = {id(parameter) for parameter in step.module.parameters()}
    mine = {name for name, p in objective.named_parameters() if id(p) in moved}
    cut = (
        (group, tuple(name for name in group.names if name in mine)) for group in objective.groups()
    )
    return tuple(replace(group, names=names).remembering(memory) for group, names in cut if names)

"""A recipe, an objective and examples to trained weights: log, validation and checkpoints around
`fit`.
"""

import json
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fathom.data.seeds import derived
from fathom.fit import checkpoint
from fathom.fit.loop import Progress, fit
from fathom.fit.training import State
from fathom.members import ROWS_AT_ONCE, predicted
from fathom.metrics import HEADLINE, LOSS, METRICS
from fathom.objectives import Objective
from fathom.recipe import Recipe
from fathom.run_folder import LOG
from fathom.train.feeds import feed
from fathom.train.listener import Listener, Tick
from fathom.train.prepare import Prepared
from fathom.train.watch import Watch

CHECKPOINTS = "checkpoints"


class Log:
    """`log.jsonl`: numbered lines, appended and flushed; every duration lives in a line's
    `time`.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()[:keep] if keep else []
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        self.file = path.open("a", encoding="utf-8")
        self.count = len(lines)

    def write(self, kind: str, *, time: dict[str, float], **content: Any) -> None:
        """Append one line."""
        line = {"n": self.count, "kind": kind, **content, "time": time}
        self.file.write(json.dumps(line, allow_nan=False) + "\n")
        self.file.flush()
        self.count += 1

    def close(self) -> None:
        """Nothing more is written."""
        self.file.close()


@dataclass
class Stopwatch:
    """Seconds spent in updates, evaluation and checkpoints excluded."""

    training_s: float = 0.0
    started: float = 0.0

    def start(self) -> None:
        """An update begins."""
        self.started = time.perf_counter()

    def stop(self) -> dict[str, float]:
        """An update ended; the running total."""
        self.training_s += time.perf_counter() - self.started
        return {"training_s": round(self.training_s, 4)}


def loop(
    folder: Path, recipe: Recipe, objective: Objective, prepared: Prepared, listener: Listener
) -> None:
    """Train to the end from the newest verified checkpoint, or from the start."""
    training = recipe.training
    torch.set_num_threads(training.threads)
    state, numbers, passed = checkpoint.load(folder / CHECKPOINTS)
    for line in passed:
        listener.say(line)
    watch = watch_of(recipe)
    if state is not None:
        watch.restore(numbers["watch"])
        listener.say(f"going on after update {state.numbers['done']:,} of {training.updates:,}")
    elif passed:
        listener.say("no checkpoint can be used: training begins anew, to the same weights")
    with closing(Log(folder / LOG, numbers.get("lines", 0))) as log:
        Looper(folder, recipe, prepared, listener, watch, log).run(objective, state)


def watch_of(recipe: Recipe) -> Watch:
    """The watch over validation that a recipe asks for."""
    training = recipe.training
    decay_from = round(training.updates * (1 - training.decay))
    return Watch(training.patience, training.updates, decay_from)


@dataclass
class Looper:
    """What happens between two updates."""

    folder: Path
    recipe: Recipe
    prepared: Prepared
    listener: Listener
    watch: Watch
    log: Log

    def run(self, objective: Objective, state: State | None) -> None:
        """Drive `fit`; every line here is a plain statement between updates."""
        training = self.recipe.training
        clock = Stopwatch()
        points = set(training.evaluations)
        every = max(1, training.updates // 1000)
        valid = validation_rows(self.recipe, self.prepared)
        batches = feed(self.recipe, self.prepared)
        with closing(timed(fit(objective, batches, training, state), clock)) as turns:
            for progress, spent in turns:
                update = progress.update
                if progress.event:
                    self.log.write("event", update=update, text=progress.event, time=spent)
                    self.listener.say(progress.event)
                if update % every == 0 or update in points:
                    losses = {name: tidy(value) for name, value in progress.losses.items()}
                    norms = {name: tidy(value) for name, value in progress.norms.items()}
                    self.log.write("update", update=update, losses=losses, norms=norms, time=spent)
                self.tell(progress, spent)
                if update in points and len(valid):
                    self.look(progress, valid, spent)
                if update % training.checkpoint_every == 0 and update < training.updates:
                    numbers = {"watch": self.watch.numbers(), "lines": self.log.count}
                    checkpoint.save(self.folder / CHECKPOINTS, progress.snapshot(), numbers)
        self.listener.done()

    def look(self, progress: Progress, valid: np.ndarray, spent: dict[str, float]) -> None:
        """Measure on validation and act on it."""
        with progress.evaluating() as objective:
            metrics = validate(objective, self.prepared, valid)
        named = {name: tidy(value) for name, value in metrics.items()}
        self.log.write("validation", update=progress.update, metrics=named, time=spent)
        name, value = next(iter(metrics.items()))
        self.tell(progress, spent, name, value)
        advice = self.watch.see(progress.update, metrics["loss"])
        if advice == "keep":
            progress.keep()
        elif advice == "stop":
            self.log.write(
                "event",
                update=progress.update,
                time=spent,
                text="no gain on validation: training ends early",
            )
            progress.stop()
        elif advice == "decay":
            self.log.write(
                "event",
                update=progress.update,
                time=spent,
                text="validation rose: back to the best moment, the decay begins",
            )
            progress.decay()

    def tell(
        self,
        progress: Progress,
        spent: dict[str, float],
        metric: str = "",
        value: float | None = None,
    ) -> None:
        """One sign of life."""
        done = progress.update
        rest = (self.recipe.training.updates - done) * spent["training_s"] / max(1, done)
        loss = next(iter(progress.losses.values()))
        self.listener.tick(
            Tick(done, self.recipe.training.updates, loss, metric, value, rest, progress.event)
        )


def timed(
    turns: Generator[Progress, None, None], clock: Stopwatch
) -> Generator[tuple[Progress, dict[str, float]], None, None]:
    """The same turns, each with the seconds spent in updates so far."""
    with closing(turns):
        while True:
            clock.start()
            progress = next(turns, None)
            spent = clock.stop()
            if progress is None:
                return
            yield progress, spent


def validation_rows(recipe: Recipe, prepared: Prepared) -> np.ndarray:
    """The validation rows looked at during training: all, or a seeded draw where there are many."""
    rows = prepared.rows("valid")
    most = recipe.training.valid_rows
    if len(rows) <= most:
        return rows
    drawn = np.random.default_rng(derived(recipe.seed, "validation"))
    return np.sort(drawn.choice(rows, most, replace=False))


def validate(objective: Objective, prepared: Prepared, rows: np.ndarray) -> dict[str, float]:
    """The headline metric and the loss of the answers as they are served.

    Of an objective that answers slowly, the mean training loss alone.
    """
    if objective.slow:
        losses = [objective.loss(batch) for batch in prepared.examples.rows(rows, ROWS_AT_ONCE)]
        count = sum(float(loss.count) for loss in losses)
        return {"loss": sum(float(loss.total) for loss in losses) / max(1.0, count)}
    found = predicted(objective, prepared.examples, rows)
    fields = prepared.in_units({name: value.numpy() for name, value in found.items()})
    kind = prepared.fields.target.codec.spec().kind
    truth = prepared.truth(rows)
    return {
        HEADLINE[kind]: METRICS[kind][HEADLINE[kind]].value(truth, fields),
        "loss": METRICS[kind][LOSS[kind]].value(truth, fields),
    }


def tidy(value: float) -> float | None:
    """Six significant digits; what is not finite becomes null, which JSON can hold."""
    return float(f"{value:.6g}") if np.isfinite(value) else None

"""Failures planted in trained networks, named or not by the self-checks of the report, and how
often clean ones are called failed: `python benchmarks/planted.py RUN [--planted 10] [--clean 20]`.

RUN draws digits by class. Each turn takes samples and held-out examples of its own: clean ones,
those of a generator that knows three classes alone, and samples of which a quarter are training
pictures under hardly visible noise. Autoencoders and VAEs are trained here, on the digits, once
clean and once with a synthesis that never sees its code. The goals: every failure is named in at
least nine turns of ten, and none of twenty clean turns gives an alarm.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

import coder_trials
import fathom
from fathom.data.batches import Batch
from fathom.evaluate.detectors import detect
from fathom.objectives.autoencoder import Coding
from fathom.train.listener import Listener
from fathom.train.sampling import Sitting, samples, sitting_of

NAMED = 0.9  # of the turns
FEW = 3  # classes of the generator that knows few
COPIED, NOISE = 4, 3  # one sample of so many is a training picture; its noise in grey levels
CALIBRATED = 1_000  # pictures kept apart from training

Checks = list[dict[str, object]]


@dataclass(frozen=True)
class Plant:
    """A way to fail: the self-check that must name it, and a turn's number to what it found."""

    what: str
    named: str
    turn: Callable[[int], Checks]


class Deaf(nn.Module):
    """A synthesis that never sees its code."""

    def __init__(self, synthesis: nn.Module) -> None:
        super().__init__()
        self.synthesis = synthesis

    def forward(self, code: Tensor, condition: Tensor | None = None) -> Tensor:
        """Write as for a code of zeros; gradients are zero, too, not missing."""
        written: Tensor = self.synthesis(0 * code, condition)
        return written


@dataclass(frozen=True)
class Drawn:
    """Turns of a generator; each begins at other held-out examples and other sample numbers."""

    sitting: Sitting
    count: int

    def checked(
        self,
        turn: int,
        wishes: Callable[[np.ndarray, np.random.Generator], np.ndarray],
        changed: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    ) -> Checks:
        """The findings on samples for changed wishes, themselves changed."""
        source = np.random.default_rng(turn)
        recipe = self.sitting.recipe.model_copy(update={"seed": turn})
        sitting = replace(self.sitting, recipe=recipe)
        held_out = sitting.real("test", self.count)
        wish = wishes(held_out.wish, source)
        drawn = samples(sitting.objective, sitting.prepared, wish, first=turn * self.count)
        own = sitting.crowd(changed(drawn, source), wish)
        return detect(own.seen, held_out.seen)

    def clean(self, turn: int) -> Checks:
        """As they come."""
        return self.checked(turn, lambda wish, _: wish, lambda drawn, _: drawn)

    def few(self, turn: int) -> Checks:
        """Three classes alone, whatever is wished for."""

        def wishes(wish: np.ndarray, source: np.random.Generator) -> np.ndarray:
            classes = len(self.sitting.prepared.classes)
            return source.choice(source.choice(classes, FEW, replace=False) + 1, len(wish))

        return self.checked(turn, wishes, lambda drawn, _: drawn)

    def copies(self, turn: int) -> Checks:
        """Training pictures among the samples."""

        def changed(drawn: np.ndarray, source: np.random.Generator) -> np.ndarray:
            rows = self.sitting.prepared.rows("train")
            stored = self.sitting.stored(source.choice(rows, len(drawn) // COPIED)).astype(int)
            noise = source.integers(-NOISE, NOISE + 1, stored.shape)
            copied = np.clip(stored + noise, 0, 255).astype(drawn.dtype)
            return np.concatenate([copied, drawn[len(copied) :]])

        return self.checked(turn, lambda wish, _: wish, changed)


@dataclass(frozen=True)
class Coded:
    """Turns of a network that keeps digits, each trained anew."""

    family: str
    pictures: Tensor
    updates: int

    def checked(self, turn: int, *, deaf: bool) -> Checks:
        """The findings after training."""
        asked = argparse.Namespace(
            family=self.family, network="mlp", updates=self.updates, batch=128, code=32,
            seconds=50.0, gflops=200.0, free=0.0, rate=1.0, seed=turn, size=[],
        )  # fmt: skip
        objective = coder_trials.built(asked)
        if deaf:
            objective.coder.synthesis = Deaf(objective.coder.synthesis)
        kept, held_out = self.pictures[:-CALIBRATED], self.pictures[-CALIBRATED:]
        with torch.no_grad():
            objective.initialise(batch(kept[:5000]))
        coder_trials.trained(objective, kept, asked)
        return found(objective, held_out)

    def clean(self, turn: int) -> Checks:
        """As it is."""
        return self.checked(turn, deaf=False)

    def deaf(self, turn: int) -> Checks:
        """With a synthesis that ignores the code."""
        return self.checked(turn, deaf=True)


def batch(pictures: Tensor) -> Batch:
    """Pictures without targets."""
    return Batch({"image": pictures}, {}, torch.arange(len(pictures)))


def found(objective: Coding, held_out: Tensor) -> Checks:
    """The self-checks of a trained coding."""
    objective.eval()
    with torch.inference_mode():
        objective.calibrate([batch(held_out)])
    checks: Checks = objective.found()["checks"]
    return checks


def alarms(checks: Checks) -> set[str]:
    """Names of the checks that failed."""
    return {str(check["name"]) for check in checks if not check["passed"]}


def measured(
    plants: list[Plant], clean: dict[str, Callable[[int], Checks]], asked: argparse.Namespace
) -> Iterator[str]:
    """A line for each failure and for each sort of clean turns."""
    for plant in plants:
        every = [alarms(plant.turn(turn)) for turn in range(asked.planted)]
        count = sum(plant.named in one for one in every)
        met = "yes" if count >= NAMED * asked.planted else "NO"
        yield f"{plant.what}: named in {count} of {asked.planted}; goal met: {met}"
    for what, turns in clean.items():
        called = [name for turn in range(asked.clean) for name in sorted(alarms(turns(turn)))]
        met = "NO" if called else "yes"
        told = f" ({', '.join(called)})" if called else ""
        yield f"{what}, clean: {len(called)} alarms{told} in {asked.clean}; goal met: {met}"


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Planted failures and clean turns.")
    parser.add_argument("run")
    parser.add_argument("--planted", type=int, default=10)
    parser.add_argument("--clean", type=int, default=20)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--updates", type=int, default=1_000, help="Of autoencoder and VAE.")
    asked = parser.parse_args()
    drawn = Drawn(sitting_of(fathom.load(asked.run), Listener()), asked.samples)
    coded = {
        family: Coded(family, coder_trials.digits(), asked.updates)
        for family in ("autoencoder", "vae")
    }
    plants = [
        Plant("three classes of ten", "all classes are drawn", drawn.few),
        Plant("repeated training pictures", "nothing is copied from training", drawn.copies),
        *(
            Plant(f"{family} whose synthesis ignores its code", "the code is used", one.deaf)
            for family, one in coded.items()
        ),
    ]
    clean = {"samples": drawn.clean} | {family: one.clean for family, one in coded.items()}
    for line in measured(plants, clean, asked):
        print(line, flush=True)


if __name__ == "__main__":
    main()

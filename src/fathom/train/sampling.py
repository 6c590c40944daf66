"""A trained network that draws to judged samples: beside held-out examples, those of training and
the rivals' samples.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
import torch

from fathom.baselines import Rival, Rivals
from fathom.data.batches import taken
from fathom.data.codecs.drawn import Drawable, drawable
from fathom.data.seeds import derived
from fathom.data.split import Split
from fathom.evaluate import HeldOut, evaluate
from fathom.evaluate.detectors import detect
from fathom.evaluate.frechet import beside
from fathom.evaluate.nearest import nearest
from fathom.folders import read_json
from fathom.objectives import Objective, Paced
from fathom.recipe import Recipe
from fathom.run import Run
from fathom.run_folder import SPLIT
from fathom.train.crowds import Crowd, ceiling, closer
from fathom.train.judging_network import Judge, judge_of
from fathom.train.listener import Listener
from fathom.train.options import Clock
from fathom.train.prepare import Prepared, prepared_again
from fathom.train.rows_beside import LISTED, listed, useful
from fathom.train.understanding import reopened

SLOW_S = 0.5
AFTER = 1_000_000  # the number of the first sample that is not judged
FEWEST_PACED, MOST_PACED, PACED_SHARE = 32, 256, 4  # samples of each pace


@dataclass(frozen=True)
class Outside:
    """Work that the budget does not pay for, and how it is told."""

    clock: Clock
    listener: Listener

    def judge(self, prepared: Prepared, recipe: Recipe) -> Judge:
        """The judge of a run's data; the seconds of its training do not count."""
        begun = time.perf_counter()
        with self.clock.outside():
            judge = judge_of(prepared, recipe)
        spent = time.perf_counter() - begun
        if spent > SLOW_S:
            self.listener.say(
                f"a judge of {drawn_of(prepared).items} learned from the same data in "
                f"{spent:.0f} s, outside the budget; the next run of these data finds it"
            )
        return judge

    def paces(self, objective: Paced, sitting: "Sitting", count: int) -> dict[str, Any]:
        """What fewer and more looks of the network make of so many samples; not counted either."""
        begun = time.perf_counter()
        with self.clock.outside():
            found = sitting.paces(objective, count)
        spent = time.perf_counter() - begun
        if spent > SLOW_S:
            self.listener.say(
                f"{count} samples were also drawn with fewer and more steps, in {spent:.0f} s, "
                "outside the budget"
            )
        return found


def paced(judged: int) -> int:
    """How many samples of each pace are compared: their cost is about that of the judged ones."""
    return max(FEWEST_PACED, min(MOST_PACED, judged // PACED_SHARE))


def judge_samples(
    recipe: Recipe, objective: Objective, prepared: Prepared, rivals: Rivals, outside: Outside
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """As many samples as the recipe says, judged beside as many held-out examples."""
    count = round(recipe.decoding["judged"])
    sitting = Sitting(recipe, objective, prepared, outside.judge(prepared, recipe))
    frame, report = sitting.held(rivals, count)
    if isinstance(objective, Paced):
        report["paces"] = outside.paces(objective, sitting, min(count, paced(count)))
    return frame, report


@dataclass(frozen=True)
class Sitting:
    """Everything that is judged, by one judge."""

    recipe: Recipe
    objective: Objective
    prepared: Prepared
    judge: Judge

    def held(self, rivals: Rivals, count: int) -> tuple[pl.DataFrame, dict[str, Any]]:
        """The table of samples and the report."""
        part = "test"
        held_out = self.real(part, count)
        drawn = samples(self.objective, self.prepared, held_out.wish)
        own = self.crowd(drawn, held_out.wish)
        floor = self.real("train", count)
        others = [self.rival(one, len(held_out.wish)) for one in rivals.ranked]
        report = evaluate(
            held_out.truth,
            own.fields,
            others,
            kind="sample",
            classes=self.prepared.classes,
            split=part,
            items=own.codec.items,
            seed=self.recipe.seed,
        )
        report["items"] = own.codec.items
        report["checks"] = detect(own.seen, held_out.seen)
        report["floor"] = self.floor(held_out, floor)
        report["ceiling"] = ceiling(self.played(held_out))
        report["frechet"] = beside(
            own.views[0],
            held_out.views[0],
            floor.views[0],
            judge=self.judge.words,
            items=own.codec.items,
        )
        report["memorised_held_out"] = float(held_out.nearest.repeats.mean())
        report["closer_to_training"] = closer(own, held_out)
        report |= self.listed(own, held_out, floor)
        return self.frame(own), report

    def listed(self, own: Crowd, held_out: Crowd, floor: Crowd) -> dict[str, Any]:
        """Of rows: how far apart their columns are, and what they teach; nothing of others."""
        found = listed(own, held_out, floor, self.stored(own.nearest.row[:LISTED]))
        if not found:
            return {}
        return found | useful(self.prepared, self.stored, self.more, self.recipe.seed)

    def more(self, wish: np.ndarray) -> np.ndarray:
        """An example for each wish, none of the judged ones."""
        return samples(self.objective, self.prepared, wish, first=AFTER)

    def paces(
        self, objective: Paced, count: int, options: Mapping[int, Any] | None = None
    ) -> dict[str, Any]:
        """The kernel distance of samples from the same noise for each number of looks; the seconds
        are those of a sample.

        options: of `draw`, by looks; by default those the objective names.
        """
        held_out = self.real("test", count)
        judged = HeldOut.of("sample", held_out.truth, seed=self.recipe.seed)
        lines = []
        for looks, asked in (options or objective.paces()).items():
            begun = time.perf_counter()
            drawn = samples(self.objective, self.prepared, held_out.wish, options=asked)
            spent = time.perf_counter() - begun
            features, random, _ = self.judge.views(drawn)
            found = judged.briefly({"features": features, "random": random}, but=("kid",))
            lines.append(
                {"looks": looks, "kid": found["kid"], "seconds": round(spent / len(drawn), 4)}
            )
        return {"usual": objective.looks, "n": len(held_out.wish), "lines": lines}

    def real(self, part: str, count: int) -> Crowd:
        """Examples of a part, drawn from the seed."""
        rows = self.prepared.rows(part)
        source = np.random.default_rng(derived(self.recipe.seed, "judged", part))
        rows = np.sort(source.permutation(rows)[:count])
        own = rows if part == "train" else None
        return self.crowd(self.stored(rows), self.prepared.truth(rows), own=own)

    def played(self, real: Crowd) -> Crowd:
        """Real examples as drawn ones come out."""
        again = real.codec.written(real.values)
        return real if again is real.values else self.crowd(again, real.wish)

    def stored(self, rows: np.ndarray) -> np.ndarray:
        """Examples as they are stored."""
        name = self.prepared.fields.inputs[0].name
        return taken({name: self.prepared.examples.inputs[name]}, rows)[name].numpy()

    def crowd(self, values: np.ndarray, wish: np.ndarray, own: np.ndarray | None = None) -> Crowd:
        """Examples with what the judge sees; own: their rows, where training holds them."""
        train, codec = self.prepared.rows("train"), drawn_of(self.prepared)
        near = nearest(codec.small(values), lambda rows: codec.small(self.stored(rows)), train, own)
        return Crowd(values, wish, self.judge.views(values), near, codec)

    def rival(self, one: Rival, count: int) -> Rival:
        """A rival with its samples judged in the place of its answers."""
        fields = one.fields["test"]
        values = drawn_of(self.prepared).written(fields["picture"][:count])
        crowd = self.crowd(values, fields["wish"][:count])
        return Rival(**vars(one) | {"fields": {"test": crowd.fields}})

    def floor(self, held_out: Crowd, real: Crowd) -> dict[str, Any]:
        """What training examples themselves would reach: nothing that is drawn can be better."""
        count = min(len(held_out.wish), len(real.wish))
        report = evaluate(
            held_out.truth[:count],
            {name: value[:count] for name, value in real.fields.items() if name != "memorised"},
            kind="sample",
            classes=(),
            items=real.codec.items,
        )
        return cast(dict[str, Any], report["metrics"])

    def frame(self, own: Crowd) -> pl.DataFrame:
        """One line a sample."""
        count = len(own.wish)
        found = {
            "wish": own.wish,
            "seen": own.views[2],
            "nearest": own.nearest.row,
            "ratio": own.nearest.ratio,
            "memorised": own.nearest.repeats,
        }
        columns = self.prepared.columns(found)
        return pl.DataFrame({"row": np.arange(count), "part": ["test"] * count, **columns})


def sitting_of(run: Run, listener: Listener, cache: str | None = None) -> Sitting:
    """The network of a finished run, its data and their judge, as when it was trained."""
    recipe, member = run.recipe, run.members[0]
    understood = reopened(recipe, cache, listener, accept=False)
    split = Split.from_json(read_json(run.folder / SPLIT), recipe.data.rows)
    prepared = prepared_again(understood, split, member.fields)
    judge = Outside(Clock(recipe.budget_s), listener).judge(prepared, recipe)
    return Sitting(recipe, member.objective, prepared, judge)


def samples(
    objective: Objective,
    prepared: Prepared,
    wish: np.ndarray,
    *,
    first: int = 0,
    options: Any = None,
) -> np.ndarray:
    """An example for each wish, by number from the first on, as examples are stored; options: of
    the objective.
    """
    numbers = torch.arange(first, first + len(wish))
    objective.eval()
    with torch.inference_mode():
        asked = {"sample": numbers, "wish": torch.from_numpy(wish)}
        found = objective.predict(asked, options)
    codec = drawn_of(prepared)
    return codec.written(np.asarray(codec.decode({"value": found["answer"]})))


def drawn_of(prepared: Prepared) -> Drawable:
    """The codec of what is drawn."""
    return drawable(prepared.fields.inputs[0].codec)

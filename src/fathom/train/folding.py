"""Folds to one run of K networks: each is trained without its fold and answers it; then the answers
are judged together, and the networks are kept side by side.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.torch import load_file, save_file

from fathom.baselines import Rivals
from fathom.data.units import Arrays
from fathom.evaluate import evaluate
from fathom.folders import MANIFEST, read_lines, seal, verify, whole, write_text
from fathom.members import blueprint, joined, predicted
from fathom.recipe import Recipe
from fathom.run_folder import LOG, PREDICTIONS, REPORT, WEIGHTS, write_json
from fathom.train.finishing import facts, items, lines, settle
from fathom.train.folds import PART, Folds, member_recipe
from fathom.train.listener import Listener
from fathom.train.looping import CHECKPOINTS, loop
from fathom.train.options import Clock
from fathom.train.planning import LEAST_SHARE, fresh
from fathom.train.prepare import Prepared
from fathom.train.rivals import SHARE, across, compete, kept, told
from fathom.train.storytelling import tell_story
from fathom.weights import fill, save_weights

FOLDER = "folds"
MEMBER = "member"
ANSWERS = "answers.safetensors"
COMPETED = "rival.done"
NOTE = (
    "Each was answered by the network that did not see it; what predicts is the mean of the "
    "{count} networks, which was not measured itself."
)


def place_of(folder: Path, number: int) -> Path:
    """Where a fold's rival, checkpoints, log and finished member are while the run is made."""
    return folder / FOLDER / str(number)


def fold_clock(clock: Clock, count: int) -> Clock:
    """The share of one fold in what is left for all, their other rivals set aside."""
    rivals_s = (count - 1) * SHARE * clock.budget_s / count
    left_s = max(LEAST_SHARE * clock.budget_s, clock.left_s - rivals_s)
    return Clock(left_s / count)


def challenge(folder: Path, recipe_seed: int, folds: Folds, number: int, budget_s: float) -> None:
    """Train a fold's rivals, unless they finished before a stop."""
    place = place_of(folder, number)
    if (place / COMPETED).exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    compete(
        place,
        folds.prepared(number),
        clock=Clock(budget_s / len(folds)),
        seed=recipe_seed,
        threads=torch.get_num_threads(),
    )
    write_text(place / COMPETED, "")


def train_members(folder: Path, recipe: Recipe, folds: Folds, listener: Listener) -> None:
    """Train what is not finished yet, fold by fold."""
    for number in range(len(folds)):
        member = place_of(folder, number) / MEMBER
        if (member / MANIFEST).exists():
            verify(member, (WEIGHTS, ANSWERS))
            continue
        challenge(folder, recipe.seed, folds, number, recipe.budget_s)
        listener.say(f"fold {number + 1} of {len(folds)}")
        train_member(folder, recipe, folds, number, listener)


def train_member(
    folder: Path, recipe: Recipe, folds: Folds, number: int, listener: Listener
) -> None:
    """One network from its first update to its answers about the rows it did not see."""
    place = place_of(folder, number)
    own = member_recipe(recipe, number)
    prepared = folds.prepared(number)
    objective = fresh(own, prepared)
    loop(place, own, objective, prepared, listener)
    settle(objective, prepared)
    outputs = predicted(objective, prepared.examples, prepared.rows("test"))
    with whole(place / MEMBER) as temporary:
        save_weights(temporary / WEIGHTS, objective)
        save_file({name: t.contiguous() for name, t in outputs.items()}, temporary / ANSWERS)
    shutil.rmtree(place / CHECKPOINTS, ignore_errors=True)


@dataclass(frozen=True)
class Answered:
    """What one network answered about the rows it did not see, in the user's units."""

    prepared: Prepared
    truth: np.ndarray
    fields: Arrays

    @classmethod
    def of(cls, prepared: Prepared, stored: Path) -> "Answered":
        """The answers that a finished member left."""
        outputs = {name: tensor.numpy() for name, tensor in load_file(stored).items()}
        truth = prepared.truth(prepared.rows("test"))
        return cls(prepared, truth, prepared.in_units(outputs))


def join(folder: Path, recipe: Recipe, folds: Folds, clock: Clock, listener: Listener) -> None:
    """Write everything that makes the folder a run, the manifest last."""
    places = [place_of(folder, number) for number in range(len(folds))]
    objectives = [blueprint(recipe, fields) for fields in folds.fields]
    for objective, place in zip(objectives, places, strict=True):
        fill(objective, place / MEMBER / WEIGHTS)
    networks = joined(objectives)
    save_weights(folder / WEIGHTS, networks)
    join_logs(places, folder / LOG)
    rivals = across([kept(place) for place in places])
    listener.say(told(rivals))
    answered = [
        Answered.of(folds.prepared(number, inputs=False), place / MEMBER / ANSWERS)
        for number, place in enumerate(places)
    ]
    predictions(answered, rivals).write_parquet(folder / PREDICTIONS)
    first = answered[0].prepared
    report = measured(recipe, answered, rivals) | facts(recipe, networks, first, clock)
    write_json(folder / REPORT, report)
    tell_story(folder, recipe, first, report)
    seal(folder, {"format": 1})
    # Only a sealed run may lose what a resume would need.
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def join_logs(places: Sequence[Path], path: Path) -> None:
    """The members' logs one after the other, each line with its fold, numbered through."""
    told = [
        {"n": 0, "kind": line["kind"], "fold": number, **line}
        for number, place in enumerate(places)
        for line in read_lines(place / LOG)
    ]
    text = (json.dumps(line | {"n": n}, allow_nan=False) + "\n" for n, line in enumerate(told))
    write_text(path, "".join(text))


def predictions(answered: Sequence[Answered], rivals: Rivals) -> pl.DataFrame:
    """One line a usable row, in order: its fold, the truth, the network's answer, the rival's."""
    frames = []
    begun = 0
    for number, one in enumerate(answered):
        rows = slice(begun, begun := begun + len(one.truth))
        best = rivals.ranked[0].fields[PART] if rivals.ranked else {}
        rival = {name: values[rows] for name, values in best.items()}
        frame = lines(one.prepared, "test", one.fields, rival)
        frames.append(frame.with_columns(part=pl.lit(PART), fold=pl.lit(number)))
    return pl.concat(frames, how="diagonal_relaxed").sort("row")


def measured(recipe: Recipe, answered: Sequence[Answered], rivals: Rivals) -> dict[str, Any]:
    """Metrics, rival, difference and verdict on all usable rows, in the user's unit."""
    first = answered[0].prepared
    spec = first.fields.target.codec.spec()
    fields = {
        name: np.concatenate([one.fields[name] for one in answered]) for name in answered[0].fields
    }
    return evaluate(
        np.concatenate([one.truth for one in answered]),
        fields,
        rivals.ranked,
        kind=spec.kind,
        classes=spec.classes,
        metric=first.task.headline,
        split=PART,
        items=items(first),
        note=NOTE.format(count=recipe.folds),
        seed=recipe.seed,
    )

"""Ways to train small tables, compared by cross-validation over many of them at once.

`python benchmarks/small_tables.py FOLDER try now,refit pima,diabetes 0,1 0` trains two ways on two
tables (`all`: every one), two folds and one seed; `... FOLDER compare now:0 refit:0 drawn:0+1+2`
tells how far each is from the first; `0+1+2` is the mean answer of three trainings.

Of the tables that the product is judged on, the rows that are in the test part of seed 0, 1 or 2
are left out, so that nothing chosen here has seen them.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from sklearn import datasets

from fathom.baselines.competition import compete
from fathom.data.draw import Draw
from fathom.data.split import Split, folds
from fathom.fit.loop import fit
from fathom.fit.precision import Speed, set_precision
from fathom.members import predicted
from fathom.metrics import LOSS, METRICS
from fathom.networks import Plan
from fathom.networks.mlp import SMALL
from fathom.objectives import Objective
from fathom.recipe import Outline, Recipe, outline, schedule
from fathom.train.feeds import feed
from fathom.train.finishing import settle
from fathom.train.listener import Listener
from fathom.train.looping import validate, watch_of
from fathom.train.options import Clock, Options
from fathom.train.planning import first_facts, start, write_recipe
from fathom.train.prepare import Prepared, encoded
from fathom.train.rivals import request
from fathom.train.understanding import Understood, divided, opened, understand

DATA = Path(os.environ.get("FATHOM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
JUDGED = range(3)  # seeds whose test parts are left out
FOLDS = 5
NUMBERS = "regression"


@dataclass(frozen=True)
class Source:
    """A table and its question; rows: at most so many are used; left_out: columns that are not."""

    target: str = "target"
    file: str = ""
    task: str | None = None
    rows: int = 100_000
    left_out: tuple[str, ...] = ()
    made: Callable[[], Any] | None = None


def friedman() -> dict[str, Any]:
    """Friedman's first function: five of ten numbers count, not linearly."""
    x, y = datasets.make_friedman1(n_samples=700, noise=2.0, random_state=0)
    return {"data": x, "target": y}


def blobs() -> dict[str, Any]:
    """Two classes of two clusters each in five of ten numbers, a tenth of the labels wrong."""
    x, y = datasets.make_classification(
        800, 10, n_informative=5, n_redundant=2, flip_y=0.1, random_state=0
    )
    return {"data": x, "target": y}


SOURCES = {
    "titanic": Source("Survived", "titanic.csv", left_out=("Name", "Ticket", "Cabin")),
    "pima": Source("column_9", "pima_headerless.csv"),
    "penguins": Source("species", "penguins.csv"),
    "wine-red": Source("quality", "winequality-red.csv", NUMBERS),
    "wine-white": Source("quality", "winequality-white.csv", NUMBERS),
    "adult": Source("income", "adult.csv", rows=1200),
    "california": Source("median_house_value", "california_housing.csv", NUMBERS, rows=1200),
    "diabetes": Source(task=NUMBERS, made=datasets.load_diabetes),
    "breast-cancer": Source(made=datasets.load_breast_cancer),
    "wine": Source(made=datasets.load_wine),
    "friedman": Source(task=NUMBERS, made=friedman),
    "blobs": Source(made=blobs),
    "adult-5000": Source("income", "adult.csv", rows=5000),
    "california-5000": Source("median_house_value", "california_housing.csv", NUMBERS, rows=5000),
}


@dataclass(frozen=True)
class Way:
    """What differs from the product: of the plan, of its size; how the training is done.

    epochs: as many as make so many updates. refit: train again on training and validation rows
    together, for as many updates as were best. drawn: each seed draws validation rows of its own.
    other: the plan that is meant for tables on the other side of 3,000 rows.
    """

    plan: dict[str, Any] = field(default_factory=dict)
    size: dict[str, Any] = field(default_factory=dict)
    updates: int = 0
    precision: str = "float32"
    refit: bool = False
    drawn: bool = False
    other: bool = False


def rates(factor: float) -> dict[str, float]:
    """The rates of small tables, times a factor."""
    return {"rate": 2e-3 * factor, "ramp_rate": 4e-3 * factor}


WAYS = {
    "now": Way(),
    "slow": Way(size=rates(0.25)),
    "falling": Way(plan={"decay": 1.0}, updates=400),
    "dropped": Way(size={"dropout": 0.3}),
    "firm": Way(size={"dropout": 0.3, "decay": 1.0}),
    "few": Way(size={"bins": 6, "embedding": 8}),
    "wide": Way(size={"width": 256, "members": 32}),
    "refit": Way(refit=True),
    "bag": Way(drawn=True),
    "other": Way(other=True),
    "other16": Way(other=True, precision="bfloat16"),
}


@cache
def table_of(name: str, folder: Path) -> tuple[Understood, Options]:
    """The rows of a source that may be looked at, as the product reads them."""
    source = SOURCES[name]
    path = folder / "tables" / f"{name}.csv"
    options = Options(target=(source.target,), task=source.task, cache=str(folder / "cache"))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        allowed(source, options).drop(source.left_out).write_csv(path)
    return understand(str(path), opened(str(path), options), options, Listener()), options


def allowed(source: Source, options: Options) -> pl.DataFrame:
    """The rows outside the judged test parts; at most as many as the source asks for."""
    if source.made is not None:
        made = source.made()
        numbers = {f"x{k}": made["data"][:, k] for k in range(made["data"].shape[1])}
        return pl.DataFrame(numbers | {"target": made["target"]})
    path = str(DATA / "tabular" / source.file)
    raw = understand(path, opened(path, options), options, Listener())
    kept = np.ones(len(raw.table), dtype=bool)
    for seed in JUDGED:
        parts = divided(raw, replace(options, seed=seed)).parts
        kept &= np.isin(np.array(parts), ("train", "valid"))
    rows = np.random.default_rng(0).permutation(np.flatnonzero(kept))[: source.rows]
    return pl.DataFrame({column.name: column.series for column in raw.table})[np.sort(rows)]


def with_valid(understood: Understood, split: Split, seed: int) -> Split:
    """The same test rows, other validation rows."""
    parts = np.array(split.parts, dtype=object)
    rest = np.isin(parts, ("train", "valid"))
    rng = np.random.default_rng(1000 + seed)
    own = understood
    draw = Draw(own.table, own.targets, own.task.name, rng, None, None, own.duplicates)
    parts[rest] = "train"
    parts[draw.some(rest, 0.15)] = "valid"
    return replace(split, parts=tuple(parts.tolist()))


def planned(prepared: Prepared, way: Way, options: Options) -> Recipe:
    """The product's recipe for a minute with the changes of a way; the clock decides nothing."""
    facts = first_facts(prepared, Clock(60.0), replace(options, budget_s=60.0))
    told = replace(facts, examples=SMALL - (facts.examples >= SMALL)) if way.other else facts
    specs = prepared.fields.specs
    network = dict.fromkeys(prepared.task.network_specs(specs), "mlp")
    drawn = outline(prepared.task, specs, network, told)
    plan = changed(drawn.lead, way)
    drawn = Outline(drawn.network, dict.fromkeys(drawn.plans, plan))
    per_epoch = max(1, facts.examples // min(drawn.batch, facts.examples))
    training = schedule(
        drawn,
        facts,
        seed=options.seed,
        updates=way.updates or max(1, round(plan.epochs * per_epoch)),
        threads=torch.get_num_threads(),
        valid_rows=len(prepared.rows("valid")),
    )
    return write_recipe(prepared, drawn, training, Speed(way.precision, 1.0, ""), options, "")


def changed(plan: Plan, way: Way) -> Plan:
    """The plan with a way's own settings."""
    return replace(plan, **way.plan, size={**plan.size, **way.size})


def trained(
    recipe: Recipe, prepared: Prepared, until: int | None = None
) -> tuple[Objective, dict[str, float]]:
    """What the product's loop would leave, without its folder; until: stop there, look nowhere."""
    objective = start(prepared, recipe)
    set_precision(objective, recipe.precision)
    watch, points = watch_of(recipe), set(recipe.training.evaluations)
    told: dict[str, float] = {"best": 0, "done": 0, "of": recipe.training.updates}
    begun = time.process_time()
    for progress in fit(objective, feed(recipe, prepared), recipe.training):
        told["done"] = progress.update
        if until is not None:
            if progress.update >= until:
                progress.stop()
        elif progress.update in points:
            with progress.evaluating() as averaged:
                loss = validate(averaged, prepared, prepared.rows("valid"))["loss"]
            advice = watch.see(progress.update, loss)
            if advice == "keep":
                told["best"] = progress.update
                progress.keep()
            elif advice == "stop":
                progress.stop()
            elif advice == "decay":
                progress.decay()
    told["cpu_s"] = round(time.process_time() - begun, 2)
    return objective, told


def refitted(recipe: Recipe, prepared: Prepared, updates: int) -> Objective:
    """Trained on the validation rows as well."""
    parts = tuple("train" if part == "valid" else part for part in prepared.split.parts)
    whole = replace(prepared, split=replace(prepared.split, parts=parts))
    return trained(recipe, whole, updates)[0]


def answers(objective: Objective, prepared: Prepared) -> np.ndarray:
    """What is served for the held-out rows: probabilities, or numbers in the user's unit."""
    found = predicted(objective, prepared.examples, prepared.rows("test"))
    fields = prepared.in_units({name: value.numpy() for name, value in found.items()})
    return np.asarray(fields.get("probability", fields["answer"]))


def try_out(folder: Path, name: str, way_name: str, fold: int, seed: int) -> None:
    """Train a way on one fold of a table, unless that is known."""
    path = folder / name / f"{way_name}.{fold}.{seed}.npz"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    understood, options = table_of(name, folder)
    options = replace(options, seed=100 * fold + seed)
    kind = understood.task.name
    split = folds(understood.table, FOLDS, target=understood.targets, kind=kind, seed=7)[fold]
    way = WAYS.get(way_name, Way())
    if way.drawn:
        split = with_valid(understood, split, seed)
    prepared = encoded(understood, split, options.limits(), Listener())
    truth = prepared.truth(prepared.rows("test"))
    if way_name == "rivals":
        answer, told = rival(prepared, seed)
    else:
        recipe = planned(prepared, way, options)
        objective, told = trained(recipe, prepared)
        if way.refit:
            objective = refitted(recipe, prepared, max(1, int(told["best"])))
        else:
            settle(objective, prepared)
        answer = answers(objective, prepared)
    np.savez(path, answer=answer, truth=truth, told=json.dumps(told))
    error, loss = judged(truth, answer)
    print(name, way_name, fold, seed, f"error {error:.4f} loss {loss:.4f}", told, flush=True)


def rival(prepared: Prepared, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """The answers of the classical method that is best on validation."""
    with tempfile.TemporaryDirectory() as empty:
        asked = request(prepared, 20.0, seed, torch.get_num_threads())
        best = compete(asked, Path(empty), time.monotonic()).ranked[0]
    fields = best.fields["test"]
    return np.asarray(fields.get("probability", fields.get("answer"))), {"rival": best.name}


def judged(truth: np.ndarray, answer: np.ndarray) -> tuple[float, float]:
    """Error (share of wrong answers, or root mean squared error) and loss, each as a share of what
    the answer that is best without inputs has.
    """
    if answer.ndim == 2 and answer.shape[1] > 1:
        share = np.bincount(truth.astype(int), minlength=answer.shape[1]) / len(truth)
        known = share[share > 0]
        loss = METRICS["category"][LOSS["category"]].value(truth, {"probability": answer})
        wrong = float(np.mean(answer.argmax(axis=1) != truth))
        return wrong / (1 - share.max()), loss / -float((known * np.log(known)).sum())
    loss = float(np.mean((truth.ravel() - answer.ravel()) ** 2) / truth.var())
    return loss**0.5, loss


def known(folder: Path, name: str, words: str, fold: int) -> tuple[float, float] | None:
    """Error and loss of `way:seed+seed`, the mean answer of these trainings, if all are there."""
    way, _, seeds = words.partition(":")
    paths = [folder / name / f"{way}.{fold}.{seed}.npz" for seed in (seeds or "0").split("+")]
    if not all(path.exists() for path in paths):
        return None
    parts = [np.load(path) for path in paths]
    return judged(parts[0]["truth"], np.mean([part["answer"] for part in parts], axis=0))


def compare(folder: Path, base: str, others: list[str]) -> None:
    """Print how far each is from the base: mean over tables of the mean over folds."""
    for other in others:
        gaps = {}
        for name in SOURCES:
            pairs = [(known(folder, name, base, f), known(folder, name, other, f))
                     for f in range(FOLDS)]  # fmt: skip
            found = [np.subtract(new, old) for old, new in pairs if old and new]
            if found:
                gaps[name] = 100 * np.mean(found, axis=0)
        table = np.array(list(gaps.values())).reshape(-1, 2)
        spread = table.std(axis=0, ddof=1) / len(table) ** 0.5 if len(table) > 1 else [np.nan] * 2
        print(
            f"{other} against {base}, {len(table)} tables: "
            + ", ".join(
                f"{word} {mean:+.2f} (deviation {off:.2f})"
                for word, mean, off in zip(
                    ("error", "loss"), table.mean(axis=0), spread, strict=True
                )
            )
        )
        print("  loss:", ", ".join(f"{name} {gap[1]:+.2f}" for name, gap in gaps.items()))


def main() -> None:
    """Try ways out, or compare those that are known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    verbs = parser.add_subparsers(dest="verb", required=True)
    trying = verbs.add_parser("try", help="train ways on folds of tables that are not known yet")
    for name in ("ways", "tables", "folds", "seeds"):
        trying.add_argument(name, help="with commas")
    comparing = verbs.add_parser("compare", help="WAY:SEED+SEED ..., the first is the base")
    comparing.add_argument("base")
    comparing.add_argument("others", nargs="+")
    asked = parser.parse_args()
    if asked.verb == "compare":
        compare(asked.folder, asked.base, asked.others)
        return
    torch.set_num_threads(1)
    for name in list(SOURCES) if asked.tables == "all" else asked.tables.split(","):
        for fold in asked.folds.split(","):
            for way in asked.ways.split(","):
                for seed in asked.seeds.split(","):
                    try_out(asked.folder, name, way, int(fold), int(seed))


if __name__ == "__main__":
    main()

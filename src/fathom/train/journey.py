"""The verbs train, repeat and resume: every stage in order, and what is on disk after each."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import torch

from fathom.data.split import Split
from fathom.errors import RunError
from fathom.fit.allocation import keep_freed_memory
from fathom.folders import (
    MANIFEST,
    dumps,
    full_disk_told,
    read_json,
    read_lines,
    refuse_links,
)
from fathom.recipe import Recipe
from fathom.run import Run, load
from fathom.run_folder import CODECS, LOG, RECIPE, SPLIT, read_fields, read_recipe
from fathom.train.finishing import finish
from fathom.train.folding import FOLDER, challenge, fold_clock, join, train_members
from fathom.train.folds import Folds, given, unfolded
from fathom.train.listener import Listener
from fathom.train.looping import CHECKPOINTS, loop
from fathom.train.options import Clock, Options, free_folder
from fathom.train.planning import Anew, Planned, fresh
from fathom.train.prepare import Prepared, prepared_again
from fathom.train.repeating import Again
from fathom.train.rivals import compete, forget, kept, told
from fathom.train.understanding import Understood, reopened
from fathom.train.vouching import begin, refuse_changes

LATE = 1.1


class Route(Protocol):
    """How a training comes to its data and to its recipe."""

    @property
    def source(self) -> str:
        """What the user points at."""
        ...

    @property
    def options(self) -> Options:
        """What was asked for."""
        ...

    def folds(self, listener: Listener) -> Folds:
        """The same for several networks, each without its fold."""
        ...

    def prepare(self, listener: Listener) -> Prepared:
        """Examples ready for batches."""
        ...

    def plan(self, prepared: Prepared, clock: Clock, listener: Listener) -> Planned:
        """The recipe and its untrained objective."""
        ...


def train(
    source: str,
    options: Options = Options(),  # noqa: B008 - frozen
    listener: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Raw data to a finished run folder.

    started: `time.perf_counter()` when the command began, so that the budget covers all of it.
    """
    return travel(Anew(source, options.settled()), listener or Listener(), started)


def repeat(
    source: str,
    recipe: str | Path,
    listener: Listener | None = None,
    started: float | None = None,
    *,
    out: str | None = None,
    cache: str | None = None,
    accept: bool = False,
) -> Run:
    """Train again as a run's recipe says, to the same weights; returns the new run.

    recipe: a run folder or a file; accept: train although the data changed since.
    """
    again = Again.of(source, Path(recipe), out=out, cache=cache, accept=accept)
    return travel(again, listener or Listener(), started)


def travel(route: Route, listener: Listener, started: float | None) -> Run:
    """Every stage in order, from raw data to a finished run folder."""
    clock = Clock(route.options.budget_s, started)
    folder = free_folder(route.options.out, route.source)
    journey = all_folds if route.options.folds else one_network
    with stop_told(folder, listener), full_disk_told(folder):
        journey(route, folder, clock, listener)
    if route.options.updates is None and clock.spent_s > LATE * route.options.budget_s:
        listener.say(
            f"this took {clock.spent_s:.0f} s instead of {route.options.budget_s:.0f}: "
            "the machine was slower or busier than when the updates were planned"
        )
    return load(folder)


def one_network(route: Route, folder: Path, clock: Clock, listener: Listener) -> None:
    """One split, one rival, one network."""
    prepared = route.prepare(listener)
    seed = route.options.seed
    with only_writer(folder):
        rivals = compete(folder, prepared, clock=clock, seed=seed, threads=torch.get_num_threads())
        listener.say(told(rivals))
        keep_freed_memory()
        planned = route.plan(prepared, clock, listener)
        begin(
            folder,
            codecs=dumps(prepared.fields.to_json()),
            split=dumps(prepared.split.to_json()),
            recipe=dumps(planned.recipe.model_dump(mode="json")),
        )
        loop(folder, planned.recipe, planned.objective, prepared, listener)
        finish(folder, planned.recipe, planned.objective, prepared, rivals, clock, listener)


def all_folds(route: Route, folder: Path, clock: Clock, listener: Listener) -> None:
    """K splits, rivals and networks by one plan, made on the first."""
    folds = route.folds(listener)
    with only_writer(folder):
        challenge(folder, route.options.seed, folds, 0, clock.budget_s)
        keep_freed_memory()
        planned = route.plan(folds.prepared(0), fold_clock(clock, len(folds)), listener)
        recipe = folds.recipe(planned.recipe)
        begin(
            folder,
            codecs=dumps(folds.codecs()),
            split=dumps(folds.to_json()),
            recipe=dumps(recipe.model_dump(mode="json")),
        )
        train_members(folder, recipe, folds, listener)
        join(folder, recipe, folds, clock, listener)


def resume(
    run: str | Path,
    listener: Listener | None = None,
    *,
    accept: bool = False,
    cache: str | None = None,
) -> Run:
    """Go on after any stop, to the same weights; a finished run is returned as it is.

    accept: go on although the data or the run's own files changed since.
    """
    folder = Path(run)
    listener = listener or Listener()
    if not folder.is_dir():
        raise RunError(
            f"There is no run folder {str(run)!r}.",
            remedy="Name the folder that `fathom train` printed.",
        )
    refuse_links(folder)
    if (folder / MANIFEST).exists():
        listener.say("this run is finished")
        return load(folder)
    if not (folder / RECIPE).exists():
        raise RunError(
            "The run was stopped before its recipe was written; nothing was trained.",
            where=str(folder),
            remedy="Start again with fathom train; nothing was changed.",
        )
    refuse_changes(folder, accept=accept)
    recipe = read_recipe(folder)
    go_on = go_on_with_folds if recipe.folds > 1 else go_on_with_one
    with stop_told(folder, listener), full_disk_told(folder), only_writer(folder):
        understood = reopened(recipe, cache, listener, accept=accept)
        keep_freed_memory()
        go_on(folder, recipe, understood, listener)
    return load(folder)


def go_on_with_one(
    folder: Path, recipe: Recipe, understood: Understood, listener: Listener
) -> None:
    """From the newest checkpoint to the end."""
    split = Split.from_json(read_json(folder / SPLIT), recipe.data.rows)
    prepared = prepared_again(understood, split, read_fields(folder)[0])
    objective = fresh(recipe, prepared)
    clock = Clock(recipe.budget_s)
    read_lines(folder / LOG)
    rivals = kept(folder)  # what does not read is told before the updates, not after them
    loop(folder, recipe, objective, prepared, listener)
    finish(folder, recipe, objective, prepared, rivals, clock, listener)


def go_on_with_folds(
    folder: Path, recipe: Recipe, understood: Understood, listener: Listener
) -> None:
    """The members that are not finished, then the end."""
    splits = given(read_json(folder / SPLIT), recipe.data.rows, recipe.folds)
    own = unfolded(understood, recipe.data.options.folds)
    folds = Folds(own, splits, read_fields(folder, recipe.folds))
    train_members(folder, recipe, folds, listener)
    join(folder, recipe, folds, Clock(recipe.budget_s), listener)


@contextmanager
def stop_told(folder: Path, listener: Listener) -> Iterator[None]:
    """Close the display at the end; a stopped training says how to go on.

    A training that ends before its recipe is written leaves no folder: nothing in it could be used.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        if (folder / RECIPE).exists():
            words = f"The last checkpoint is intact; go on with: fathom resume {folder}"
        else:
            words = "Nothing was trained yet and nothing is kept; start again with the same command"
        raise KeyboardInterrupt(words) from stop
    finally:
        listener.done()
        if not (folder / RECIPE).exists():
            take_away(folder)


def take_away(folder: Path) -> None:
    """Remove what a training writes before its recipe; what else is there stays."""
    forget(folder)
    for name in (CHECKPOINTS, FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (CODECS, SPLIT):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # absent, or not empty
        folder.rmdir()


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock; a second writer is told so at once."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RunError(
            "Another process is training in this folder.",
            where=str(folder),
            remedy="Wait for it, or stop it first.",
        ) from error
    try:
        yield
    finally:
        (folder / ".lock").unlink(missing_ok=True)
        os.close(handle)

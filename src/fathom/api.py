"""The verbs in Python, with the same words as on the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fathom.data.check import check
from fathom.data.describe import describe
from fathom.data.sources import ReadOptions, read
from fathom.data.sources import samples as sample_list
from fathom.data.store import Store
from fathom.data.table import Kind
from fathom.data.targets import choose_target
from fathom.errors import OptionError, RunError
from fathom.evaluate import compare as compare_predictions
from fathom.run import Run, load
from fathom.tasks import TASKS
from fathom.train import Listener, Options
from fathom.train import repeat as repeat_run
from fathom.train import resume as resume_run
from fathom.train import train as train_run
from fathom.train.augmenting import Wish
from fathom.train.augmenting import augment as augment_pictures
from fathom.train.families import contest
from fathom.train.measure import measure, measure_samples, stored
from fathom.train.options import seconds

CHOICES = sorted(Options.__dataclass_fields__.keys() - {"target", "budget_s"})
PLACES = ("out", "cache")
BUDGET = "5m"
WORDS = {"as_format": "as", "kinds": "column"}

__all__ = ["augment", "compare", "evaluate", "inspect", "load", "resume", "samples", "train"]


def train(
    source: str | Path,
    *,
    target: str | Sequence[str] = (),
    budget: str | float | None = None,
    recipe: str | Path | None = None,
    accept: bool = False,
    listener: Listener | None = None,
    started: float | None = None,
    **options: Any,
) -> Run:
    """Train a network on raw data and return the finished run.

    source: a path or a sample's name; target: one column or several; budget: a ceiling such as
    "5m", which it is by default, or seconds; options: any other field of `fathom.train.Options`.
    recipe: a run folder or a recipe.json to repeat, beside which only `out` and `cache` may stand;
    accept: repeat although the data changed. Raises FathomError with a remedy.
    """
    refuse_unknown(options)
    if recipe is not None:
        stated = options | {"target": target or None, "budget": budget}
        only_places(stated)
        places = {
            name: None if options.get(name) is None else str(options[name]) for name in PLACES
        }
        return repeat_run(str(source), recipe, listener, started, accept=accept, **places)
    if accept:
        raise OptionError(
            "There is nothing to accept without a recipe.", remedy="Leave out --accept-changes."
        )
    made = stated_options(target, BUDGET if budget is None else budget, options)
    return train_run(str(source), made, listener, started)


def stated_options(
    target: str | Sequence[str], budget: str | float, options: Mapping[str, Any]
) -> Options:
    """What was stated as `Options`; raises OptionError for a name that is none."""
    refuse_unknown(options)
    known = dict(options)
    if known.get("folds") is not None:
        known["folds"] = str(known["folds"])
    for name, value in known.items():
        if isinstance(value, Path):
            known[name] = str(value)
    return Options(target=several(target), budget_s=seconds(budget), **known)


def refuse_unknown(options: Mapping[str, Any]) -> None:
    """Raise OptionError for a name that is no option."""
    for name in options:
        if name not in CHOICES:
            raise OptionError.unknown("option", name, CHOICES)


def several(target: str | Sequence[str]) -> tuple[str, ...]:
    """One target or several, as several."""
    return (target,) if isinstance(target, str) else tuple(target)


def only_places(stated: Mapping[str, Any]) -> None:
    """Raise OptionError where anything but a place stands beside a recipe."""
    odd = [
        name for name, value in stated.items() if value not in (None, (), {}) and name not in PLACES
    ]
    if odd:
        raise OptionError(
            "A recipe decides everything but where the data and the new run are.",
            found=", ".join(f"--{WORDS.get(name, name)}" for name in odd),
            remedy="Leave that out, or leave out --recipe to plan anew.",
        )


def resume(run: str | Path, *, listener: Listener | None = None, accept: bool = False) -> Run:
    """Go on after any stop, to the same weights."""
    return resume_run(run, listener, accept=accept)


def inspect(
    source: str | Path,
    *,
    target: str | Sequence[str] = (),
    as_format: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    missing: Sequence[str] = (),
    cache: str | None = None,
) -> dict[str, Any]:
    """Tell what a source is, what is wrong with it and what can be asked of it, as JSON-able
    values.
    """
    targets = several(target)
    reading = ReadOptions(
        as_format=as_format, target=targets, kinds=kinds or {}, missing=tuple(missing)
    )
    table = read(str(source), reading, cache=Store(cache))
    try:
        chosen = choose_target(table, list(targets) or None)
    except OptionError:
        if targets:
            raise
        chosen = ()
    return describe(table, (*table.findings, *check(table, chosen)))


def evaluate(
    run: str | Path | Run, source: str | Path | None = None, *, samples: int | None = None
) -> dict[str, Any]:
    """The stored result of a run, or its result on new labelled data, or on so many samples."""
    loaded = run if isinstance(run, Run) else load(run)
    if samples is not None:
        if source is not None:
            raise OptionError(
                "Samples are judged beside the test part of the training data.",
                found=str(source),
                remedy="Leave out the data, or --samples.",
            )
        return measure_samples(loaded, samples)
    if source is None:
        return dict(loaded.report)
    return measure(loaded, str(source))


def compare(runs: Sequence[str | Path]) -> dict[str, Any]:
    """Rank runs on the test rows they share, with paired tests corrected for their number
    (Holm).
    """
    if len(runs) < 2:
        raise OptionError(
            "There is nothing to compare with one run.",
            remedy="Name two runs or more, or data and --families all.",
        )
    loaded = [load(run) for run in runs]
    first = loaded[0]
    for other in loaded[1:]:
        if other.recipe.data.fingerprint != first.recipe.data.fingerprint:
            raise RunError(
                "The runs were trained on different data, so they cannot be paired.",
                where=str(other.folder),
                remedy="Compare runs of the same data.",
            )
    metric = TASKS[first.recipe.task].headline
    return compare_predictions([stored(run) for run in loaded], metric=metric)


def compare_families(
    source: str | Path,
    families: str | Sequence[str] = "all",
    *,
    target: str | Sequence[str] = (),
    budget: str | float = BUDGET,
    listener: Listener | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Train each family within the budget, rank them on validation and compare them on the test
    part, p-values corrected by Holm.

    families: "all" that take the data, or names; options: as for `train`; `out` is a folder for
    all runs.
    """
    named = families.split(",") if isinstance(families, str) else families
    made = stated_options(target, budget, options)
    return contest(str(source), made, [name.strip() for name in named], listener)


def augment(
    source: str | Path,
    *,
    target: str | Sequence[str] = (),
    budget: str | float = BUDGET,
    run: str | Path | None = None,
    wish: str | None = None,
    count: int | None = None,
    rounds: int = 3,
    listener: Listener | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Add drawn pictures to small classes, and measure whether a classifier gains by them.

    run: a finished run that draws, of the same data; without, one is trained. wish: the one class
    to add to; count: so many to each class; rounds: pairs of classifiers; options: as for `train`.
    The result is told in `sentence`; the pictures are in `folder`.
    """
    made = stated_options(target, budget, options)
    asked = Wish(None if run is None else str(run), wish, count, rounds)
    return augment_pictures(str(source), made, asked, listener)


def samples() -> pl.DataFrame:
    """The sample data sets that come inside installed packages."""
    return pl.DataFrame(sample_list(), schema=["name", "question", "description"], orient="row")

"""Data to one run of each family, ranked on validation and compared on the test part."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fathom.errors import OptionError
from fathom.evaluate import compare
from fathom.metrics import HEADLINE, METRICS
from fathom.recipe import fitting
from fathom.run import Run
from fathom.tasks import TASKS
from fathom.train.journey import train
from fathom.train.listener import Listener
from fathom.train.measure import refuse_unpaired, stored
from fathom.train.options import Options, free_folder
from fathom.train.prepare import prepare

ALL = "all"


def contest(
    source: str,
    options: Options,
    families: Sequence[str] = (ALL,),
    listener: Listener | None = None,
) -> dict[str, Any]:
    """Train each family within the whole budget; returns what `evaluate.compare` does, the runs in
    the order of validation, and `ranking`: family, run folder and validation value.

    families: names, or "all" for those that take the data.
    """
    listener = listener or Listener()
    taking = takers(source, options)
    asked = list(dict.fromkeys(taking if ALL in families else families))
    for family in asked:
        if family not in taking:
            raise OptionError.unknown("family for these data", family, taking)
    if len(asked) < 2:
        raise OptionError(
            "There is nothing to compare with one family.",
            found=", ".join(asked),
            remedy=f"Name two or more of {', '.join(taking)}, or all.",
        )
    place = free_folder(options.out, source)
    listener.say(f"{', '.join(asked)}: {options.budget_s:.0f} s each, runs in {place}")
    runs = {}
    for family in asked:
        listener.say(f"{family}:")
        own = replace(options, family=family, out=str(place / family))
        runs[family] = train(source, own, listener)
    return ranked(runs)


def takers(source: str, options: Options) -> list[str]:
    """The families that take the data as they are understood."""
    prepared = prepare(source, options, Listener())
    refuse_unpaired(prepared.fields.target.codec.spec().kind, prepared.task.name)
    return fitting(prepared.task, prepared.fields.specs)


def ranked(runs: dict[str, Run]) -> dict[str, Any]:
    """The comparison of finished runs by family, the best on validation first."""
    first = next(iter(runs.values()))
    kind = first.fields.target.codec.spec().kind
    name = TASKS[first.recipe.task].headline or HEADLINE[kind]
    metric = METRICS[kind][name]
    reached = {}
    for family, run in runs.items():
        judged = stored(run, ("valid",))
        reached[family] = metric.value(judged.truth, judged.fields)
    order = sorted(reached, key=lambda family: reached[family] * (-1 if metric.higher else 1))
    told = compare([replace(stored(runs[family]), name=family) for family in order], metric=name)
    ranking = [
        {"family": family, "run": str(runs[family].folder), "validation": reached[family]}
        for family in order
    ]
    return {**told, "metric": name, "ranking": ranking}

"""The run's facts to what it cost and to everything needed to repeat it."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from fathom.explain.figures import Bar, Bars, Figure, Grid, Snippet
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import count, duration, in_haste, number, shortened

FLAGS = {
    "as_format": "--as",
    "folds": "--folds",
    "group": "--group",
    "pattern": "--pattern",
    "split": "--split",
    "test": "--test",
    "time": "--time",
}
COSTS = {
    "seconds": ("time from start to result", duration),
    "updates": ("updates", count),
    "examples": ("examples shown while learning", count),
    "parameters": ("numbers learned (parameters)", count),
    "peak_memory_mb": ("memory at most, MB", count),
}


def cost_view(story: Story) -> View | None:
    """Time, memory and size."""
    cost: Mapping[str, Any] = story.report.get("cost", {})
    if "seconds" not in cost:
        return None
    rows = tuple(
        (label, say(float(cost[name])))
        for name, (label, say) in COSTS.items()
        if cost.get(name) is not None
    )
    phases = {str(k): float(v) for k, v in cost.get("phases", {}).items() if v}
    figures: tuple[Figure, ...] = ()
    if phases:
        longest = max(phases, key=lambda name: phases[name])
        figures = (
            Figure(
                "Where the time went",
                Bars(
                    "step",
                    "seconds",
                    tuple(Bar(shortened(k), v, duration(v)) for k, v in phases.items()),
                ),
                f"Most of the time, {duration(phases[longest])}, went into {shortened(longest)}.",
            ),
        )
    size = cost.get("parameters")
    learned = f" for a network of {count(size)} numbers" if size else ""
    return View(
        name="cost",
        question="What did it cost?",
        answer=f"{duration(float(cost['seconds']))}{learned}.",
        figures=figures,
        grids=(Grid("Cost", ("what", "how much"), rows),),
        terms=("parameter", "update"),
    )


def repeat_view(story: Story) -> View:
    """Recipe, versions, seed, data fingerprint and split."""
    report = story.report
    seed = report.get("seed", story.recipe.get("seed", 0))
    versions = tuple((str(k), str(v)) for k, v in dict(report.get("versions", {})).items())
    facts = list(_facts(story, seed))
    grids = [Grid("What identifies it", ("what", "value"), tuple(facts))]
    grids += [Grid("Versions", ("library", "version"), versions)] if versions else []
    recipe = tuple(_flat(story.recipe))
    grids += [Grid("Recipe (recipe.json)", ("setting", "value"), recipe)] if recipe else []
    return View(
        name="repeat",
        question="How can it be repeated?",
        answer=f"With the same data, versions, number of threads and seed {seed}, the recipe "
        "gives the same weights.",
        snippets=(
            Snippet("The same training again", _again(story)),
            Snippet("The same question, planned anew", _command(story, seed)),
        ),
        grids=tuple(grids),
        caveat="Another version of a library, another kind of processor or another number of "
        "threads changes the last digits, and with them, slightly, the result. Planned anew, the "
        "training fits the machine it runs on; the recipe is what was planned here.",
        terms=("recipe", "seed", "fingerprint"),
    )


def _again(story: Story) -> str:
    """The command line that repeats this run from its recipe."""
    data: Mapping[str, Any] = story.recipe.get("data", {})
    source = str(data.get("path") or story.data.get("name") or "DATA")
    return shlex.join(["fathom", "train", source, "--recipe", story.folder or "RUN"])


def _command(story: Story, seed: object) -> str:
    """The command line that asks the same question of the same data."""
    data: Mapping[str, Any] = story.recipe.get("data", {})
    words = ["fathom", "train", str(data.get("path") or story.data.get("name") or "DATA")]
    if "task" in story.report:
        words += ["--task", str(story.report["task"]), "--family", str(story.report["family"])]
    for target in data.get("targets", ()):
        words += ["--target", str(target)]
    options: Mapping[str, Any] = data.get("options", {})
    for option, flag in FLAGS.items():
        if isinstance(options.get(option), str):
            words += [flag, options[option]]
    for name, kind in dict(options.get("kinds") or {}).items():
        words += ["--column", f"{name}={kind}"]
    for mark in options.get("missing") or ():
        words += ["--missing", str(mark)]
    if "budget_s" in story.recipe:
        words += ["--budget", f"{story.recipe['budget_s']:g}s"]
    updates = dict(story.recipe.get("training", {})).get("updates")
    if updates:
        words += ["--updates", str(updates)]
    return shlex.join([*words, "--seed", str(seed)])


def _facts(story: Story, seed: object) -> Iterator[tuple[str, str]]:
    report = story.report
    data = report.get("data") if isinstance(report.get("data"), Mapping) else {}
    yield "task", story.task or "–"
    yield "family", str(report.get("family", "–"))
    yield "seed", str(seed)
    yield "data", shortened(str(story.data.get("name", "–")), 80)
    yield (
        "data fingerprint (sha256)",
        str(story.data.get("fingerprint") or dict(data or {}).get("fingerprint", "–")),
    )
    parts = story.data.get("parts", {})
    yield "parts", ", ".join(f"{name} {count(amount)}" for name, amount in parts.items()) or "–"
    yield "which row is in which part", "split.json in the run folder"
    training: Mapping[str, Any] = story.recipe.get("training", {})
    if hasty := in_haste(training.get("updates", 0), training.get("rate", 1.0)):
        yield "size of steps", hasty


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as dotted names; long lists shortened."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
        return
    said = (
        number(value, 4)
        if isinstance(value, float)
        else json.dumps(value, ensure_ascii=False, default=str)
    )
    yield path, shortened(said.strip('"'), 120)

"""The small files of a run folder: written stably, read with care."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fathom.data.fields import Fields
from fathom.errors import OptionError, RunError
from fathom.folders import dumps, read_json
from fathom.recipe import Recipe
from fathom.tasks import TASKS
from fathom.weights import CHANGED

RECIPE, CODECS, SPLIT = "recipe.json", "codecs.json", "split.json"
WEIGHTS, REPORT, PREDICTIONS, LOG = (
    "weights.safetensors",
    "report.json",
    "predictions.parquet",
    "log.jsonl",
)


def check_columns(folder: Path, recipe: Recipe, every: Sequence[Fields]) -> None:
    """Every column that a field reads must be one whose kind the recipe knows; all members must
    answer the same classes.
    """
    columns = [name for own in every for name in (*own.input_columns, *own.target.columns)]
    strange = [repr(name) for name in columns if name not in recipe.data.kinds]
    classes = every[0].target.codec.spec().classes
    if len(set(classes)) < len(classes):
        strange.append("a class that stands twice")
    if any(own.target.codec.spec() != every[0].target.codec.spec() for own in every):
        strange.append("networks that answer different classes")
    if strange:
        raise RunError(
            "The codecs do not fit the recipe.",
            where=str(folder / CODECS),
            found=strange[0],
            remedy=CHANGED,
        )


def read_report(folder: Path) -> dict[str, Any]:
    """The stored result; it must hold what is shown of it."""
    report = read_json(folder / REPORT)
    try:
        told = report["verdict"]["sentence"], *(m["value"] for m in report["metrics"].values())
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            "The report does not read.",
            where=str(folder / REPORT),
            found=repr(error)[:200],
            remedy=CHANGED,
        ) from error
    if not isinstance(told[0], str):
        raise RunError("The report tells no verdict.", where=str(folder / REPORT), remedy=CHANGED)
    return report


def read_recipe(folder: Path, name: str = RECIPE) -> Recipe:
    """The recipe of a run folder, validated."""
    try:
        recipe = Recipe.model_validate(read_json(folder / name))
    except ValidationError as error:
        raise RunError(
            "The recipe does not read.",
            where=str(folder / name),
            found=first_fault(error),
            remedy=CHANGED,
        ) from error
    if recipe.task not in TASKS:
        raise OptionError.unknown("task", recipe.task, TASKS)
    return recipe


def first_fault(error: ValidationError) -> str:
    """The first thing that does not fit, in one line."""
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def read_fields(folder: Path, folds: int = 1) -> tuple[Fields, ...]:
    """The fitted codecs of each member of a run folder, validated."""
    content = read_json(folder / CODECS)
    try:
        each = [content] if folds == 1 else [content[f"member.{k}"] for k in range(folds)]
        return tuple(Fields.from_json(own) for own in each)
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            "The codecs do not read.",
            where=str(folder / CODECS),
            found=repr(error)[:200],
            remedy=CHANGED,
        ) from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A stable JSON file of a run folder."""
    path.write_text(dumps(content), encoding="utf-8")

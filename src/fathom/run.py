"""The folder a training leaves behind: loaded with care, it answers raw inputs without the
training data.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from polars.exceptions import PolarsError
from pydantic import ValidationError

from fathom.data.batches import Examples
from fathom.data.codecs import Tensors
from fathom.data.fields import Fields
from fathom.data.sources import ReadOptions, read_inputs
from fathom.data.table import Finding, Table
from fathom.errors import OptionError, RunError
from fathom.fit.precision import set_precision
from fathom.folders import dumps, read_json, verify
from fathom.objectives import Objective
from fathom.recipe import Recipe
from fathom.spec import Spec
from fathom.tasks import TASKS
from fathom.weights import CHANGED, WithoutDraws, fill

RECIPE, CODECS, SPLIT = "recipe.json", "codecs.json", "split.json"
WEIGHTS, REPORT, PREDICTIONS, LOG = (
    "weights.safetensors",
    "report.json",
    "predictions.parquet",
    "log.jsonl",
)
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Run:
    """A finished run: its recipe, its fitted fields, its trained objective and its stored
    result.
    """

    folder: Path
    recipe: Recipe
    fields: Fields
    objective: Objective
    report: Mapping[str, Any]

    def __repr__(self) -> str:
        data = self.recipe.data
        return (
            f"Run({str(self.folder)!r}: {self.recipe.task} of {', '.join(data.targets)} by "
            f"{self.recipe.family}. {self.report['verdict']['sentence']})"
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, labels or numbers that it answers."""
        return self.fields.target.codec.spec().classes

    @property
    def predictions(self) -> pl.DataFrame:
        """The stored answers for validation and test rows, beside the truth and the rival's."""
        try:
            return pl.read_parquet(self.folder / PREDICTIONS)
        except (PolarsError, OSError) as error:
            raise RunError(
                "The stored answers do not read.",
                where=str(self.folder / PREDICTIONS),
                found=str(error).splitlines()[0][:200],
                remedy=CHANGED,
            ) from error

    def predict(
        self, raw: str | Path | Sequence[str | Path], *, options: ReadOptions | None = None
    ) -> pl.DataFrame:
        """Answer files, folders or tables: one row an example, in order.

        Columns: `input` (where it came from), `answer`, `probability` of the answer and one column
        a class (classification) or `low` and `high` of the 90 % interval (regression), `unlike`
        (unlike anything in the training data), `note` (what was wrong with an input; its answer is
        null).
        """
        places = [raw] if isinstance(raw, (str, Path)) else list(raw)
        for place in places:
            if not isinstance(place, (str, Path)):
                raise OptionError(
                    "predict takes paths of files and folders.",
                    found=type(place).__name__,
                    remedy="Write it to a file first, such as new.csv or new.png, and name that.",
                )
        reading = options or ReadOptions(missing=self.recipe.data.options.missing)
        table = read_inputs([str(place) for place in places], self.kinds(), reading)
        return self.answer(table)

    def kinds(self) -> dict[str, Any]:
        """Name and kind of every input column."""
        return {name: self.recipe.data.kinds[name] for name in self.fields.input_columns}

    def answer(self, table: Table) -> pl.DataFrame:
        """Answer the rows of a table; set-aside rows keep their place with a note."""
        usable = np.setdiff1d(np.arange(len(table)), table.unusable())
        outputs = answers(self.objective, self.fields, table.take(usable))
        frame = answer_frame(self.fields, outputs)
        frame = frame.with_columns(pl.Series("row", usable, dtype=pl.Int64))
        rows = pl.DataFrame(
            {
                "row": np.arange(len(table)),
                "input": [table.origin(row) for row in range(len(table))],
                "note": notes((*table.findings, *self.fields.strangers(table)), len(table)),
            },
            schema={"row": pl.Int64, "input": pl.String, "note": pl.String},
        )
        joined = rows.join(frame, on="row", how="left", maintain_order="left").drop("row")
        return joined.select(pl.exclude("note"), "note")


def notes(findings: Iterable[Finding], rows: int) -> list[str]:
    """What was found out about each row, joined; "" for most."""
    told: list[list[str]] = [[] for _ in range(rows)]
    for finding in findings:
        if 0 <= finding.row < rows:
            told[finding.row].append(finding.reason)
    return [" ".join(reasons) for reasons in told]


def answers(objective: Objective, fields: Fields, table: Table) -> Tensors:
    """Every named tensor of `predict`, on the CPU, over all rows of a table."""
    return predicted(
        objective, Examples(fields.encode_inputs(table), {}, fields.codecs), np.arange(len(table))
    )


def predicted(objective: Objective, examples: Examples, rows: np.ndarray) -> Tensors:
    """Every named tensor of `predict` for the given rows, in batches, in eval and inference
    mode.
    """
    device = next(objective.parameters()).device
    objective.eval()
    parts: list[Tensors] = []
    with torch.inference_mode():
        for batch in examples.rows(rows, ROWS_AT_ONCE, device):
            found = objective.predict(dict(batch.inputs))
            parts.append({name: value.cpu() for name, value in found.items()})
        if not parts:
            return {}
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def answer_frame(fields: Fields, outputs: Tensors) -> pl.DataFrame:
    """Named tensors to a frame in the user's words and units."""
    codec = fields.target.codec
    if not outputs:
        return pl.DataFrame(schema=dict.fromkeys(answer_names(codec.spec()), pl.Float64))
    columns: dict[str, Any] = {}
    classes = codec.spec().classes
    if "probability" in outputs:
        columns["answer"] = codec.decode(outputs)
        probability = outputs["probability"].double().numpy()
        if codec.spec().kind == "category":
            columns["probability"] = probability.max(axis=1)
        columns |= {f"p_{name}": probability[:, place] for place, name in enumerate(classes)}
    else:
        for part, name in (("score", "answer"), ("low", "low"), ("high", "high")):
            numbers = codec.decode({"answer": outputs[part]})
            single = len(classes) == 1
            columns |= {
                (name if single else f"{name}_{target}"): numbers[:, place]
                for place, target in enumerate(classes)
            }
    columns["unlike"] = outputs["unlike"].numpy()
    return pl.DataFrame(columns)


def answer_names(spec: Spec) -> list[str]:
    """The columns of an answer in order, for a frame in which no row could be answered."""
    if spec.kind == "number":
        ends = [""] if len(spec.classes) == 1 else [f"_{name}" for name in spec.classes]
        numbers = [f"{part}{end}" for part in ("answer", "low", "high") for end in ends]
        return [*numbers, "unlike"]
    single = ["probability"] if spec.kind == "category" else []
    return ["answer", *single, *(f"p_{name}" for name in spec.classes), "unlike"]


def load(folder: str | Path) -> Run:
    """Load a finished run after checking its manifest, its recipe and every tensor.

    Nothing found in the folder names code to run; raises RunError with the file and the reason.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(
            f"There is no run folder {str(folder)!r}.",
            remedy="Name the folder that `fathom train` printed.",
        )
    if not (folder / "MANIFEST.json").exists() and (folder / RECIPE).exists():
        raise RunError(
            "The training of this run has not finished.",
            where=str(folder),
            remedy=f"Go on with: fathom resume {folder}",
        )
    verify(folder, (RECIPE, CODECS, SPLIT, WEIGHTS, REPORT, PREDICTIONS))
    recipe = read_recipe(folder)
    fields = read_fields(folder)
    check_columns(folder, recipe, fields)
    report = read_report(folder)
    return Run(folder, recipe, fields, load_objective(folder, recipe, fields), report)


def check_columns(folder: Path, recipe: Recipe, fields: Fields) -> None:
    """Every column that a field reads must be one whose kind the recipe knows."""
    columns = (*fields.input_columns, *fields.target.columns)
    strange = [name for name in columns if name not in recipe.data.kinds]
    classes = fields.target.codec.spec().classes
    if strange or len(set(classes)) < len(classes):
        raise RunError(
            "The codecs do not fit the recipe.",
            where=str(folder / CODECS),
            found=repr(strange[0]) if strange else "a class that stands twice",
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


def read_fields(folder: Path) -> Fields:
    """The fitted codecs of a run folder, validated."""
    try:
        return Fields.from_json(read_json(folder / CODECS))
    except (KeyError, TypeError, StopIteration, AttributeError) as error:
        raise RunError(
            "The codecs do not read.",
            where=str(folder / CODECS),
            found=repr(error)[:200],
            remedy=CHANGED,
        ) from error


def build(recipe: Recipe, fields: Fields) -> Objective:
    """The untrained objective of a recipe; unknown names and wrong sizes are errors."""
    try:
        objective = TASKS[recipe.task].build(recipe, fields.specs)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise RunError(
            "The recipe's networks cannot be built.", found=repr(error)[:200], remedy=CHANGED
        ) from error
    set_precision(objective, recipe.precision)
    return objective


def blueprint(recipe: Recipe, fields: Fields) -> Objective:
    """The objective of a recipe without memory for its weights."""
    with torch.device("meta"), WithoutDraws():
        return build(recipe, fields)


def load_objective(folder: Path, recipe: Recipe, fields: Fields) -> Objective:
    """The trained objective: built without memory, compared with the file's header, then filled."""
    return fill(blueprint(recipe, fields), folder / WEIGHTS)


def finite_or_none(value: float) -> float | None:
    """JSON has no infinity: what is not finite becomes null."""
    return value if math.isfinite(value) else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A stable JSON file of a run folder."""
    path.write_text(dumps(content), encoding="utf-8")

"""A measured run to its views and its report page."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from fathom.data.kinds import names
from fathom.data.media import Media
from fathom.data.pictures import Pictures
from fathom.data.table import Table, cell_in_words
from fathom.explain import Example, Story, examples_needed, explanation, views
from fathom.folders import dumps
from fathom.objectives import Objective
from fathom.objectives.anomaly import Anomaly
from fathom.objectives.autoencoder import Coding
from fathom.objectives.ctc import Ctc
from fathom.objectives.language import Language
from fathom.recipe import Recipe
from fathom.report import write_report
from fathom.run_folder import LOG, PREDICTIONS
from fathom.train.codes import kept, unlike
from fathom.train.excerpts import passages, writing
from fathom.train.following import following
from fathom.train.listening import listened
from fathom.train.prepare import Prepared
from fathom.train.shown import drawings

LONGEST = 40
LONGEST_TEXT = 300


def tell_story(
    folder: Path,
    recipe: Recipe,
    prepared: Prepared,
    report: Mapping[str, Any],
    objective: Objective | None = None,
) -> None:
    """Write report.html and explanation.json; the objective is asked to write, if it can."""
    story = gathered(folder, recipe, prepared, report)
    if isinstance(objective, Language):
        story = replace(
            story,
            writing=writing(objective, prepared),
            passages=passages(objective, prepared, story.predictions),
        )
    if objective is not None and prepared.horizon is not None:
        story = replace(story, following=following(objective, prepared))
    if isinstance(objective, Ctc):
        story = replace(story, listened=listened(objective, prepared, story.predictions))
    if isinstance(objective, Coding):
        story = replace(story, kept=kept(objective, prepared, story.predictions))
    if isinstance(objective, Anomaly):
        story = replace(story, unlike=unlike(objective, prepared, story.predictions))
    if objective is not None:
        story = replace(story, drawings=drawings(objective, prepared, story.predictions))
    shown = tuple(views(story))
    (folder / "explanation.json").write_text(dumps(explanation(shown)), encoding="utf-8")
    write_report(story, folder, shown=shown)


def gathered(folder: Path, recipe: Recipe, prepared: Prepared, report: Mapping[str, Any]) -> Story:
    """The story that a run's files and its data tell."""
    frame = pl.read_parquet(folder / PREDICTIONS)
    lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
    rows = examples_needed(frame, report)
    return Story(
        report=report,
        predictions=frame,
        log=tuple(line for line in map(json.loads, lines) if not line.get("fold")),
        recipe=recipe.model_dump(mode="json"),
        classes=prepared.fields.target.codec.spec().classes,
        findings=prepared.findings,
        data={
            "name": recipe.data.path,
            "source": recipe.data.source,
            "rows": len(prepared.table),
            "columns": [{"name": c.name, "kind": c.kind, "why": c.why} for c in prepared.table],
            "parts": recipe.data.parts,
            "split": recipe.data.split,
        },
        examples={row: example(prepared.table, prepared.fields.input_columns, row) for row in rows},
        folder=str(folder),
        sources=sources(prepared, frame["row"].to_list()),
        groups=groups(prepared, recipe, frame["row"].to_list()),
    )


def groups(prepared: Prepared, recipe: Recipe, rows: Iterable[int]) -> dict[int, str]:
    """The group of each row, where the parts or the folds go by a column."""
    options = recipe.data.options
    name = next((n for n in (options.group, options.folds) if n in prepared.table.names), None)
    if name is None:
        return {}
    values = names(prepared.table[name].series)
    return {row: str(values[row]) for row in rows if values[row] is not None}


def sources(prepared: Prepared, rows: Iterable[int]) -> dict[int, str]:
    """The texts that were answered by texts, by row."""
    columns = [prepared.table[name] for name in prepared.fields.input_columns]
    translates = prepared.fields.target.codec.spec().kind == "text"
    if not translates or [column.kind for column in columns] != ["text"]:
        return {}
    return {row: str(columns[0].series[row] or "") for row in rows}


def example(table: Table, inputs: Iterable[str], row: int) -> Example:
    """One raw row as the network sees it: its first picture, and the cells of its inputs as
    text.
    """
    picture = None
    values = {}
    for column in map(table.__getitem__, inputs):
        if isinstance(column.values, Pictures):
            picture = column.values[row] if picture is None else picture
        elif isinstance(column.values, Media):
            values[column.name] = column.values.told(row) or "missing"
        else:
            cell = column.values[row]
            text = (
                "missing"
                if cell is None
                else f"{cell:g}"
                if isinstance(cell, float)
                else cell_in_words(cell)
            )
            most = LONGEST_TEXT if column.kind == "text" else LONGEST
            values[column.name] = text if len(text) <= most else text[: most - 1] + "…"
    return Example(picture if picture is not None and picture.size else None, values)

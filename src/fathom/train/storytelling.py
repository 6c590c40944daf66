"""A measured run to its views and its report page."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from fathom.data.pictures import Pictures
from fathom.data.table import Table
from fathom.explain import Example, Story, examples_needed, explanation, views
from fathom.folders import dumps
from fathom.recipe import Recipe
from fathom.report import write_report
from fathom.run import LOG, PREDICTIONS
from fathom.train.prepare import Prepared

LONGEST = 40


def tell_story(folder: Path, recipe: Recipe, prepared: Prepared, report: Mapping[str, Any]) -> None:
    """Write report.html and explanation.json."""
    frame = pl.read_parquet(folder / PREDICTIONS)
    lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
    rows = examples_needed(frame, report)
    story = Story(
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
    )
    (folder / "explanation.json").write_text(dumps(explanation(views(story))), encoding="utf-8")
    write_report(story, folder)


def example(table: Table, inputs: Iterable[str], row: int) -> Example:
    """One raw row as the network sees it: its first picture, and the cells of its inputs as
    text.
    """
    picture = None
    values = {}
    for column in map(table.__getitem__, inputs):
        if isinstance(column.values, Pictures):
            picture = column.values[row] if picture is None else picture
        else:
            cell = column.values[row]
            text = (
                "missing" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)
            )
            values[column.name] = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return Example(picture if picture is not None and picture.size else None, values)

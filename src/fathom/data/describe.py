"""A table and its findings to what `fathom inspect` shows, as JSON values."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import polars as pl

from fathom.data.kinds import names
from fathom.data.label_sets import labels_of, separator_of
from fathom.data.media import Media
from fathom.data.table import Column, Finding, Table, cell_in_words
from fathom.data.targets import (
    NAMES,
    are_classes,
    is_short_for,
    only_pictures,
    read_beside,
    transcript,
)
from fathom.data.texts import UNUSED, only_text, sizes, text_columns

EXAMPLES = 5
TOP = 5
CELL = 80


def describe(table: Table, findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """What the source is, its columns, examples, parts, findings, and what can be asked of it."""
    told = list(dict.fromkeys((*table.findings, *findings)))
    asked = _questions(table)
    return {
        "source": str(table.path),
        "format": table.source,
        "fingerprint": table.fingerprint,
        "rows": len(table),
        "running": table.running,
        "set_aside": len(table.unusable()),
        "target": table.target or None,
        "columns": [_column(column) for column in table],
        "examples": [_example(table, row) for row in _spread(len(table))],
        "parts": dict(Counter(table.parts)) if table.parts is not None else None,
        "findings": [
            {
                "severity": finding.severity,
                "subject": finding.subject,
                "place": finding.place,
                "row": finding.row if finding.row >= 0 else None,
                "reason": finding.reason,
                "remedy": finding.remedy,
            }
            for finding in told
        ],
        "questions": asked,
    }


def _column(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "why": column.why,
        "used": column.kind not in UNUSED and not column.constant,
        "missing": int(column.missing().sum()),
    }
    values = column.values
    if isinstance(values, Media):
        return told | values.sizes()
    known = values.drop_nulls()
    told["distinct"] = known.n_unique()
    if len(known) and column.kind == "number":
        told |= {"low": known.min(), "mean": known.mean(), "high": known.max()}
    elif len(known) and column.kind == "date":
        told |= {"low": cell_in_words(known.min()), "high": cell_in_words(known.max())}
    elif len(known) and column.kind == "text":
        told |= sizes(known)
    elif len(known) and column.kind == "series":
        told["top"] = [{"value": words, "count": n} for words, n in usual_sizes(known)]
    elif len(known):
        counts = known.rename("value").value_counts(sort=True, name="count").head(TOP)
        told["top"] = [
            {"value": value[:CELL], "count": count} for value, count in counts.iter_rows()
        ]
    return told


def usual_sizes(cells: pl.Series) -> list[tuple[str, int]]:
    """How long whole series are, in words, and how often; the most frequent first."""
    return Counter(map(cell_in_words, cells)).most_common(TOP)


def _spread(rows: int) -> list[int]:
    """Up to five row numbers, evenly over the table."""
    count = min(EXAMPLES, rows)
    return [place * rows // count for place in range(count)]


def _example(table: Table, row: int) -> dict[str, Any]:
    cells = {}
    for column in table:
        if isinstance(column.values, Media):
            cells[column.name] = column.values.told(row)
        elif column.kind == "number":
            cells[column.name] = column.values[row]
        else:
            cell = column.values[row]
            cells[column.name] = None if cell is None else cell_in_words(cell)[:CELL]
    return {"row": row, "origin": table.origin(row), "values": cells}


def _text_question(table: Table, name: str) -> dict[str, Any]:
    """What is asked of a text of its own accord, or can be; nothing, where classes or numbers are
    likelier.
    """
    beside = read_beside(table, name)
    likely = True
    if name == transcript(table):
        task = "transcription"
    elif table.target == name:
        task = "translation"
    elif name == only_text(table):
        task = "language"
    elif beside and is_short_for(table[name].series, table[beside].series):
        task = "summarisation"
    elif beside and not table.target:
        task, likely = "translation", False
    else:
        return {}
    return {"target": name, "task": task, "classes": None, "likely": likely}


def _questions(table: Table) -> list[dict[str, Any]]:
    """For each column that could be predicted, the task; likely targets first."""
    if table.rhythm is not None and table.target:
        return [{"target": table.target, "task": "anomaly", "classes": None, "likely": True}]
    if table.rhythm is not None:
        return [
            {"target": column.name, "task": "forecasting", "classes": None, "likely": True}
            for column in table
            if column.kind == "number"
        ]
    asked = [_text_question(table, column.name) for column in text_columns(table)]
    asked = [one for one in asked if one]
    for column in table:
        if column.constant or isinstance(column.values, Media):
            continue
        if column.kind not in ("number", "category"):
            continue
        separator = separator_of(column.values)
        known = names(column.values.drop_nulls())
        distinct = len(labels_of(known, separator)) if separator else known.n_unique()
        classes = column.kind == "category" or are_classes(column.values)
        named = column.name == table.target or column.name.strip().lower() in NAMES
        asked.append(
            {
                "target": column.name,
                "task": "classification" if classes else "regression",
                "classes": distinct if classes else None,
                "likely": named,
            }
        )
    drawn = only_pictures(table)
    if drawn is not None:
        asked.append({"target": drawn, "task": "generation", "classes": None, "likely": True})
    if not any(one["likely"] for one in asked) and asked:
        asked[-1]["likely"] = True
    return sorted(asked, key=lambda one: not one["likely"])

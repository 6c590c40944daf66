"""Everything a view may read, gathered from a finished run: report, predictions, log, recipe, findings, examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from fathom.data.table import Finding
from fathom.explain.outcomes import Choices, Numbers, read_choices, read_numbers


@dataclass(frozen=True)
class Example:
    """One raw example as the user gave it: a picture, H W C uint8 with C 1 or 3, or values by column."""

    picture: np.ndarray | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A finished run as plain data.

    report: the content of report.json; predictions: of predictions.parquet; log: the lines of log.jsonl;
    recipe: of recipe.json; classes: names in the order of `probability`, empty when numbers are predicted;
    data: name, source, rows, columns [{"name", "kind"}], parts {"train": count, ...} of what was given;
    examples: row number to the raw example, for the rows of `examples_needed`; folder: the run's name.
    """

    report: Mapping[str, Any]
    predictions: pl.DataFrame
    log: tuple[Mapping[str, Any], ...]
    recipe: Mapping[str, Any]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    data: Mapping[str, Any]
    examples: Mapping[int, Example] = field(default_factory=dict)
    folder: str = "RUN"

    @cached_property
    def choices(self) -> tuple[Choices, ...]:
        """One entry for each target that is a category, or for each label of several."""
        return read_choices(self.predictions, self.classes)

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """One entry for each target that is a number."""
        return read_numbers(self.predictions, self.classes)

    @property
    def noun(self) -> str:
        """What the examples are called: pictures or rows."""
        kinds = {column.get("kind") for column in self.data.get("columns", ())}
        return "pictures" if "image" in kinds else "rows"

    @property
    def headline(self) -> str:
        """The name of the metric that the verdict is about: the first of the report."""
        named = self.report.get("verdict", {}).get("metric")
        return str(named or next(iter(self.report.get("metrics", {})), ""))

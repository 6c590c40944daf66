"""Everything a view may read, gathered from a finished run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from fathom.data.table import Finding
from fathom.explain.figures import Lattice
from fathom.explain.outcomes import (
    Choices,
    Futures,
    Numbers,
    Texts,
    read_choices,
    read_futures,
    read_numbers,
    read_texts,
)
from fathom.metrics import HEADLINE
from fathom.tasks import TASKS


@dataclass(frozen=True)
class Example:
    """One raw example as it was given: a picture, H W C uint8, or values by column."""

    picture: np.ndarray | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """A text that was written by the network, or a held-out one to compare with.

    longest: its longest stretch that training holds, as (start, stop); seen: how many of its spans
    training holds, of so many `spans`; known: whether training holds it as a whole.
    """

    text: str
    longest: tuple[int, int] = (0, 0)
    seen: int = 0
    spans: int = 0
    known: bool = False


@dataclass(frozen=True)
class Writing:
    """What the network writes by itself, beside held-out texts of the same length.

    span: characters of a span. searched, training: characters of training text that were searched,
    and that there are.
    """

    samples: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    span: int
    searched: int
    training: int
    temperature: float = 0.8


@dataclass(frozen=True)
class Foretold:
    """A held-out passage: where it stands, its tokens as text and the bits of each."""

    origin: str
    tokens: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Following:
    """What a forecaster says will follow the data: the latest past and the rows after it.

    span: the first and the last row of the forecast, in words.
    """

    name: str
    span: str
    past: tuple[float, ...]
    forecast: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Listened:
    """A validation clip: where it stands, what was said and what was heard in it and when."""

    origin: str
    truth: str
    answer: str
    heard: Lattice


@dataclass(frozen=True)
class Kept:
    """A held-out picture beside what its code tells, both H W C uint8."""

    name: str
    error: float
    original: np.ndarray
    written: np.ndarray


@dataclass(frozen=True)
class Unlike:
    """A held-out picture that is unlike the usual, and what its code tells, both H W C uint8.

    score: how far from the usual it is; odd: an anomaly by its label.
    """

    name: str
    score: float
    odd: bool
    original: np.ndarray
    written: np.ndarray


@dataclass(frozen=True)
class Drawing:
    """A picture (H, W, C) uint8 that the network drew, and the nearest one of training.

    wish, seen: the class that was asked for and the one a classifier sees, "" where there is none;
    origin: where the nearest one stands; ratio: its distance over that of the second nearest; like:
    how one is said to resemble another.
    """

    picture: np.ndarray
    nearest: np.ndarray
    origin: str
    ratio: float
    wish: str = ""
    seen: str = ""
    like: str = "looks like"


# The column that only one kind of target has among the predictions.
TOLD_BY = {"anomaly_score": "anomaly", "elbo": "density", "error": "values", "nll": "bytes"}


@dataclass(frozen=True)
class Story:
    """A finished run as plain data.

    report: the content of report.json. predictions: of predictions.parquet. log: the lines of
    log.jsonl. recipe: of recipe.json. classes: names in the order of `probability`.
    data: name, source, rows, columns [{"name", "kind", "why"}], parts {"train": count, ...}.
    examples: row number to the raw example, for the rows of `examples_needed`.
    folder: the run's, as the user would type it. sources: row number to the text that was answered
    (translated), for held-out rows. writing, passages: of a run that writes; following: of a run
    that forecasts; listened: of one that transcribes; kept: of one that keeps pictures in codes;
    drawings: of one that draws; unlike: of one that looks for anomalies in pictures.
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
    sources: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    writing: Writing | None = None
    passages: tuple[Foretold, ...] = ()
    following: tuple[Following, ...] = ()
    listened: tuple[Listened, ...] = ()
    kept: tuple[Kept, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    unlike: tuple[Unlike, ...] = ()

    @cached_property
    def choices(self) -> tuple[Choices, ...]:
        """One entry for each target that is a category, or for each label of several."""
        return read_choices(self.predictions, self.classes)

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """One entry for each target that is a number."""
        return read_numbers(self.predictions)

    @cached_property
    def texts(self) -> Texts | None:
        """The target that is a text."""
        return read_texts(self.predictions)

    @cached_property
    def futures(self) -> tuple[Futures, ...]:
        """One entry for each series that is forecast."""
        return read_futures(self.predictions)

    @property
    def noun(self) -> str:
        """What the examples are called: pictures, rows, texts, or blocks of a running text; where
        some were drawn, as what draws them calls them.
        """
        if "items" in self.report:
            return str(self.report["items"])
        if self.futures:
            return "forecasts"
        if self.kind == "transcript":
            return "sounds"
        if self.kind == "bytes" or self.texts is not None:
            return "blocks" if self.data.get("source") == "text" else "texts"
        kinds = {column.get("kind") for column in self.data.get("columns", ())}
        return "pictures" if "image" in kinds else "sounds" if "audio" in kinds else "rows"

    def texts_among(self, names: Iterable[str]) -> set[str]:
        """Of some columns, those that hold texts."""
        texts = {c["name"] for c in self.data.get("columns", ()) if c.get("kind") == "text"}
        return texts & set(names)

    @property
    def kind(self) -> str:
        """The kind of the target, as in `Spec.kind`."""
        if self.futures:
            return "future"
        if "ratio" in self.predictions.columns:
            return "sample"
        if self.numbers:
            return "number"
        if not self.choices:
            if "wer" in self.report.get("metrics", {}):
                return "transcript"
            columns = self.predictions.columns
            return next((kind for name, kind in TOLD_BY.items() if name in columns), "text")
        return "category" if len(self.choices) == 1 else "labels"

    @property
    def task(self) -> str:
        """What is asked, in words."""
        name = str(self.report.get("task", ""))
        return TASKS[name].called if name in TASKS else name

    @property
    def headline(self) -> str:
        """The name of the metric that the verdict is about."""
        metrics = self.report.get("metrics", {})
        task = TASKS.get(str(self.recipe.get("task")))
        usual = task.headline if task and task.headline else HEADLINE[self.kind]
        return usual if usual in metrics else str(next(iter(metrics), ""))

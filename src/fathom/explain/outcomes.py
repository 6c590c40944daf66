"""The predictions table to arrays for each target: what was true, what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import polars as pl

MEASURED = ("test", "folds")


@dataclass(frozen=True)
class Answers:
    """N examples that were answered: row numbers and parts (N,), and where each stands."""

    row: np.ndarray
    part: np.ndarray
    origin: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.row)

    def only(self, part: str) -> Self:
        """The examples of one part; every array has one entry an example."""
        keep = np.flatnonzero(self.part == part)
        arrays = {
            field.name: value[keep]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        return replace(self, origin=tuple(self.origin[i] for i in keep), **arrays)

    @property
    def judged(self) -> Self:
        """The examples that were measured: the test part or folds, else validation."""
        return self.only(judged_part(self.part))


@dataclass(frozen=True)
class Choices(Answers):
    """One category target of K classes; truth, answer and rival (N,) are positions in `classes`.

    probability: (N, K) or None; rival: None if unknown.
    """

    name: str
    classes: tuple[str, ...]
    truth: np.ndarray
    answer: np.ndarray
    probability: np.ndarray | None = None
    rival: np.ndarray | None = None

    @property
    def sureness(self) -> np.ndarray:
        """The probability of each given answer, (N,); 1 where no probabilities are stored."""
        if self.probability is None:
            return np.ones(len(self))
        return np.asarray(self.probability[np.arange(len(self)), self.answer])


@dataclass(frozen=True)
class Numbers(Answers):
    """One number target: truth and score (N,); low, high, rival (N,) or None."""

    name: str
    truth: np.ndarray
    score: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    rival: np.ndarray | None = None

    @property
    def residual(self) -> np.ndarray:
        """Answer minus truth, (N,)."""
        return np.asarray(self.score - self.truth)

    @property
    def inside(self) -> np.ndarray | None:
        """Whether each truth lies between low and high, (N,); None without intervals."""
        if self.low is None or self.high is None:
            return None
        return np.asarray((self.low <= self.truth) & (self.truth <= self.high))


@dataclass(frozen=True)
class Texts(Answers):
    """One text target: truth, answer and the rival's answer (N,) str, rival None if unknown."""

    truth: np.ndarray
    answer: np.ndarray
    rival: np.ndarray | None = None


@dataclass(frozen=True)
class Futures(Answers):
    """Forecasts of one series whose numbers are stored: (N, H) each, of N first rows.

    truth is nan where nothing is known; rival is None where there is none.
    """

    name: str
    truth: np.ndarray
    forecast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    rival: np.ndarray | None


def read_futures(predictions: pl.DataFrame) -> tuple[Futures, ...]:
    """Every series that is forecast."""
    ends = [name.removeprefix("came") for name in predictions.columns if name.startswith("came")]
    found = []
    for end in ends:
        kept = predictions.filter(pl.col(f"came{end}").is_not_null())

        def column(name: str, kept: pl.DataFrame = kept, end: str = end) -> np.ndarray:
            return np.array(kept[f"{name}{end}"].to_list(), dtype=np.float64)

        rival = f"rival_forecast{end}" in kept.columns
        found.append(
            Futures(
                *_shared(kept),
                end.removeprefix("_"),
                column("came"),
                column("forecast"),
                column("low"),
                column("high"),
                column("rival_forecast") if rival else None,
            )
        )
    return tuple(found)


def judged_part(part: np.ndarray) -> str:
    """The part (N,) that was measured: the test part or folds, else validation."""
    return next((name for name in MEASURED if name in part), "valid")


def read_texts(predictions: pl.DataFrame) -> Texts | None:
    """A text target: `truth` and `answer`, told from names by the `log_probability` beside them."""
    if not _is_text(predictions):
        return None
    rival = None
    if "rival_answer" in predictions and not predictions["rival_answer"].null_count():
        rival = _strings(predictions["rival_answer"])
    truth, answer = (_strings(predictions[name]) for name in ("truth", "answer"))
    return Texts(*_shared(predictions), truth, answer, rival)


def _is_text(predictions: pl.DataFrame) -> bool:
    return {"truth", "answer", "log_probability"} <= set(predictions.columns)


def _strings(values: pl.Series) -> np.ndarray:
    return np.array(values.fill_null("").cast(pl.String).to_list(), dtype=object)


def read_choices(predictions: pl.DataFrame, classes: Sequence[str]) -> tuple[Choices, ...]:
    """Category targets: `truth` and `answer` hold class names, or lists of them for labels.

    Several targets are told apart by the ends of the columns: `truth_<name>`, `answer_<name>`.
    """
    found: list[Choices] = []
    if _is_text(predictions):
        return ()
    for end in _ends(predictions):
        if f"answer{end}" not in predictions.columns or f"score{end}" in predictions.columns:
            continue
        frame = predictions.filter(pl.col(f"truth{end}").is_not_null())
        kind = frame.schema[f"truth{end}"]
        if isinstance(kind, pl.List):
            found += _labels(frame, end, classes) if classes else []
        else:
            found.append(_choice(frame, end, classes if not end else ()))
    return tuple(found)


def read_numbers(predictions: pl.DataFrame) -> tuple[Numbers, ...]:
    """Number targets: `truth` and `score`, lists of them, or `truth_<name>` and `score_<name>`."""
    found = []
    for end in _ends(predictions):
        if f"score{end}" not in predictions.columns:
            continue
        frame = predictions.filter(pl.col(f"truth{end}").is_not_null())
        if not isinstance(frame.schema[f"truth{end}"], pl.List):
            found.append(_number(frame, end, end.removeprefix("_")))
            continue
        width = len(frame[f"truth{end}"][0]) if len(frame) else 0
        for position in range(width):
            columns = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
            part = frame.with_columns(pl.col(columns).list.get(position, null_on_oob=True))
            found.append(_number(part, end, f"target {position + 1}" if width > 1 else ""))
    return tuple(found)


def _ends(predictions: pl.DataFrame) -> list[str]:
    names = [name for name in predictions.columns if name == "truth" or name.startswith("truth_")]
    return [name.removeprefix("truth") for name in names]


def _shared(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    row = frame["row"].to_numpy().astype(np.int64)
    places = frame["origin"].to_list() if "origin" in frame else [None] * len(row)
    origin = tuple(str(place or f"row {i}") for place, i in zip(places, row, strict=True))
    return row, frame["part"].to_numpy(), origin


def _number(frame: pl.DataFrame, end: str, name: str) -> Numbers:
    def column(field: str) -> np.ndarray | None:
        if field + end not in frame.columns or frame[field + end].null_count() == len(frame):
            return None
        return frame[field + end].cast(pl.Float64).to_numpy()

    truth = frame[f"truth{end}"].cast(pl.Float64).to_numpy()
    score = frame[f"score{end}"].cast(pl.Float64).to_numpy()
    low, high, rival = column("low"), column("high"), column("rival_score")
    return Numbers(*_shared(frame), name, truth, score, low, high, rival)


def _choice(frame: pl.DataFrame, end: str, classes: Sequence[str]) -> Choices:
    truth = _names(frame[f"truth{end}"], classes)
    answer = _names(frame[f"answer{end}"], classes)
    rival = _names(frame[f"rival_answer{end}"], classes) if f"rival_answer{end}" in frame else []
    rival = [] if None in rival else rival
    unseen = sorted({name for name in (*truth, *answer, *rival) if name is not None} - set(classes))
    known = (*classes, *unseen)
    at = {name: position for position, name in enumerate(known)}

    def positions(names: list[str | None]) -> np.ndarray:
        return np.array([at[name] for name in names if name is not None], dtype=np.int64)

    return Choices(
        *_shared(frame),
        end.removeprefix("_"),
        known,
        positions(truth),
        positions(answer),
        _probability(frame, end, len(classes), len(known)),
        positions(rival) if rival else None,
    )


def _names(values: pl.Series, classes: Sequence[str]) -> list[str | None]:
    if values.dtype.is_integer() and classes:
        return [None if value is None else classes[value] for value in values]
    return [None if value is None else str(value) for value in values]


def _probability(frame: pl.DataFrame, end: str, stored: int, width: int) -> np.ndarray | None:
    """(N, K) from the list column; classes that only the test part holds get 0."""
    name = f"probability{end}"
    if name not in frame.columns or not stored or frame[name].null_count() or not len(frame):
        return None
    values = np.asarray(frame[name].to_list(), dtype=np.float64).reshape(len(frame), stored)
    return np.pad(values, ((0, 0), (0, width - stored)))


def _labels(frame: pl.DataFrame, end: str, classes: Sequence[str]) -> list[Choices]:
    """Several labels at once: each becomes one yes-or-no question."""
    shared = _shared(frame)
    truth, answer = frame[f"truth{end}"].to_list(), frame[f"answer{end}"].to_list()
    chance = _probability(frame, end, len(classes), len(classes))
    found = []
    for position, name in enumerate(classes):
        pair = None
        if chance is not None:
            pair = np.stack([1 - chance[:, position], chance[:, position]], axis=1)
        found.append(
            Choices(
                *shared,
                name,
                ("no", "yes"),
                _holds(truth, name, position),
                _holds(answer, name, position),
                pair,
            )
        )
    return found


def _holds(lists: list[list[object]], name: str, position: int) -> np.ndarray:
    """1 where a list names the label, or, for lists of 0 and 1, holds 1 at its position."""
    if lists and lists[0] and not isinstance(lists[0][0], str):
        return np.array([int(bool(values[position])) for values in lists], dtype=np.int64)
    return np.array([int(name in values) for values in lists], dtype=np.int64)

"""The folder a training leaves behind: loaded with care, it answers raw inputs without the
training data.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError
from pydantic import ValidationError

from fathom.data.answers import answer_frame
from fathom.data.codecs import Sounding
from fathom.data.codecs.around import AroundCodec
from fathom.data.fields import Fields
from fathom.data.sources import ReadOptions, read, read_inputs
from fathom.data.table import Finding, Table
from fathom.decoding.tokens import Sampling
from fathom.errors import OptionError, RunError
from fathom.folders import dumps, read_json, verify
from fathom.members import Member, answers, load_members, strangers
from fathom.pictures_out import chosen, drawn, draws, keeps, reconstructed, way, write, write_clips
from fathom.recipe import Recipe
from fathom.rows_out import lists, rows_drawn
from fathom.tasks import TASKS
from fathom.weights import CHANGED
from fathom.writing import LENGTH, Writer, writer, writes

RECIPE, CODECS, SPLIT = "recipe.json", "codecs.json", "split.json"
WEIGHTS, REPORT, PREDICTIONS, LOG = (
    "weights.safetensors",
    "report.json",
    "predictions.parquet",
    "log.jsonl",
)

FORECAST = "forecast.html"


@dataclass(frozen=True)
class Run:
    """A finished run: its recipe, its trained networks with their codecs, and its stored result.

    members: one, or as many as there were folds, which answer together.
    """

    folder: Path
    recipe: Recipe
    members: tuple[Member, ...]
    report: Mapping[str, Any]

    def __repr__(self) -> str:
        data = self.recipe.data
        return (
            f"Run({str(self.folder)!r}: {self.recipe.task} of "
            f"{', '.join(data.targets) or data.path} by "
            f"{self.recipe.family}. {self.report['verdict']['sentence']})"
        )

    @property
    def fields(self) -> Fields:
        """The first member's fields: the columns and the classes are the same for all."""
        return self.members[0].fields

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
        null). Of a run that forecasts: `date`, `series`, `ahead`, `answer`, `low`, `high` of the
        rows that follow the data, by default those it was trained with.
        """
        if self.recipe.decoding.get("judged") is not None:
            raise OptionError(
                "This run draws, it does not answer.",
                remedy=f"Use fathom generate {self.folder} -n 64.",
            )
        if self.forecasts:
            places = [raw] if isinstance(raw, (str, Path)) else list(raw)
            return self.ahead(places or [self.recipe.data.path], options)
        if self.watches:
            places = [raw] if isinstance(raw, (str, Path)) else list(raw)
            return self.watched(places or [self.recipe.data.path], options)
        return self.answer(self.asked(raw, options))

    def asked(
        self, raw: str | Path | Sequence[str | Path], options: ReadOptions | None = None
    ) -> Table:
        """Files, folders or tables as rows of inputs."""
        places = [raw] if isinstance(raw, (str, Path)) else list(raw)
        if not places:
            raise OptionError("Nothing is named to be answered.", remedy="Name files or folders.")
        for place in places:
            if not isinstance(place, (str, Path)):
                raise OptionError(
                    "predict takes paths of files and folders.",
                    found=type(place).__name__,
                    remedy="Write it to a file first, such as new.csv or new.png, and name that.",
                )
        data = self.recipe.data
        by_line = data.source not in ("text", "documents")
        reading = options or ReadOptions(missing=data.options.missing, by_line=by_line)
        return read_inputs([str(place) for place in places], self.kinds(), reading)

    @property
    def forecasts(self) -> bool:
        """Whether it answers what follows a series."""
        return self.fields.target.codec.spec().kind == "future"

    def ahead(
        self, places: Sequence[str | Path], options: ReadOptions | None = None
    ) -> pl.DataFrame:
        """Forecast from the end of each source on."""
        frames = []
        for place in places:
            frame = self.follow(self.series(place, options))
            frames.append(frame.select(pl.lit(str(place)).alias("input"), pl.all()))
        return pl.concat(frames)

    def series(self, place: str | Path, options: ReadOptions | None = None) -> Table:
        """A source as one row a step, as the training data were read."""
        given = self.recipe.data.options
        reading = options or ReadOptions(missing=given.missing, kinds=given.kinds)
        asked = replace(reading, task=self.recipe.task, horizon=given.horizon)
        table = read(str(place), replace(asked, target=self.recipe.data.targets))
        for name in self.classes:
            table[name]  # raises with the nearest name
        return table

    def follow(self, table: Table) -> pl.DataFrame:
        """What follows a series as `series` reads it: date, series, ahead, answer, low, high."""
        outputs = answers(self.members, followed(table), np.array([len(table)]))
        frame = answer_frame(self.fields.target.codec, outputs)
        dates = ahead_of(table)
        every = pl.Series("date", dates.to_list() * len(self.classes), dtype=dates.dtype)
        return frame.select(every, pl.all())

    @property
    def watches(self) -> bool:
        """Whether it scores the rows of a series."""
        return any(isinstance(one.codec, AroundCodec) for one in self.fields.inputs)

    def watched(
        self, places: Sequence[str | Path], options: ReadOptions | None = None
    ) -> pl.DataFrame:
        """Score every row of each series: `date`, `anomaly`, `score` and the `threshold` of
        alarms.
        """
        data = self.recipe.data
        reading = options or ReadOptions(missing=data.options.missing, kinds=data.options.kinds)
        asked = replace(reading, task=self.recipe.task, target=data.targets)
        frames = []
        for place in places:
            table = read(str(place), asked)
            for name in self.fields.input_columns:
                table[name]  # raises with the nearest name
            frame = answer_frame(self.fields.target.codec, answers(self.members, table))
            date = self.fields.inputs[0].columns[0]
            dates = table[date].series.alias("date")
            frames.append(frame.select(pl.lit(str(place)).alias("input"), dates, pl.all()))
        return pl.concat(frames)

    def generate(
        self,
        n: int = 1,
        *,
        prompt: str = "",
        length: int = LENGTH,
        seed: int = 0,
        options: Sampling = Sampling(),  # noqa: B008 - frozen
    ) -> list[str]:
        """Continue a prompt `n` times by at most `length` characters; a language run only.

        Equal seed, number and prompt give the same text, whatever `n` is.
        """
        texts = [""] * n
        for number, piece in self.writer(options, seed=seed, length=length).stream(prompt, n):
            texts[number] += piece
        return texts

    def draw(self, n: int = 1, *, seed: int = 0, **asked: Any) -> np.ndarray:
        """`n` new pictures, uint8 (n, H, W, C); a run that learned to draw only. Sounds come as
        pictures too: `write_drawn` makes them audible.

        asked: what the run's own way to draw lets be chosen: `wish`, the name of a class, `steps`,
        `guidance`.
        """
        if self.lists:
            raise OptionError("This run draws rows, no pictures.", remedy="Ask for run.rows(n).")
        if not self.draws:
            raise OptionError(
                "This run does not draw pictures.",
                remedy="Train one: fathom train PICTURES --task compression --family vae.",
            )
        options = chosen(self.members[0], {k: v for k, v in asked.items() if v is not None})
        return drawn(self.members[0], n, seed=seed, options=options)

    def rows(self, n: int = 1, *, seed: int = 0, **asked: Any) -> pl.DataFrame:
        """`n` new rows in the columns and units of the data; a run that learned to draw rows only.

        asked: as for `draw`. Without a class, classes occur as often as in training.
        """
        if not self.lists:
            raise OptionError(
                "This run does not draw rows.",
                remedy="Train one: fathom train TABLE --task generation.",
            )
        options = chosen(self.members[0], {k: v for k, v in asked.items() if v is not None})
        found = rows_drawn(self.members[0], n, seed=seed, options=options)
        return found.select([name for name in self.recipe.data.kinds if name in found.columns])

    def write_drawn(self, pictures: np.ndarray, folder: str | Path) -> list[Path]:
        """What `draw` gave into a folder: PNG files, or WAV files where they are pictures of
        sounds; the sheet of all comes last.
        """
        codec = self.fields.inputs[0].codec
        if isinstance(codec, Sounding):
            return write_clips(folder, pictures, codec)
        return write(folder, pictures)

    def reconstruct(self, raw: str | Path | Sequence[str | Path]) -> np.ndarray:
        """What the codes of pictures tell, uint8 (n, H, W, C); a run that keeps pictures only."""
        table = self.asked(raw)
        usable = np.setdiff1d(np.arange(len(table)), table.unusable())
        return reconstructed(self.members[0], table.take(usable))

    def between(self, first: str | Path, last: str | Path, n: int = 8) -> np.ndarray:
        """`n` pictures on the way from one picture's code to another's, both ends included."""
        return way(self.members[0], self.asked([first, last]), n)

    @property
    def keeps(self) -> bool:
        """Whether it writes pictures again from their codes."""
        return keeps(self.members)

    @property
    def draws(self) -> bool:
        """Whether it draws pictures."""
        return draws(self.members)

    @property
    def lists(self) -> bool:
        """Whether it draws rows of a table."""
        return lists(self.members[0])

    @property
    def writes(self) -> bool:
        """Whether it continues texts."""
        return writes(self.members)

    def writer(self, options: Sampling, *, seed: int = 0, length: int = LENGTH) -> Writer:
        """What gives text piece by piece; raises OptionError where the run cannot write."""
        return writer(self.members, options, seed=seed, length=length)

    def kinds(self) -> dict[str, Any]:
        """Name and kind of every input column."""
        return {name: self.recipe.data.kinds[name] for name in self.fields.input_columns}

    def answer(self, table: Table) -> pl.DataFrame:
        """Answer the rows of a table; set-aside rows keep their place with a note."""
        usable = np.setdiff1d(np.arange(len(table)), table.unusable())
        outputs = answers(self.members, table.take(usable))
        frame = answer_frame(self.fields.target.codec, outputs)
        frame = frame.with_columns(pl.Series("row", usable, dtype=pl.Int64))
        rows = pl.DataFrame(
            {
                "row": np.arange(len(table)),
                "input": [table.origin(row) for row in range(len(table))],
                "note": notes((*table.findings, *strangers(self.members, table)), len(table)),
            },
            schema={"row": pl.Int64, "input": pl.String, "note": pl.String},
        )
        joined = rows.join(frame, on="row", how="left", maintain_order="left").drop("row")
        return joined.select(pl.exclude("note"), "note")


def followed(table: Table) -> Table:
    """A series with one row more, of which nothing is known: the forecast begins there."""
    columns = tuple(
        replace(c, values=pl.concat([c.series, pl.Series(c.name, [None], dtype=c.series.dtype)]))
        for c in table
    )
    return replace(table, columns=columns, origins=(), parts=None)


def ahead_of(table: Table) -> pl.Series:
    """The dates of the rows that are forecast; numbers of rows where there are no dates."""
    rhythm = table.rhythm
    assert rhythm is not None
    if not rhythm.date:
        return pl.Series("date", range(len(table), len(table) + rhythm.horizon))
    return rhythm.ahead(table[rhythm.date].series, rhythm.horizon)


def notes(findings: Iterable[Finding], rows: int) -> list[str]:
    """What was found out about each row, joined; "" for most."""
    told: list[list[str]] = [[] for _ in range(rows)]
    for finding in findings:
        if 0 <= finding.row < rows:
            told[finding.row].append(finding.reason)
    return [" ".join(reasons) for reasons in told]


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
    every = read_fields(folder, recipe.folds)
    check_columns(folder, recipe, every)
    report = read_report(folder)
    return Run(folder, recipe, load_members(folder / WEIGHTS, recipe, every), report)


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


def finite_or_none(value: float) -> float | None:
    """JSON has no infinity: what is not finite becomes null."""
    return value if math.isfinite(value) else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A stable JSON file of a run folder."""
    path.write_text(dumps(content), encoding="utf-8")

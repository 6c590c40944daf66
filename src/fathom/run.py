"""The folder a training leaves behind: loaded with care, it answers raw inputs without the
training data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from fathom.answering import along, beside_inputs, from_its_end, row_by_row
from fathom.data.codecs.around import AroundCodec
from fathom.data.fields import Fields
from fathom.data.sources import ReadOptions, read, read_inputs
from fathom.data.table import Table
from fathom.decoding.tokens import Sampling
from fathom.drawn import WRITERS
from fathom.drawn.asking import Commission, commission, drawn, items_of
from fathom.drawn.keeping import coding, keeps, reconstructed, way
from fathom.drawn.rows import rows_drawn
from fathom.errors import OptionError, RunError
from fathom.folders import verify
from fathom.members import Member, load_members, strangers
from fathom.recipe import Recipe
from fathom.run_folder import (
    CODECS,
    PREDICTIONS,
    RECIPE,
    REPORT,
    SPLIT,
    WEIGHTS,
    check_columns,
    read_fields,
    read_recipe,
    read_report,
)
from fathom.tasks import TASKS
from fathom.weights import CHANGED
from fathom.writing import LENGTH, Writer, writer, writes

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
            f"Run({str(self.folder)!r}: {TASKS[self.recipe.task].called} of "
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
        rows that follow the data, by default those it was trained with. Of a run that watches a
        series: `date`, `anomaly`, `score` and the `threshold` of alarms, for its every row.
        """
        if self.recipe.decoding.get("judged") is not None:
            raise OptionError(
                "This run draws, it does not answer.",
                remedy=f"Use fathom generate {self.folder} -n 64.",
            )
        if self.forecasts or self.watches:
            return self.in_time([raw] if isinstance(raw, (str, Path)) else list(raw), options)
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

    def answer(self, table: Table) -> pl.DataFrame:
        """Answer the rows of a table; set-aside rows keep their place with a note."""
        return row_by_row(self.members, table)

    @property
    def forecasts(self) -> bool:
        """Whether it answers what follows a series."""
        return self.fields.target.codec.spec().kind == "future"

    @property
    def watches(self) -> bool:
        """Whether it scores the rows of a series."""
        return any(isinstance(one.codec, AroundCodec) for one in self.fields.inputs)

    def in_time(
        self, places: Sequence[str | Path], options: ReadOptions | None = None
    ) -> pl.DataFrame:
        """What follows each series, or the scores of its rows; by default of the training data."""
        answer = self.follow if self.forecasts else self.watched
        return beside_inputs(
            (place, answer(self.series(place, options)))
            for place in places or [self.recipe.data.path]
        )

    def series(self, place: str | Path, options: ReadOptions | None = None) -> Table:
        """A source as one row a step, as the training data were read; what is doubtful for these
        networks is among its findings.
        """
        data, needed = self.recipe.data, self.fields.input_columns
        given = ReadOptions(missing=data.options.missing, kinds=data.options.kinds)
        asked = replace(options or given, task=self.recipe.task, horizon=data.options.horizon)
        table = read(str(place), replace(asked, target=data.targets, known=needed))
        for name in needed:
            table[name]  # raises with the nearest name
        return replace(table, findings=(*table.findings, *strangers(self.members, table)))

    def follow(self, table: Table) -> pl.DataFrame:
        """What follows a series as `series` reads it: date, series, ahead, answer, low, high."""
        return from_its_end(self.members, table)

    def watched(self, table: Table) -> pl.DataFrame:
        """The rows of a series as `series` reads it: date, anomaly, score, threshold."""
        return along(self.members, table)

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
        """`n` new pictures, uint8 (n, H, W, C); a run that learned to draw only. Clips come as
        pictures of what sounds when: `draw_into` makes them audible.

        asked: what the run's own way to draw lets be chosen: `wish`, the name of a class, `steps`,
        `guidance`.
        """
        if self.items == "rows":
            raise OptionError("This run draws rows, no pictures.", remedy="Ask for run.rows(n).")
        return drawn(self.commission(n, seed, asked))

    def rows(self, n: int = 1, *, seed: int = 0, **asked: Any) -> pl.DataFrame:
        """`n` new rows in the columns and units of the data; a run that learned to draw rows only.

        asked: as for `draw`. Without a class, classes occur as often as in training.
        """
        if self.items != "rows":
            raise OptionError(
                "This run does not draw rows.",
                remedy="Train one: fathom train TABLE --task generation.",
            )
        return rows_drawn(self.commission(n, seed, asked))

    def draw_into(self, out: str | Path, n: int = 1, *, seed: int = 0, **asked: Any) -> list[Path]:
        """Draw `n` new examples into files and name these, the one that shows all of it last: PNG
        files and a sheet, WAV files and a page that plays them, or one .csv or .json file of rows.

        asked: as for `draw`.
        """
        return WRITERS[self.items](self.commission(n, seed, asked), out)

    def commission(self, n: int, seed: int, asked: Mapping[str, Any]) -> Commission:
        """What is to be drawn; raises OptionError for what cannot be."""
        if not self.items:
            raise OptionError(
                "This run does not draw.",
                where=str(self.folder),
                found=f"{self.recipe.task} by {self.recipe.family}",
                remedy="Train one that does: fathom train DATA --task generation.",
            )
        columns = tuple(self.recipe.data.kinds)
        return commission(self.members[0], n, seed=seed, columns=columns, asked=asked)

    def reconstruct(self, raw: str | Path | Sequence[str | Path]) -> np.ndarray:
        """What the codes of pictures tell, uint8 (n, H, W, C); a run that keeps pictures only."""
        table = self.asked(raw)
        usable = np.setdiff1d(np.arange(len(table)), table.unusable())
        return reconstructed(self.members[0], table.take(usable))

    def between(self, first: str | Path, last: str | Path, n: int = 8) -> np.ndarray:
        """`n` pictures on the way from one picture's code to another's, both ends included; a run
        that keeps pictures in codes only.
        """
        coding(self.members[0])
        return way(self.members[0], self.asked([first, last]), n)

    @property
    def keeps(self) -> bool:
        """Whether it writes pictures again from their codes."""
        return keeps(self.members)

    @property
    def items(self) -> str:
        """What it draws: "pictures", "clips" or "rows"; "" where it draws nothing."""
        return items_of(self.members[0])

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

"""A finished run to a measured result: on new labelled data, or its stored answers for a
comparison.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from fathom.baselines import Rivals
from fathom.data.batches import encoded
from fathom.data.codecs import Codec
from fathom.data.codecs.past import AheadCodec
from fathom.data.fields import TARGET
from fathom.data.origins import whole
from fathom.data.sources import read
from fathom.data.split import Split
from fathom.data.table import Finding, Table
from fathom.data.units import MEASURES, UNITS, Arrays
from fathom.data.units.wording import side_by_side
from fathom.errors import DataError, OptionError
from fathom.evaluate import RunPredictions, evaluate
from fathom.evaluate.resampling import stretches
from fathom.folders import read_json
from fathom.members import answers
from fathom.run import Run
from fathom.run_folder import SPLIT
from fathom.tasks import TASKS
from fathom.train.listener import Listener
from fathom.train.options import Options
from fathom.train.sampling import sitting_of
from fathom.train.understanding import told

MOST_SAMPLES = 20_000  # their pairs fill 1.6 GB
SEEN_BY_FOLDS = (
    "warning: training data: the networks learned from these data: this is the stored result, in "
    "which each row was answered by the network that did not see it."
)


def measure(run: Run, source: str) -> dict[str, Any]:
    """Metrics with intervals on the usable rows of a labelled source; no rival was trained for it.

    Of the data of the training only the test part is measured: from the others it learned.
    """
    if run.recipe.decoding.get("judged") is not None:
        raise OptionError(
            "A run that draws answers nothing about new data.",
            found=source,
            remedy="Use --samples N to judge more of what it draws.",
        )
    table = read_again(run, source)
    if run.recipe.folds > 1 and trained_on(run, table):
        return dict(run.report) | {"said": [SEEN_BY_FOLDS]}
    codec = run.fields.target.codec
    units, stored = UNITS[codec.spec().kind], run.fields.target.encode(table)[TARGET]
    known = units.known(encoded(stored, np.arange(len(table))))
    rows, findings = judged_rows(run, table, known & reached(table))
    if not len(rows):
        raise DataError(
            "No row has a known answer.",
            where=source,
            remedy=f"Check that the classes are among: {', '.join(run.classes[:10])}.",
        )
    report = evaluate(
        units.truth(codec, encoded(stored, rows)),
        of_rows(run, table, rows),
        kind=codec.spec().kind,
        classes=codec.spec().classes,
        metric=TASKS[run.recipe.task].headline,
        split="test" if trained_on(run, table) else "new",
        groups=groups(run, rows),
        items="forecasts" if run.forecasts else "rows",
    )
    return {
        "task": run.recipe.task,
        "family": run.recipe.family,
        "source": source,
        "rows": len(rows),
        "left_out": len(table) - len(rows),
        "said": told((*table.findings, *findings)),
        **report,
    }


def groups(run: Run, rows: np.ndarray) -> np.ndarray | None:
    """The rows of a series that are resampled together, as when the run was judged; else None."""
    if run.forecasts:
        return stretches(rows, run.fields.target.codec.spec().shape[0])
    return stretches(rows) if run.watches else None


def reached(table: Table) -> np.ndarray:
    """Which rows can be judged: of a series those whose whole horizon is in the data, (N,) bool."""
    every = np.full(len(table), "test", dtype=object)
    if table.rhythm is None:
        return np.ones(len(table), dtype=bool)
    return np.asarray(whole(every, table, table.rhythm) == "test")


def of_rows(run: Run, table: Table, rows: np.ndarray) -> Arrays:
    """The answers for rows; of a series from all that came before each."""
    if table.rhythm is None:
        return answers(run.members, table.take(rows))
    return answers(run.members, table, rows)


def measure_samples(run: Run, count: int, listener: Listener | None = None) -> dict[str, Any]:
    """The result of a run that draws on so many samples, beside as many test pictures.

    The data of the training are read again; the rivals are not drawn again.
    """
    if run.recipe.decoding.get("judged") is None:
        raise OptionError(
            "Only a run that draws can be judged on more samples.",
            found=run.recipe.task,
            remedy="Leave out --samples.",
        )
    if not 2 <= count <= MOST_SAMPLES:
        raise OptionError(
            "So many samples cannot be judged.",
            found=f"{count:,}",
            remedy=f"Ask for 2 to {MOST_SAMPLES:,}.",
        )
    _, report = sitting_of(run, listener or Listener()).held(Rivals(()), count)
    return {"task": run.recipe.task, "family": run.recipe.family, **report}


def read_again(run: Run, source: str) -> Table:
    """A labelled source, read as the training data were: kinds, missing marks, file names."""
    if run.forecasts:
        return run.series(source)
    data = run.recipe.data
    facts = Options.from_facts(data.options).reading()
    needed = (*run.fields.input_columns, *run.fields.target.columns)
    # A short list could be read as a running text, and the other way round.
    told = data.source if data.source in ("text", "lines") else None
    again = replace(
        facts,
        task=run.recipe.task,
        target=data.targets,
        kinds=data.kinds,
        test=None,
        as_format=told,
        required=needed,
        known=run.fields.input_columns,
    )
    return read(source, again)


def trained_on(run: Run, table: Table) -> bool:
    """Whether these are, byte for byte, the data that the run's parts were made of."""
    return table.fingerprint == run.recipe.data.fingerprint and len(table) == run.recipe.data.rows


def judged_rows(
    run: Run, table: Table, known: np.ndarray
) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The rows with a known answer that the network did not learn from, and what is said of it."""
    known = known.copy()
    unknown = np.setdiff1d(np.flatnonzero(~known), table.unusable())
    known[table.unusable()] = False
    if not trained_on(run, table):
        rows = np.flatnonzero(known)
        unseen = run.fields.unanswerable(table, rows)
        return rows, (*unanswerable(run, table, unknown), *unseen)
    parts = Split.from_json(read_json(run.folder / SPLIT), len(table)).parts
    rows = np.flatnonzero(known & (np.array(parts) == "test"))
    finding = Finding(
        "warning",
        "training data",
        str(table.path),
        f"The network learned from these data: only the {len(rows):,} rows of the test part were "
        "measured.",
        "Bring data that it has not seen.",
    )
    return rows, (finding,)


def unanswerable(run: Run, table: Table, rows: np.ndarray) -> Iterator[Finding]:
    """Say which rows have no answer, or one that training never saw."""
    if len(rows):
        yield Finding(
            "set aside",
            "no known answer",
            ", ".join(run.recipe.data.targets),
            f"{len(rows):,} rows have no answer or a class that training never saw and are not "
            f"measured; the first is {table.origin(int(rows[0]))}.",
            "Mend them, or train with such examples.",
        )


def stored(run: Run, parts: tuple[str, ...] = ("test", "folds")) -> RunPredictions:
    """The stored answers for the test rows, or others, as `evaluate.compare` takes them."""
    refuse_unpaired(run.fields.target.codec.spec().kind, run.recipe.task)
    frame = run.predictions.filter(pl.col("part").is_in(parts))
    lists = [name for name in frame.columns if name.startswith("came")]
    frame = frame.drop_nulls(lists[:1])  # of many forecasts not all are stored
    codec = run.fields.target.codec
    kind = codec.spec().kind
    truth, fields = READERS[kind](frame, codec)
    rows = frame["row"].to_numpy()
    return RunPredictions(run.folder.name, kind, rows, truth, fields, groups(run, rows))


def refuse_unpaired(kind: str, task: str) -> None:
    """Raise OptionError for a kind of target whose answers are not compared row by row."""
    if kind not in READERS:
        raise OptionError(
            "Such runs are not compared row by row.",
            found=task,
            remedy="Look at the result of each: fathom evaluate RUN.",
        )


def stored_classes(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """Class numbers from names, and the probabilities."""
    places = {name: place for place, name in enumerate(codec.spec().classes)}
    truth, answer = (
        np.array([places.get(name, -1) for name in frame[column]]) for column in ("truth", "answer")
    )
    return truth, {"answer": answer, "probability": probabilities(frame)}


def stored_labels(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """0 and 1 from lists of names, and the probabilities."""
    truth, answer = (
        np.array(
            [[float(label in cell) for label in codec.spec().classes] for cell in frame[column]]
        )
        for column in ("truth", "answer")
    )
    return truth, {"answer": answer, "probability": probabilities(frame)}


def stored_numbers(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """One column a number."""
    names = codec.spec().classes
    ends = [""] if len(names) == 1 else [f"_{name}" for name in names]

    def columns(name: str) -> np.ndarray:
        return frame.select(f"{name}{end}" for end in ends).to_numpy()

    fields = {"answer": columns("score"), "low": columns("low"), "high": columns("high")}
    return columns("truth"), fields


def stored_texts(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """Texts; of several references all, None where a row has fewer."""
    truth = frame["truth"].to_numpy()
    if "references" in frame:  # of one part perhaps, and not of the others
        pairs = zip(frame["references"].to_list(), truth.tolist(), strict=True)
        truth = side_by_side([several or [one] for several, one in pairs])
    return truth, {"answer": frame["answer"].to_numpy()}


def stored_bytes(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """Bytes and words of each text, and its nats."""
    return frame.select("bytes", "words").to_numpy(), {"nll": frame["nll"].to_numpy()}


def stored_futures(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """Lists a series, and what the run's errors are divided by."""
    names = codec.spec().classes
    ends = [""] if len(names) == 1 else [f"_{name}" for name in names]

    def columns(name: str) -> np.ndarray:
        return np.stack([np.array(frame[f"{name}{end}"].to_list()) for end in ends], axis=1)

    assert isinstance(codec, AheadCodec)
    errors = np.broadcast_to(np.array(codec.errors), (len(frame), *np.shape(codec.errors)))
    fields = {name: columns(name) for name in ("low", "high")}
    return columns("came"), {"answer": columns("forecast"), "errors": errors, **fields}


def stored_measures(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """How many values an example holds, and each measure of how well it fits."""
    fields = {name: frame[name].to_numpy() for name in MEASURES if name in frame.columns}
    return frame.select("values").to_numpy(), fields


def stored_alarms(frame: pl.DataFrame, codec: Codec) -> tuple[np.ndarray, Arrays]:
    """Which rows are anomalies, and their scores."""
    fields = {"answer": frame["alarm"].to_numpy(), "score": frame["anomaly_score"].to_numpy()}
    beside = {n: frame[n].to_numpy() for n in ("threshold", "buffer") if n in frame.columns}
    return frame["anomaly"].to_numpy(), fields | beside


def probabilities(frame: pl.DataFrame) -> np.ndarray:
    """The column of lists as (N, K)."""
    return np.array(frame["probability"].to_list())


READERS: Mapping[str, Callable[[pl.DataFrame, Codec], tuple[np.ndarray, Arrays]]] = {
    "anomaly": stored_alarms,
    "bits": stored_measures,
    "bytes": stored_bytes,
    "category": stored_classes,
    "density": stored_measures,
    "future": stored_futures,
    "labels": stored_labels,
    "number": stored_numbers,
    "text": stored_texts,
    "values": stored_measures,
}

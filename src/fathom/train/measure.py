"""A finished run to a measured result: on new labelled data, or its stored answers for a
comparison.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import torch

from fathom.data.fields import TARGET
from fathom.data.sources import ReadOptions, read
from fathom.errors import DataError
from fathom.evaluate import RunPredictions, evaluate
from fathom.run import Run, answers
from fathom.train.units import UNITS, Arrays


def measure(run: Run, source: str) -> dict[str, Any]:
    """Metrics with intervals on every usable row of a labelled source; no rival was trained for
    it.
    """
    data = run.recipe.data
    table = read(source, ReadOptions(target=data.targets, kinds=data.kinds))
    missing = [name for name in data.targets if name not in table.names]
    if missing:
        raise DataError(
            f"The target column {missing[0]!r} is missing.",
            where=source,
            found=", ".join(table.names),
            remedy="Bring data with the true answers.",
        )
    codec = run.fields.target.codec
    encoded = run.fields.target.encode(table)[TARGET].numpy()
    known = ~np.isnan(encoded).reshape(len(encoded), -1).any(axis=1)
    known &= encoded >= 0 if encoded.dtype == np.int64 else True
    known[table.unusable()] = False
    rows = np.flatnonzero(known)
    if not len(rows):
        raise DataError(
            "No row has a known answer.",
            where=source,
            remedy=f"Check that the classes are among: {', '.join(codec.spec().classes[:10])}.",
        )
    units = UNITS[codec.spec().kind]
    with torch.inference_mode():
        outputs = answers(run.objective, run.fields, table.take(rows))
    fields = units.fields(codec, {name: value.numpy() for name, value in outputs.items()})
    report = evaluate(
        units.truth(codec, encoded[rows]),
        fields,
        kind=codec.spec().kind,
        classes=codec.spec().classes,
        split="new",
    )
    return {
        "task": run.recipe.task,
        "family": run.recipe.family,
        "source": source,
        "rows": len(rows),
        "left_out": len(table) - len(rows),
        **report,
    }


def stored(run: Run) -> RunPredictions:
    """The stored answers for the test rows, as `evaluate.compare` takes them."""
    frame = run.predictions.filter(pl.col("part") == "test")
    spec = run.fields.target.codec.spec()
    read = READERS[spec.kind]
    truth, fields = read(frame, spec.classes)
    return RunPredictions(run.folder.name, spec.kind, frame["row"].to_numpy(), truth, fields)


def stored_classes(frame: pl.DataFrame, classes: tuple[str, ...]) -> tuple[np.ndarray, Arrays]:
    """Class numbers from names, and the probabilities."""
    places = {name: place for place, name in enumerate(classes)}
    truth, answer = (
        np.array([places.get(name, -1) for name in frame[column]]) for column in ("truth", "answer")
    )
    return truth, {"answer": answer, "probability": probabilities(frame)}


def stored_labels(frame: pl.DataFrame, classes: tuple[str, ...]) -> tuple[np.ndarray, Arrays]:
    """0 and 1 from lists of names, and the probabilities."""
    truth, answer = (
        np.array([[float(label in cell) for label in classes] for cell in frame[column]])
        for column in ("truth", "answer")
    )
    return truth, {"answer": answer, "probability": probabilities(frame)}


def stored_numbers(frame: pl.DataFrame, names: tuple[str, ...]) -> tuple[np.ndarray, Arrays]:
    """One column a number."""
    ends = [""] if len(names) == 1 else [f"_{name}" for name in names]

    def columns(name: str) -> np.ndarray:
        return frame.select(f"{name}{end}" for end in ends).to_numpy()

    fields = {"answer": columns("score"), "low": columns("low"), "high": columns("high")}
    return columns("truth"), fields


def probabilities(frame: pl.DataFrame) -> np.ndarray:
    """The column of lists as (N, K)."""
    return np.array(frame["probability"].to_list())


READERS: Mapping[str, Callable[[pl.DataFrame, tuple[str, ...]], tuple[np.ndarray, Arrays]]] = {
    "category": stored_classes,
    "labels": stored_labels,
    "number": stored_numbers,
}

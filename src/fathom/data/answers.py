"""Answers in the user's units to the columns that a user reads, by kind of target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Codec
from fathom.data.units import MEASURES, Arrays
from fathom.spec import Spec


@dataclass(frozen=True)
class Told:
    """How one kind of target is told: the columns of answers, and their names where there are
    none.
    """

    columns: Callable[[Codec, Arrays], dict[str, Any]]
    names: Callable[[Spec], list[str]]


def answer_frame(codec: Codec, outputs: Arrays) -> pl.DataFrame:
    """Answers in the user's units to a frame in the user's words; no rows where there are none."""
    told = TOLD[codec.spec().kind]
    if not outputs:
        return pl.DataFrame(schema=dict.fromkeys(told.names(codec.spec()), pl.Float64))
    return pl.DataFrame(told.columns(codec, outputs))


def choices(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """The answered class or labels, and the probability of each."""
    probability = fields["probability"].astype(np.float64)
    spec = codec.spec()
    columns: dict[str, Any] = {
        "answer": codec.decode({"answer": torch.from_numpy(fields["answer"])})
    }
    if spec.kind == "category":
        columns["probability"] = probability.max(axis=1)
    columns |= {f"p_{name}": probability[:, place] for place, name in enumerate(spec.classes)}
    return columns | {"unlike": fields["unlike"]}


def choice_names(spec: Spec) -> list[str]:
    """The same without answers."""
    single = ["probability"] if spec.kind == "category" else []
    return ["answer", *single, *(f"p_{name}" for name in spec.classes), "unlike"]


def numbers(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """Each number and its interval; of several targets, with their names."""
    names = codec.spec().classes
    columns: dict[str, Any] = {}
    for part, name in (("score", "answer"), ("low", "low"), ("high", "high")):
        for place, target in enumerate(names):
            title = name if len(names) == 1 else f"{name}_{target}"
            columns[title] = fields[part][:, place]
    return columns | {"unlike": fields["unlike"]}


def number_names(spec: Spec) -> list[str]:
    """The same without answers."""
    ends = [""] if len(spec.classes) == 1 else [f"_{name}" for name in spec.classes]
    return [*(f"{part}{end}" for part in ("answer", "low", "high") for end in ends), "unlike"]


def futures(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """Of each forecast and series, H rows ahead: a line each."""
    names = codec.spec().classes
    rows, _, horizon = fields["answer"].shape
    columns: dict[str, Any] = {
        "series": np.tile(np.repeat(np.array(names, dtype=object), horizon), rows).tolist(),
        "ahead": np.tile(np.arange(1, horizon + 1), rows * len(names)),
    }
    for name in ("answer", "low", "high"):
        columns[name] = fields[name].astype(np.float64).reshape(-1)
    return columns


def surprise(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """How many tokens a text has, and how well they were foretold."""
    tokens = (~np.isnan(fields["surprise"])).sum(axis=1)
    nats = fields["nll"].astype(np.float64)
    size = fields["size"][:, 0]
    return {
        "tokens": tokens,
        "bits_per_byte": nats / np.log(2) / np.maximum(size, 1),
        "nats": nats,
        "perplexity": np.exp(nats / np.maximum(tokens, 1)),
    }


def texts(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """The text that was written, and its score."""
    return {"answer": fields["answer"].tolist(), "score": fields["score"].astype(np.float64)}


def codes(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """The code's numbers, then each measure of how well an example fits."""
    columns: dict[str, Any] = {
        f"code_{place}": fields["code"][:, place].astype(np.float64)
        for place in range(fields["code"].shape[1])
    }
    columns |= {name: fields[name].astype(np.float64) for name in MEASURES if name in fields}
    return columns | {"unlike": fields["unlike"]}


def alarms(codec: Codec, fields: Arrays) -> dict[str, Any]:
    """Whether a row is unusual, at one false alarm in a hundred normal rows, and its score."""
    told = {"anomaly": fields["answer"] > 0, "score": fields["score"].astype(np.float64)}
    threshold = fields.get("threshold")
    return told if threshold is None else told | {"threshold": threshold.astype(np.float64)}


CHOICES = Told(choices, choice_names)
CODES = Told(codes, lambda spec: ["code_0", "unlike"])
TOLD: Mapping[str, Told] = {
    "anomaly": Told(alarms, lambda spec: ["anomaly", "score"]),
    "bits": CODES,
    "bytes": Told(surprise, lambda spec: ["tokens", "bits_per_byte", "nats", "perplexity"]),
    "category": CHOICES,
    "density": CODES,
    "future": Told(futures, lambda spec: ["series", "ahead", "answer", "low", "high"]),
    "labels": CHOICES,
    "number": Told(numbers, number_names),
    "text": Told(texts, lambda spec: ["answer", "score"]),
    "transcript": Told(texts, lambda spec: ["answer", "score"]),
    "values": CODES,
}

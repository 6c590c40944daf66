"""Prepared examples to the classical rivals' answers, computed in a process of their own."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fathom.baselines import Ahead, Rival, RivalRequest, Rivals, load_rivals, run_rivals
from fathom.baselines.scoring import HIGHER
from fathom.data.batches import encoded
from fathom.data.codecs import Codec, Stored
from fathom.data.codecs.around import AroundCodec
from fathom.data.codecs.audio import AudioCodec
from fathom.data.codecs.past import AheadCodec
from fathom.data.codecs.series import SeriesCodec
from fathom.data.fields import ROW, TARGET
from fathom.data.ragged import Ragged
from fathom.networks.coders import values
from fathom.train.feeds import text_of
from fathom.train.options import Clock
from fathom.train.prepare import Prepared

SHARE = 0.15
FOLDER = "rival"


def compete(folder: Path, prepared: Prepared, *, clock: Clock, seed: int, threads: int) -> Rivals:
    """Train the rivals within their share of the budget; the answers stay in `folder` for a
    resume.
    """
    place = folder / FOLDER
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return run_rivals(request(prepared, SHARE * clock.budget_s, seed, threads), place)


def kept(folder: Path) -> Rivals:
    """The answers of an earlier `compete`."""
    return load_rivals(folder / FOLDER)


def told(rivals: Rivals) -> str:
    """The rivals and what they reached on validation, in one line.

    Where all reached the same, as without an anomaly among the validation rows, no number is told.
    """
    reached = [
        f"{rival.title} ({rival.metric.replace('_', ' ')} {rival.value:.4g} on validation)"
        for rival in rivals.ranked
    ]
    if len(reached) > 1 and len({rival.value for rival in rivals.ranked}) == 1:
        reached = [f"{', '.join(r.title for r in rivals.ranked)} (equal on validation)"]
    said = f"rivals: {', '.join(reached)}" if reached else "no rival"
    return f"{said}. {rivals.failure}".strip() if rivals.failure else said


def across(folds: Sequence[Rivals]) -> Rivals:
    """The methods that finished in every fold, ranked by their mean on validation; their answers
    for the part "folds" follow each other fold by fold.
    """
    every = [{rival.name: rival for rival in one.ranked} for one in folds]
    shared = [name for name in every[0] if all(name in one for one in every)]
    ranked = [joined([one[name] for one in every]) for name in shared]
    ranked.sort(key=lambda rival: rival.value * (-1 if HIGHER[rival.metric] else 1))
    return Rivals(tuple(ranked), next((one.failure for one in folds if one.failure), ""))


def joined(rivals: Sequence[Rival]) -> Rival:
    """One method's answers of all folds; rows of the fold where it learned from the fewest."""
    least = min(rivals, key=lambda rival: rival.rows / max(1, rival.available))
    fields = {
        name: np.concatenate([rival.fields["test"][name] for rival in rivals])
        for name in rivals[0].fields["test"]
    }
    return replace(
        least,
        value=float(np.mean([rival.value for rival in rivals])),
        seconds=sum(rival.seconds for rival in rivals),
        fields={"folds": fields},
    )


def forget(folder: Path) -> None:
    """Remove the arrays; what counts is in predictions.parquet by now."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def request(prepared: Prepared, seconds: float, seed: int, threads: int) -> RivalRequest:
    """The same examples, codes and parts that the network gets."""
    inputs = prepared.examples.inputs
    pictures = [f.name for f in prepared.fields.inputs if f.codec.spec().kind == "image"]
    spec = prepared.fields.target.codec.spec()
    row = next((f for f in prepared.fields.inputs if f.name == ROW), None)
    every = np.arange(len(prepared.table))
    stored = encoded(prepared.examples.targets[TARGET], every)
    written = written_targets(prepared, every) if spec.kind in ("text", "transcript") else None
    return RivalRequest(
        kind=prepared.task.rivals or spec.kind,
        classes=len(spec.classes),
        target=prepared.units.asked(prepared.fields.target.codec, stored),
        train=prepared.rows("train"),
        valid=prepared.rows("valid"),
        test=prepared.rows("test"),
        row=numbers(inputs[ROW]) if row else None,
        levels=row.codec.spec().levels if row else (),
        **series(prepared),
        image=numbers(inputs[pictures[0]]) if pictures else None,
        **sounds(prepared),
        **watched(prepared),
        **coded(prepared),
        **texts(prepared, written),
        ahead=ahead(prepared.fields.target.codec),
        seconds=seconds,
        seed=seed,
        threads=threads,
    )


def ahead(codec: Codec) -> Ahead | None:
    """How far ahead a series is forecast, and what its errors are divided by."""
    if not isinstance(codec, AheadCodec):
        return None
    return Ahead(codec.horizon, codec.season, codec.first, codec.errors)


def written_targets(prepared: Prepared, rows: np.ndarray) -> list[str]:
    """The target texts of rows; of several references the first."""
    truth = prepared.truth(rows)
    first: list[str] = (truth[:, 0] if truth.ndim > 1 else truth).tolist()
    return first


def coded(prepared: Prepared) -> dict[str, Any]:
    """Of a task that keeps examples: the length of a code, and rows as they are kept."""
    if not prepared.task.coded:
        return {}
    code = prepared.fields.target.codec.spec().shape[-1]
    field = prepared.fields.inputs[0]
    if field.name != ROW:
        return {"code": code}
    stored = field.codec.prepare(
        {"value": torch.from_numpy(numbers(prepared.examples.inputs[ROW]))}
    )
    return {"code": code, "kept": values(stored["value"], field.codec.spec().levels).numpy()}


def numbers(stored: Stored) -> np.ndarray:
    """A stored field whose rows are of one size."""
    assert not isinstance(stored, Ragged)
    return stored.numpy()


def sounds(prepared: Prepared) -> dict[str, Any]:
    """The samples of the first sound field, as the network gets them."""
    for field in prepared.fields.inputs:
        stored = prepared.examples.inputs[field.name]
        if isinstance(stored, Ragged) and isinstance(field.codec, AudioCodec):
            flat = stored.flat.numpy()
            return {"waves": flat, "wave_offsets": stored.offsets, "rate": field.codec.rate}
    return {}


def watched(prepared: Prepared) -> dict[str, Any]:
    """The series whose odd rows are asked for, without gaps, and the length of a window."""
    for field in prepared.fields.inputs:
        if isinstance(field.codec, AroundCodec):
            series = field.codec.series(field.values(prepared.table))
            return {"watched": series, "code": field.codec.window}
    return {}


def series(prepared: Prepared) -> dict[str, Any]:
    """The first column of whole series as networks see it, and the lengths."""
    named = [f.name for f in prepared.fields.inputs if isinstance(f.codec, SeriesCodec)]
    if not named:
        return {}
    inputs, codec = prepared.examples.inputs, prepared.fields.codecs[named[0]]
    stored = {"value": inputs[named[0]], "length": inputs[f"{named[0]}_length"]}
    seen = codec.prepare({n: one for n, one in stored.items() if not isinstance(one, Ragged)})
    return {"series": seen["value"].numpy(), "length": seen["length"].numpy()}


def texts(prepared: Prepared, written: list[str] | None) -> dict[str, Any]:
    """The texts of the inputs as they are, those to be written, and the tokens of the one that is
    foretold.
    """
    fields = [f for f in prepared.fields.inputs if f.codec.spec().kind == "text"]
    raw = {f.name: prepared.table[f.columns[0]].series.fill_null("").to_list() for f in fields}
    if written is not None:
        raw[TARGET] = written
    name = prepared.task.windows
    if not name:
        return {"texts": raw}
    stored = text_of(prepared)
    return {
        "texts": raw,
        "tokens": stored.flat.numpy(),
        "offsets": stored.offsets,
        "vocabulary": prepared.fields.specs[name].levels[0],
        "running": bool(stored.history),
    }

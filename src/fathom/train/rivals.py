"""Prepared examples to the classical rivals' answers, computed in a process of their own."""

import shutil
from pathlib import Path

import numpy as np

from fathom.baselines import RivalRequest, Rivals, load_rivals, run_rivals
from fathom.data.fields import ROW
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


def forget(folder: Path) -> None:
    """Remove the arrays; what counts is in predictions.parquet by now."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def request(prepared: Prepared, seconds: float, seed: int, threads: int) -> RivalRequest:
    """The same examples, codes and parts that the network gets."""
    inputs = prepared.examples.inputs
    pictures = [f.name for f in prepared.fields.inputs if f.codec.spec().kind == "image"]
    spec = prepared.fields.target.codec.spec()
    row = next((f for f in prepared.fields.inputs if f.name == ROW), None)
    return RivalRequest(
        kind=spec.kind,
        classes=len(spec.classes),
        target=prepared.truth(np.arange(len(prepared.table))),
        train=prepared.rows("train"),
        valid=prepared.rows("valid"),
        test=prepared.rows("test"),
        row=inputs[ROW].numpy() if row else None,
        levels=row.codec.spec().levels if row else (),
        image=inputs[pictures[0]].numpy() if pictures else None,
        seconds=seconds,
        seed=seed,
        threads=threads,
    )

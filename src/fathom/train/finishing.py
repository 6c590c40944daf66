"""Trained weights to a finished run: calibrate, answer the held-out rows once, judge, report,
seal.
"""

import platform
import resource
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from fathom.baselines import Rival, Rivals
from fathom.data.fields import TARGET
from fathom.data.units import Arrays
from fathom.evaluate import HeldOut, evaluate
from fathom.evaluate.mixture import mix
from fathom.evaluate.resampling import stretches
from fathom.folders import seal
from fathom.members import predicted
from fathom.objectives import Objective
from fathom.recipe import Recipe
from fathom.run_folder import PREDICTIONS, REPORT, WEIGHTS, write_json
from fathom.train.codes import read_out
from fathom.train.listener import Listener
from fathom.train.looping import CHECKPOINTS
from fathom.train.options import Clock
from fathom.train.prepare import Prepared
from fathom.train.rivals import forget
from fathom.train.sampling import Outside, judge_samples
from fathom.train.storytelling import tell_story
from fathom.weights import save_weights

LIBRARIES = ("torch", "numpy", "polars", "pillow", "scikit-learn", "safetensors")
AT_ONCE = 512
CLOSER = 500  # rows of the judged part

Judge = Callable[
    [Recipe, Objective, Prepared, Rivals, Outside], tuple[pl.DataFrame, dict[str, Any]]
]


def finish(
    folder: Path,
    recipe: Recipe,
    objective: Objective,
    prepared: Prepared,
    rivals: Rivals,
    clock: Clock,
    listener: Listener,
) -> dict[str, Any]:
    """Write everything that makes the folder a run, the manifest last; returns the report."""
    settle(objective, prepared)
    save_weights(folder / WEIGHTS, objective)
    judge = JUDGES[prepared.task.judging]
    frame, report = judge(recipe, objective, prepared, rivals, Outside(clock, listener))
    frame.write_parquet(folder / PREDICTIONS)
    report |= facts(recipe, objective, prepared, clock)
    own = (asdict(check) for check in objective.checks())
    report["checks"] = [*report.get("checks", ()), *own]
    write_json(folder / REPORT, report)
    tell_story(folder, recipe, prepared, report, objective)
    seal(folder, {"format": 1})
    # Only a sealed run may lose what a resume would need.
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    forget(folder)
    return report


def judge_answers(
    recipe: Recipe, objective: Objective, prepared: Prepared, rivals: Rivals, outside: Outside
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The held-out rows answered once: predictions.parquet and the result."""
    outputs = {
        part: {
            name: value.numpy()
            for name, value in predicted(objective, prepared.examples, prepared.rows(part)).items()
        }
        for part in ("valid", "test")
    }
    look_closer(objective, prepared, outputs)
    report = measured(recipe, prepared, outputs, rivals) | objective.found()
    return predictions(prepared, outputs, rivals), report


JUDGES: Mapping[str, Judge] = {"answers": judge_answers, "samples": judge_samples}
"""How a trained network is judged, by `Task.judging`."""


def look_closer(objective: Objective, prepared: Prepared, outputs: dict[str, Any]) -> None:
    """Add what is asked of some rows of the judged part, evenly spread; nan for all others."""
    part = "test" if len(prepared.rows("test")) else "valid"
    rows = prepared.rows(part)
    some = np.unique(np.linspace(0, len(rows) - 1, min(CLOSER, len(rows))).round().astype(int))
    with torch.inference_mode():
        for start in range(0, len(some), AT_ONCE):
            places = some[start : start + AT_ONCE]
            batch = prepared.examples.batch(rows[places], torch.device("cpu"))
            for name, value in objective.closer(dict(batch.inputs)).items():
                filled = outputs[part].setdefault(name, np.full(len(rows), np.nan))
                filled[places] = value.numpy()


def settle(objective: Objective, prepared: Prepared) -> None:
    """Set what depends on validation: temperature, interval widths, the novelty threshold."""
    examples = prepared.examples
    with torch.no_grad():
        objective.calibrate(examples.rows(prepared.rows("valid"), AT_ONCE))
        objective.remember(
            examples.rows(prepared.rows("train"), AT_ONCE),
            examples.rows(prepared.rows("valid"), AT_ONCE),
        )


def measured(
    recipe: Recipe, prepared: Prepared, outputs: dict[str, Any], rivals: Rivals
) -> dict[str, Any]:
    """Metrics, rival, difference and verdict on the test part, in the user's unit."""
    spec = prepared.fields.target.codec.spec()
    part = "test" if len(prepared.rows("test")) else "valid"
    truth = prepared.truth(prepared.rows(part))
    report = evaluate(
        truth,
        prepared.in_units(outputs[part]),
        rivals.ranked,
        kind=spec.kind,
        classes=spec.classes,
        metric=prepared.task.headline,
        split=part,
        groups=groups(prepared, part),
        items=items(prepared),
        seed=recipe.seed,
    )
    partner = next((r for r in rivals.ranked if "surprise" in r.fields[part]), None)
    if partner is not None:
        report["mixture"] = mixed(truth, outputs, partner, part, seed=recipe.seed)
    if "code" in outputs[part]:
        found = read_out(prepared, outputs, rivals, part, recipe.seed)
        report |= {"probe": found} if found else {}
    return report


def mixed(
    truth: np.ndarray, outputs: dict[str, Any], rival: Rival, part: str, *, seed: int
) -> dict[str, Any]:
    """What network and rival reach together, token by token: beside the headline, never in it."""
    mixture = mix(outputs, rival.fields, part)
    held_out = HeldOut.of("bytes", truth, split=part, seed=seed)
    return {
        "with": rival.name,
        "share": round(mixture.share, 4),
        "metrics": held_out.measured({"nll": mixture.nll}),
    }


def groups(prepared: Prepared, part: str) -> np.ndarray | None:
    """Rows of a series that are resampled together; None where rows have no order."""
    if prepared.table.rhythm is None:
        return None
    return stretches(prepared.rows(part), prepared.horizon)


def items(prepared: Prepared) -> str:
    """What examples are called."""
    if prepared.horizon is not None:
        return "forecasts"
    kinds = {spec.kind for spec in prepared.input_specs.values()}
    return "pictures" if "image" in kinds else "sounds" if "audio" in kinds else "rows"


def predictions(prepared: Prepared, outputs: dict[str, Any], rivals: Rivals) -> pl.DataFrame:
    """One line a validation or test row: truth, the network's answer, the rival's."""
    frames = []
    for part in ("valid", "test"):
        best = rivals.ranked[0].fields[part] if rivals.ranked else {}
        if len(prepared.rows(part)):
            frames.append(lines(prepared, part, prepared.in_units(outputs[part]), best))
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def lines(prepared: Prepared, part: str, answers: Arrays, rival: Arrays) -> pl.DataFrame:
    """The rows of a part: truth, the network's answers in the user's units, the rival's."""
    rows = prepared.rows(part)
    columns: dict[str, Any] = {
        "row": rows,
        "part": [part] * len(rows),
        "origin": [prepared.table.origin(int(row)) for row in rows],
        **prepared.columns({"truth": prepared.truth(rows)}),
        **prepared.columns(answers),
        **{f"rival_{name}": value for name, value in prepared.columns(rival).items()},
    }
    return pl.DataFrame(columns)


def facts(recipe: Recipe, networks: nn.Module, prepared: Prepared, clock: Clock) -> dict[str, Any]:
    """What it cost, and everything that identifies the run."""
    training = recipe.training
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
    return {
        "task": recipe.task,
        "family": recipe.family,
        "cost": {
            "seconds": round(clock.spent_s, 1),
            "updates": recipe.folds * training.updates,
            "examples": recipe.folds * training.updates * training.batch,
            "parameters": sum(p.numel() for p in networks.parameters()),
            "peak_memory_mb": round(peak, 1),
        },
        "seed": recipe.seed,
        "versions": {
            "fathom": version("fathom-dl"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "data": recipe.data.model_dump(),
        "findings": [asdict(finding) for finding in prepared.findings],
        "fields": [TARGET, *[field.name for field in prepared.fields.inputs]],
    }

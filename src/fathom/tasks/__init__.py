"""Table of contents of the questions fathom answers: one file a task."""

from collections.abc import Mapping

from fathom.recipe import Task
from fathom.tasks import (
    anomaly,
    classification,
    compression,
    forecasting,
    generation,
    language,
    regression,
    series_anomaly,
    summarisation,
    transcription,
    translation,
)

TASKS: Mapping[str, Task] = {
    "anomaly": anomaly.TASK,
    "classification": classification.TASK,
    "compression": compression.TASK,
    "forecasting": forecasting.TASK,
    "generation": generation.TASK,
    "language": language.TASK,
    "regression": regression.TASK,
    "series_anomaly": series_anomaly.TASK,
    "summarisation": summarisation.TASK,
    "transcription": transcription.TASK,
    "translation": translation.TASK,
}


def task_of(family: str | None) -> str | None:
    """The question of a family that says what is learnt; of several the one without a target."""
    asked = [name for name, task in TASKS.items() if family in task.families]
    free = [name for name in asked if not TASKS[name].labelled]
    return next(iter(free or asked), None)

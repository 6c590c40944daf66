"""Table of contents of the questions fathom answers: one file a task."""

from collections.abc import Mapping

from fathom.recipe import Task
from fathom.tasks import (
    anomaly,
    classification,
    compression,
    forecasting,
    language,
    regression,
    summarisation,
    transcription,
    translation,
)

TASKS: Mapping[str, Task] = {
    "anomaly": anomaly.TASK,
    "classification": classification.TASK,
    "compression": compression.TASK,
    "forecasting": forecasting.TASK,
    "language": language.TASK,
    "regression": regression.TASK,
    "summarisation": summarisation.TASK,
    "transcription": transcription.TASK,
    "translation": translation.TASK,
}

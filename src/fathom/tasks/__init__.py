"""Table of contents of the questions fathom answers: one file a task."""

from collections.abc import Mapping

from fathom.recipe import Task
from fathom.tasks import (
    classification,
    language,
    regression,
    summarisation,
    transcription,
    translation,
)

TASKS: Mapping[str, Task] = {
    "classification": classification.TASK,
    "language": language.TASK,
    "regression": regression.TASK,
    "summarisation": summarisation.TASK,
    "transcription": transcription.TASK,
    "translation": translation.TASK,
}

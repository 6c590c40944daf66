"""Table of contents of the questions fathom answers: one file a task."""

from collections.abc import Mapping

from fathom.recipe import Task
from fathom.tasks import anomaly, classification, compression, language, regression, translation

TASKS: Mapping[str, Task] = {
    "anomaly": anomaly.TASK,
    "classification": classification.TASK,
    "compression": compression.TASK,
    "language": language.TASK,
    "regression": regression.TASK,
    "translation": translation.TASK,
}

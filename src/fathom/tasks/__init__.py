"""Table of contents of the questions fathom answers: one file a task."""

from collections.abc import Mapping

from fathom.recipe import Task
from fathom.tasks import classification, regression

TASKS: Mapping[str, Task] = {
    "classification": classification.TASK,
    "regression": regression.TASK,
}

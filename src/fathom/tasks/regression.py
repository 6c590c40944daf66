"""Which number, or numbers, does an example have?"""

from collections.abc import Mapping

import numpy as np

from fathom.data.codecs.number import NumbersCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.objectives import Objective
from fathom.objectives.regression import Regression
from fathom.objectives.wide import WideRegression
from fathom.recipe import Recipe, Task, joined, mirrored, skip
from fathom.spec import Spec
from fathom.tasks.inputs import input_fields


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """Inputs, and all target columns as numbers."""
    codec = NumbersCodec.fit([table[name].take(train) for name in targets])
    inputs = input_fields(table, train, targets, limits, outputs=len(targets))
    return Fields(inputs, Field(TARGET, targets, codec, together=True))


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """Squared error of R numbers."""
    numbers = specs[TARGET].shape[0]
    join, flipped = joined(recipe, specs), mirrored(recipe, specs)
    beside = skip(recipe, specs, numbers)
    if beside is None:
        return Regression(join, numbers, mirrored=flipped)
    return WideRegression(join, numbers, beside, mirrored=flipped)


TASK = Task(
    name="regression",
    question="Which number?",
    accepts=("number", "category", "date", "image", "audio", "series", "text"),
    metrics=("rmse", "mae", "r2", "coverage"),
    fields=fields,
    build=build,
)

"""Which number, or numbers, does an example have?"""

import numpy as np

from fathom.data.codecs.number import NumbersCodec
from fathom.data.fields import TARGET, Field, Fields
from fathom.data.table import Table
from fathom.networks.join import Join
from fathom.objectives import Objective
from fathom.objectives.regression import Regression
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.inputs import input_fields


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], side_limit: int, known: np.ndarray
) -> Fields:
    """Inputs, and all target columns as numbers."""
    codec = NumbersCodec.fit([table[name].take(train) for name in targets])
    inputs = input_fields(table, train, targets, side_limit)
    return Fields(inputs, Field(TARGET, targets, codec, together=True))


def objective(recipe: Recipe, join: Join, target: Spec) -> Objective:
    """Squared error of R numbers."""
    mirrored = [f for f in recipe.network if recipe.objective.get("mirror") and f != "row"]
    return Regression(join, target.shape[0], mirrored=mirrored)


TASK = Task(
    name="regression",
    question="Which number?",
    accepts=("number", "category", "date", "image"),
    metrics=("rmse", "mae", "r2", "coverage"),
    fields=fields,
    objective=objective,
)

"""Which class, or which labels, does an example have?"""

from collections.abc import Mapping

import numpy as np

from fathom.data.codecs.labels import ClassCodec, LabelsCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.label_sets import separator_of
from fathom.data.media import Media
from fathom.data.table import Column, Table
from fathom.errors import DataError
from fathom.objectives import Objective
from fathom.objectives.classification import Classification, Labels
from fathom.objectives.wide import WideClassification, WideLabels
from fathom.recipe import Recipe, Task, joined, mirrored, skip
from fathom.spec import Spec
from fathom.tasks.inputs import input_fields

SHOWN = 8  # labels


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """Inputs, and one class column; as labels several yes-or-no columns, or one of joined names."""
    columns = [table[name].take(known) for name in targets]
    if len(columns) > 1 or joins_labels(columns[0]):
        labels = LabelsCodec.fit(columns)
        inputs = input_fields(table, train, targets, limits, outputs=len(labels.spec().classes))
        return Fields(inputs, Field(TARGET, targets, labels, together=True))
    values = columns[0].values
    if isinstance(values, Media):
        raise DataError(
            f"The target {targets[0]!r} holds {values.noun}s.", remedy="Name another --target."
        )
    codec = ClassCodec.fit(values)
    inputs = input_fields(table, train, targets, limits, outputs=len(codec.spec().classes))
    return Fields(inputs, Field(TARGET, targets, codec, together=False))


def joins_labels(column: Column) -> bool:
    """Whether the cells of a column hold several labels each."""
    return not isinstance(column.values, Media) and separator_of(column.values) is not None


def told(own: Fields) -> tuple[str, ...]:
    """That the cells of the target were taken apart."""
    codec = own.target.codec
    if not isinstance(codec, LabelsCodec) or not codec.separator:
        return ()
    listed = ", ".join(codec.classes[:SHOWN]) + (", ..." if len(codec.classes) > SHOWN else "")
    return (
        f"{codec.column} holds {len(codec.classes):,} labels joined by {codec.separator!r} "
        f"({listed}); any number of them is answered",
    )


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """Cross-entropy over K classes, or K yes-or-no labels."""
    target, constants = specs[TARGET], recipe.objective
    classes = len(target.classes)
    smoothing = constants.get("label_smoothing", 0.0)
    join, flipped = joined(recipe, specs), mirrored(recipe, specs)
    beside = skip(recipe, specs, classes)
    if beside is None:
        made = Labels if target.kind == "labels" else Classification
        return made(join, classes, label_smoothing=smoothing, mirrored=flipped)
    wide = WideLabels if target.kind == "labels" else WideClassification
    return wide(join, classes, beside, label_smoothing=smoothing, mirrored=flipped)


TASK = Task(
    name="classification",
    question="Which class?",
    accepts=("number", "category", "date", "image", "audio", "series", "text"),
    metrics=(
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "auc",
        "log_loss",
        "expected_calibration_error",
    ),
    told=told,
    fields=fields,
    build=build,
    classed=True,
)

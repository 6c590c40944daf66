"""Which examples do not belong?"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.codecs.category import as_names
from fathom.data.codecs.normal import NormalCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.errors import DataError, OptionError
from fathom.networks.coders import values_of
from fathom.objectives import Objective
from fathom.objectives.anomaly import Anomaly
from fathom.recipe import Recipe
from fathom.spec import Spec
from fathom.tasks import compression

# A longer code writes odd pictures well, too: with 64 numbers .951 instead of .959, digits 3 and 8.
PICTURE_CODE = 16
DAMAGE = 0.1  # of the values are hidden while an autoencoder learns


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """What is kept, as in compression, and whether a row is normal."""
    if len(targets) != 1:
        raise OptionError(
            "Anomalies are judged by one column that says which rows are normal.",
            where=str(table.path),
            found=", ".join(targets) or "no such column",
            remedy="Name it with --target COLUMN.",
        )
    kept = compression.kept_field(table, train, targets, limits)
    spec = kept.codec.spec()
    normal = limits.normal or most_frequent(table[targets[0]].take(known).series)
    code = compression.length(spec, limits, len(train))
    if spec.kind == "image" and not limits.code:
        code = min(code, PICTURE_CODE)
    codec = NormalCodec(normal, values_of(spec), code)
    return Fields((kept,), Field(TARGET, targets, codec, together=False))


def most_frequent(values: pl.Series) -> str:
    """The value that most rows have."""
    names = as_names(values).drop_nulls()
    return str(names.value_counts(sort=True)[0, 0])


def trained_on(
    table: Table, train: np.ndarray, targets: tuple[str, ...], normal: str
) -> np.ndarray:
    """The training rows that are normal."""
    names = as_names(table[targets[0]].take(train).series)
    clean = (names == normal).fill_null(False).to_numpy()
    if not clean.any():
        known = names.drop_nulls().unique().sort().to_list()
        raise DataError(
            f"No training row has the value {normal!r} in {targets[0]!r}.",
            where=str(table.path),
            found=", ".join(map(str, known[:10])),
            remedy="Name one of these with --normal VALUE.",
        )
    return np.asarray(train[clean])


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """What the family learns, and how far from it an example is."""
    damaged = recipe.model_copy(update={"objective": {"damage": DAMAGE, **recipe.objective}})
    pictures = any(spec.kind == "image" for spec in specs.values())
    return Anomaly(compression.FAMILIES[recipe.family](damaged, specs), relative=pictures)


TASK = replace(
    compression.TASK,
    name="anomaly",
    question="Which examples do not belong?",
    metrics=("auc", "average_precision"),
    fields=fields,
    build=build,
    labelled=True,
    apart=True,
    normal=trained_on,
)

"""What is left of an example when it must be said in a few numbers?"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from fathom.data.codecs import Codec
from fathom.data.codecs.amount import AmountCodec, Measure
from fathom.data.fields import ROW, TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.errors import DataError, OptionError
from fathom.networks.coders import Coder, usual_code, values_of
from fathom.networks.registry import CODERS
from fathom.objectives import Objective
from fathom.objectives.autoencoder import Autoencoder, Coding
from fathom.objectives.vae import Variational
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.inputs import input_fields
from fathom.tasks.painting import no_smaller

# Numbers of a code that a VAE does not use are noise to its synthesis: after 400 updates on digits
# 120.4 nats with 126 numbers, 108.6 with 40.
PROBABLE_CODE = 40
MOST_SIDE = 64  # pixels; all of them are written at once


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The pictures, or else the row, to be kept, and how many values that are."""
    kept = kept_field(table, train, targets, limits)
    spec = kept.codec.spec()
    amount = AmountCodec(
        values_of(spec), length(spec, limits, len(train)), measure=measure(kept, limits)
    )
    return Fields((kept,), Field(TARGET, kept.columns, amount, together=kept.together))


def length(spec: Spec, limits: Limits, examples: int) -> int:
    """Numbers of the code: as asked for, or as examples and values allow."""
    values = values_of(spec)
    if limits.code >= values > 1:
        raise OptionError(
            "A code as long as the example keeps everything and learns nothing.",
            found=f"--code {limits.code} for {values:,} values",
            remedy=f"Ask for at most {values - 1:,}, or leave --code out.",
        )
    usual = usual_code(spec, examples)
    return limits.code or (min(usual, PROBABLE_CODE) if limits.family == "vae" else usual)


def measure(kept: Field, limits: Limits) -> Measure:
    """What the family asked for is judged by."""
    if limits.family != "vae":
        return "values"
    binary = any(limits.kinds.get(column) == "binary" for column in kept.columns)
    return "bits" if binary else "density"


def kept_field(table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits) -> Field:
    """The one field of pictures, their pixels between 0 and 1, or else the row."""
    plain = replace(table, columns=tuple(column for column in table if column.kind != "text"))
    small = replace(limits, picture_side=min(limits.picture_side, MOST_SIDE))
    every = input_fields(plain, train, targets, small, outputs=1)
    pictures = [field for field in every if field.codec.spec().kind == "image"]
    if len(pictures) > 1:
        raise DataError(
            "There are several columns of pictures; one is kept at a time.",
            where=str(table.path),
            found=", ".join(field.columns[0] for field in pictures),
            remedy="Name those to leave out as targets: --target COLUMN.",
        )
    if pictures:
        return replace(pictures[0], codec=zero_to_one(pictures[0].codec))
    return next(field for field in every if field.name == ROW)


def zero_to_one(codec: Codec) -> Codec:
    """The same pictures with their pixels between 0 and 1."""
    large = no_smaller(codec)
    return replace(large, mean=(0.0,) * large.channels, std=(255.0,) * large.channels)


def coder_of(recipe: Recipe, specs: Mapping[str, Spec]) -> tuple[str, Coder]:
    """The field that is kept, and its untrained coder."""
    field, network = next(iter(recipe.network.items()))
    coder = CODERS[network][specs[field].kind].build(specs[field], recipe.size[field])
    assert isinstance(coder, Coder)
    return field, coder


def autoencoder(recipe: Recipe, specs: Mapping[str, Spec]) -> Coding:
    """What keeps examples as they are."""
    field, coder = coder_of(recipe, specs)
    damage = recipe.objective.get("damage", 0.0)
    return Autoencoder(coder, field=field, bounded=specs[field].kind == "image", damage=damage)


def vae(recipe: Recipe, specs: Mapping[str, Spec]) -> Coding:
    """What keeps examples and draws new ones."""
    field, coder = coder_of(recipe, specs)
    pictures = specs[field].kind == "image"
    free = recipe.objective.get("free_nats", 0.0)
    binary = specs[TARGET].kind == "bits"
    return Variational(coder, field=field, binary=binary, bounded=pictures, free=free)


FAMILIES: Mapping[str, Callable[[Recipe, Mapping[str, Spec]], Coding]] = {
    "autoencoder": autoencoder,
    "vae": vae,
}


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """What the family learns."""
    return FAMILIES[recipe.family](recipe, specs)


TASK = Task(
    name="compression",
    question="What is left of it in a few numbers?",
    accepts=("number", "category", "date", "image", "binary"),
    metrics=("mse", "elbo_nats", "nll_nats"),
    fields=fields,
    build=build,
    families=dict.fromkeys(FAMILIES, CODERS),
    coded=True,
    labelled=False,
)

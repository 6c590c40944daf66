"""Draw new pictures, sounds or rows like those of the data, by class where there are classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor, nn

from fathom.data.batches import Examples
from fathom.data.codecs.drawn import drawable
from fathom.data.codecs.record import KINDS, RecordCodec
from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.data.codecs.wish import WishCodec
from fathom.data.fields import ROW, TARGET, Field, Fields, Limits
from fathom.data.table import Column, Table
from fathom.errors import DataError, OptionError
from fathom.networks import Backbone
from fathom.networks.duel import Duel
from fathom.networks.registry import GENERATORS
from fathom.objectives import Objective
from fathom.objectives.diffusion import Diffusion, Drawing
from fathom.objectives.gan import Gan
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.inputs import field_name, picture_field, sounds_of
from fathom.tasks.painting import no_smaller

SIDE, LARGER = 32, 64  # of large pictures: what is drawn, in a few minutes and in more
ENOUGH_S = 900
FEWEST, MOST = 64, 2000
JUDGED_SHARE = 0.08
SCARCE = 200
BLOCK = 256  # examples compared at once
STEPS = 13  # 25 looks of the network


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The pictures, sounds or rows, and the classes they are drawn by; none where there are none.

    Of a table that holds several, the first column of pictures or sounds is drawn; where there are
    none, all columns of numbers and categories are, as one row.
    """
    if len(targets) > 1:
        raise OptionError(
            "Examples are drawn by one column of classes.",
            found=", ".join(targets),
            remedy="Name one --target.",
        )
    asked = {name for name in targets if table[name].kind in KINDS}
    columns = [column for column in table if column.kind in DRAWN and column.name not in asked]
    lead = min(columns, key=lambda column: column.kind in KINDS)
    shown = DRAWN[lead.kind]([lead, *(one for one in columns if one is not lead)], train, limits)
    if not targets:
        return Fields((shown,), Field(TARGET, (lead.name,), WishCodec(), together=False))
    wish = WishCodec.fit(table[targets[0]].take(known).values)
    return Fields((shown,), Field(TARGET, targets, wish, together=False))


def pictures(columns: Sequence[Column], train: np.ndarray, limits: Limits) -> Field:
    """The first column, of pictures, small enough for the budget."""
    column = columns[0]
    side = min(limits.picture_side, LARGER if limits.seconds >= ENOUGH_S else SIDE)
    field = picture_field(column, train, side)
    return replace(field, codec=no_smaller(field.codec))


def clips(columns: Sequence[Column], train: np.ndarray, limits: Limits) -> Field:
    """The first column, of sounds, as pictures of what sounds when."""
    column = columns[0]
    codec = SpectrumCodec.fit(sounds_of(column, train))
    return Field(field_name(column, "sound"), (column.name,), codec, together=False)


def records(columns: Sequence[Column], train: np.ndarray, limits: Limits) -> Field:
    """All columns, of numbers and categories, as one row; in the order of the data."""
    codec = RecordCodec.fit([column.take(train) for column in columns])
    return Field(ROW, tuple(column.name for column in columns), codec, together=True)


DRAWN: Mapping[str, Callable[[Sequence[Column], np.ndarray, Limits], Field]] = {
    "audio": clips,
    "category": records,
    "image": pictures,
    "number": records,
}
"""What can be drawn, by kind of the column."""


def told(own: Fields) -> tuple[str, ...]:
    """What drawing the examples leaves out or puts together."""
    return drawable(own.inputs[0].codec).told()


def unlearnable(examples: Examples) -> dict[int, str]:
    """No row; raises DataError where all are one example."""
    ((name, stored),) = examples.inputs.items()
    assert isinstance(stored, Tensor)
    if all(bool((part == stored[0]).all()) for part in stored.split(BLOCK)):
        items = drawable(examples.codecs[name]).items
        raise DataError(
            f"All {len(stored):,} {items} are equal, so there is nothing to learn to draw.",
            remedy=f"Bring {items} that differ.",
        )
    return {}


def diffusion(recipe: Recipe, network: nn.Module, name: str, spec: Spec, classes: int) -> Objective:
    """A network that tells noise from pictures."""
    assert isinstance(network, Backbone)
    drawing = Drawing(steps=round(recipe.decoding["steps"]), guidance=recipe.decoding["guidance"])
    return Diffusion(network, field=name, shape=spec.shape, classes=classes, drawing=drawing)


def gan(recipe: Recipe, network: nn.Module, name: str, spec: Spec, classes: int) -> Objective:
    """A network that draws against one that judges."""
    assert isinstance(network, Duel)
    return Gan(network, field=name, shape=spec.shape, classes=classes)


OBJECTIVES: Mapping[str, Callable[[Recipe, nn.Module, str, Spec, int], Objective]] = {
    "diffusion": diffusion,
    "gan": gan,
}
"""What is learnt, by family."""


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """The network of the family and what it learns."""
    ((name, drawer),) = recipe.network.items()
    spec = specs[name]
    network = GENERATORS[recipe.family][drawer][spec.kind].build(spec, recipe.size[name])
    return OBJECTIVES[recipe.family](recipe, network, name, spec, len(specs[TARGET].classes))


def decoding(seconds: float) -> dict[str, float]:
    """Samples are judged without guidance: it makes them more typical and less varied."""
    return {"steps": STEPS, "guidance": 1.0}


def judged(budget_s: float, answer_s: float, rows: int) -> dict[str, float]:
    """As many samples as fit into their share of the budget, no more than there is to compare."""
    fitting = int(JUDGED_SHARE * budget_s / max(answer_s, 1e-9))
    return {"judged": min(rows, MOST, max(FEWEST, fitting))}


TASK = Task(
    name="generation",
    question="What would new ones be like?",
    accepts=("audio", "category", "image", "number"),
    metrics=("kid", "coverage_k", "density", "label_agreement", "memorisation"),
    fields=fields,
    build=build,
    families=GENERATORS,
    decoding=decoding,
    told=told,
    judging="samples",
    whole=True,
    classed=True,
    scarce=SCARCE,
    unlearnable=unlearnable,
    judged=judged,
)

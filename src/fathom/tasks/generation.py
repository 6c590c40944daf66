"""Draw new pictures like those of the data, by class where there are classes."""

from collections.abc import Mapping

import numpy as np

from fathom.data.codecs.wish import WishCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.errors import OptionError
from fathom.networks import Backbone
from fathom.networks.registry import GENERATORS
from fathom.objectives import Objective
from fathom.objectives.diffusion import Diffusion, Drawing
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.inputs import picture_field

SIDE, LARGER = 32, 64  # of large pictures: what is drawn, in a few minutes and in more
ENOUGH_S = 900
FEWEST, MOST = 64, 2000
JUDGED_SHARE = 0.08
STEPS = 18


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The pictures, and the classes they are drawn by; none where pictures are all there is."""
    if len(targets) > 1:
        raise OptionError(
            "Pictures are drawn by one column of classes.",
            found=", ".join(targets),
            remedy="Name one --target.",
        )
    pictures = [column for column in table if column.kind == "image"]
    side = min(limits.picture_side, LARGER if limits.seconds >= ENOUGH_S else SIDE)
    shown = picture_field(pictures[0], train, side)
    wish = WishCodec.fit(table[targets[0]].take(known).values)
    return Fields((shown,), Field(TARGET, targets, wish, together=False))


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """A network that tells noise from pictures."""
    ((name, family),) = recipe.network.items()
    spec = specs[name]
    network = GENERATORS[family][spec.kind].build(spec, recipe.size[name])
    assert isinstance(network, Backbone)
    return Diffusion(
        network,
        field=name,
        shape=spec.shape,
        classes=len(specs[TARGET].classes),
        drawing=Drawing(
            steps=round(recipe.decoding["steps"]), guidance=recipe.decoding["guidance"]
        ),
    )


def decoding(seconds: float) -> dict[str, float]:
    """Samples are judged without guidance: it makes them more typical and less varied."""
    return {"steps": STEPS, "guidance": 1.0}


def judged(budget_s: float, answer_s: float, rows: int) -> dict[str, float]:
    """As many samples as fit into their share of the budget, no more than there is to compare."""
    fitting = int(JUDGED_SHARE * budget_s / max(answer_s, 1e-9))
    return {"judged": min(rows, MOST, max(FEWEST, fitting))}


TASK = Task(
    name="generation",
    question="What do such pictures look like?",
    accepts=("image",),
    metrics=("kid", "coverage_k", "density", "label_agreement", "memorisation"),
    fields=fields,
    build=build,
    families=GENERATORS,
    decoding=decoding,
    judging="samples",
    judged=judged,
)

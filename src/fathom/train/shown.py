"""The judged samples of a run to those that its report shows."""

import numpy as np
import polars as pl

from fathom.data.batches import taken
from fathom.data.codecs.drawn import drawable
from fathom.explain import Drawing
from fathom.objectives import Objective
from fathom.train.prepare import Prepared
from fathom.train.sampling import samples

SHOWN = 32


def drawings(objective: Objective, prepared: Prepared, frame: pl.DataFrame) -> tuple[Drawing, ...]:
    """The first judged samples again, each with its nearest training one; nothing of rows, which
    are listed, nor of a run that draws nothing.
    """
    if "ratio" not in frame.columns:
        return ()
    shown, some = prepared.fields.inputs[0], frame.head(SHOWN).to_dicts()
    rows = np.array([one["nearest"] for one in some])
    stored = taken({shown.name: prepared.examples.inputs[shown.name]}, rows)[shown.name].numpy()
    codec = drawable(shown.codec)
    if codec.listed(stored).columns:
        return ()
    places = {name: place for place, name in enumerate(prepared.classes, 1)}
    wish = np.array([places.get(one["wish"], 0) for one in some])
    return tuple(
        Drawing(
            picture,
            near,
            prepared.table.origin(int(one["nearest"])),
            float(one["ratio"]),
            one["wish"] or "",
            one["seen"] or "",
            codec.like,
        )
        for picture, near, one in zip(samples(objective, prepared, wish), stored, some, strict=True)
    )

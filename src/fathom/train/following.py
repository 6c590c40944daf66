"""A trained forecaster and its data to what it says will follow them, for the report."""

import numpy as np

from fathom.answering import ahead_of, followed
from fathom.data.batches import Examples
from fathom.explain.story import Following
from fathom.members import predicted
from fathom.objectives import Objective
from fathom.train.prepare import Prepared

BEFORE = 2  # horizons of the past that are shown
SERIES = 3


def following(objective: Objective, prepared: Prepared) -> tuple[Following, ...]:
    """The forecast from the end of the data on, of the first series, each after its latest past."""
    table, fields = followed(prepared.table), prepared.fields
    examples = Examples(fields.encode_inputs(table), {}, fields.codecs)
    found = predicted(objective, examples, np.array([len(table) - 1]))
    told = prepared.in_units({name: value.numpy() for name, value in found.items()})
    horizon = told["answer"].shape[2]
    dates = ahead_of(prepared.table)
    names = fields.target.codec.spec().classes
    past = {name: table[name].series[:-1].tail(BEFORE * horizon) for name in names[:SERIES]}
    return tuple(
        Following(
            name if len(names) > 1 else "",
            f"{dates[0]} to {dates[-1]}",
            tuple(past[name].fill_null(float("nan")).to_list()),
            *(tuple(told[part][0, place].tolist()) for part in ("answer", "low", "high")),
        )
        for place, name in enumerate(names[:SERIES])
    )

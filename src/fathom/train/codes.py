"""A trained coder and its held-out codes to: what a linear reader tells from them, and examples
beside what their codes tell.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import torch

from fathom.baselines import Rivals
from fathom.data.codecs.category import as_names
from fathom.data.pictures import Pictures
from fathom.evaluate.probe import probe
from fathom.explain.story import Kept
from fathom.objectives.autoencoder import Coding
from fathom.train.prepare import Prepared

SHOWN = 12
MOST_CLASSES = 100
EACH = 5  # validation rows of a class: fewer teach a reader nothing


def read_out(
    prepared: Prepared, outputs: Mapping[str, Any], rivals: Rivals, part: str, seed: int
) -> dict[str, Any] | None:
    """How well classes, where rows have some, are told from the codes by a linear reader."""
    labels = classes(prepared)
    if labels is None or part == "valid":
        return None
    valid, judged = labels[prepared.rows("valid")], labels[prepared.rows(part)]
    if min(np.bincount(valid, minlength=labels.max() + 1)) < EACH:
        return None
    rival = rivals.ranked[0].fields if rivals.ranked else {}
    theirs = {name: fields["code"] for name, fields in rival.items() if "code" in fields}
    own = {name: outputs[name]["code"] for name in ("valid", part)}
    return probe(own, theirs or None, {"valid": valid, part: judged}, part=part, seed=seed)


def classes(prepared: Prepared) -> np.ndarray | None:
    """The class number of every row, where one column says it and is not kept itself."""
    if len(prepared.targets) != 1:
        return None
    column = prepared.table[prepared.targets[0]]
    if isinstance(column.values, Pictures) or column.missing().any():
        return None
    names = as_names(column.series)
    known, numbers = np.unique(names.to_numpy().astype(str), return_inverse=True)
    return numbers if 2 <= len(known) <= MOST_CLASSES else None


def kept(objective: Coding, prepared: Prepared, predictions: pl.DataFrame) -> tuple[Kept, ...]:
    """Held-out pictures, from the best kept to the worst, beside what their codes tell."""
    field = prepared.fields.inputs[0]
    if field.codec.spec().kind != "image":
        return ()
    judged = predictions.filter(pl.col("part") == predictions["part"][-1]).sort("error")
    places = np.unique(np.linspace(0, len(judged) - 1, SHOWN).round().astype(int))
    some = judged[places]
    with torch.inference_mode():
        batch = prepared.examples.batch(some["row"].to_numpy().copy(), torch.device("cpu"))
        written = objective.reconstruct(dict(batch.inputs))
    pairs = zip(
        some["origin"],
        some["error"],
        field.codec.decode({"value": batch.inputs[field.name]}),
        field.codec.decode({"value": written}),
        strict=True,
    )
    return tuple(Kept(*pair) for pair in pairs)

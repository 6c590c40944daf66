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
from fathom.explain.story import Kept, Unlike
from fathom.objectives.anomaly import Anomaly
from fathom.objectives.autoencoder import Coding
from fathom.train.prepare import Prepared

SHOWN = 12
MOST_UNLIKE = 8
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
    if not pictures(prepared):
        return ()
    judged = predictions.filter(pl.col("part") == predictions["part"][-1]).sort("error")
    places = np.unique(np.linspace(0, len(judged) - 1, SHOWN).round().astype(int))
    some = judged[places]
    pairs = zip(some["origin"], some["error"], *both(objective, prepared, some), strict=True)
    return tuple(Kept(*pair) for pair in pairs)


def unlike(objective: Anomaly, prepared: Prepared, predictions: pl.DataFrame) -> tuple[Unlike, ...]:
    """The held-out pictures with the highest scores, beside what their codes tell."""
    if not pictures(prepared) or not len(predictions):
        return ()
    judged = predictions.filter(pl.col("part") == predictions["part"][-1])
    some = judged.sort("anomaly_score", descending=True).head(MOST_UNLIKE)
    told = (some["origin"], some["anomaly_score"], some["anomaly"] > 0)
    pairs = zip(*told, *both(objective.coding, prepared, some), strict=True)
    return tuple(Unlike(*pair) for pair in pairs)


def pictures(prepared: Prepared) -> bool:
    """Whether pictures are kept, and not rows."""
    return prepared.fields.inputs[0].codec.spec().kind == "image"


def both(
    objective: Coding, prepared: Prepared, some: pl.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """The pictures of some lines of the predictions, and what their codes tell, uint8."""
    field = prepared.fields.inputs[0]
    with torch.inference_mode():
        batch = prepared.examples.batch(some["row"].to_numpy().copy(), torch.device("cpu"))
        written = objective.reconstruct(dict(batch.inputs))
    shown = field.codec.decode({"value": batch.inputs[field.name]})
    return shown, field.codec.decode({"value": written})

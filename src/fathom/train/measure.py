"""A finished run and new labelled data to a measured result."""

from typing import Any

import numpy as np
import torch

from fathom.data.fields import TARGET
from fathom.data.sources import ReadOptions, read
from fathom.errors import DataError
from fathom.evaluate import evaluate
from fathom.run import Run, answers
from fathom.train.units import UNITS


def measure(run: Run, source: str) -> dict[str, Any]:
    """Metrics with intervals on every usable row of a labelled source; no rival was trained for it."""
    data = run.recipe.data
    table = read(source, ReadOptions(target=data.targets, kinds=data.kinds))
    missing = [name for name in data.targets if name not in table.names]
    if missing:
        raise DataError(f"The target column {missing[0]!r} is missing.", where=source,
                        found=", ".join(table.names), remedy="Bring data with the true answers.")
    codec = run.fields.target.codec
    encoded = run.fields.target.encode(table)[TARGET].numpy()
    known = ~np.isnan(encoded).reshape(len(encoded), -1).any(axis=1)
    known &= encoded >= 0 if encoded.dtype == np.int64 else True
    known[table.unusable()] = False
    rows = np.flatnonzero(known)
    if not len(rows):
        raise DataError("No row has a known answer.", where=source,
                        remedy=f"Check that the classes are among: {', '.join(codec.spec().classes[:10])}.")
    units = UNITS[codec.spec().kind]
    with torch.inference_mode():
        outputs = answers(run.objective, run.fields, table.take(rows))
    fields = units.fields(codec, {name: value.numpy() for name, value in outputs.items()})
    report = evaluate(
        units.truth(codec, encoded[rows]), fields, kind=codec.spec().kind,
        classes=codec.spec().classes, split="new",
    )
    return {"task": run.recipe.task, "family": run.recipe.family, "source": source,
            "rows": len(rows), "left_out": len(table) - len(rows), **report}

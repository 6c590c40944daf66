"""Drawn rows beside real ones to how far apart their columns are, and what they teach."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from fathom.data.seeds import derived
from fathom.evaluate.columns import columns_beside, correlations_beside, taught_by
from fathom.train.crowds import Crowd
from fathom.train.prepare import Prepared

LISTED = 8
TAUGHT = 2_000  # rows to learn from


def listed(own: Crowd, held_out: Crowd, floor: Crowd, near: np.ndarray) -> dict[str, Any]:
    """Column by column, and some of the rows; nothing of what is not listed.

    floor: training rows; near: those nearest to the first drawn ones.
    """
    codec = own.codec
    drawn, real, training = (codec.listed(one.values) for one in (own, held_out, floor))
    if not drawn.columns:
        return {}
    return {
        "columns": columns_beside(drawn, real, training),
        "correlations": {
            "drawn": correlations_beside(own.values, held_out.values),
            "training": correlations_beside(floor.values, held_out.values),
        },
        "shown": {"drawn": cells(drawn.head(LISTED)), "nearest": cells(codec.listed(near))},
    }


def cells(rows: pl.DataFrame) -> list[dict[str, str]]:
    """Rows as words."""
    return [
        {name: "" if cell is None else str(cell) for name, cell in row.items()}
        for row in rows.to_dicts()
    ]


def useful(
    prepared: Prepared,
    stored: Callable[[np.ndarray], np.ndarray],
    draw: Callable[[np.ndarray], np.ndarray],
    seed: int,
) -> dict[str, Any]:
    """What gradient boosting learns of the classes from drawn rows, and from as many real ones;
    nothing without classes.

    stored: row numbers to points; draw: classes to as many drawn points.
    """
    train, test = prepared.rows("train"), prepared.rows("test")
    source = np.random.default_rng(derived(seed, "useful"))
    some = np.sort(source.permutation(train)[:TAUGHT])
    wish, truth = prepared.truth(some), prepared.truth(test)
    if not wish.any() or not len(test):
        return {}
    held_out, seed = stored(test), derived(seed, "useful") % 2**31
    drawn = draw(wish)
    return {
        "useful": {
            "drawn": taught_by(drawn, wish, held_out, truth, seed=seed),
            "real": taught_by(stored(some), wish, held_out, truth, seed=seed),
            "rows": len(some),
        }
    }

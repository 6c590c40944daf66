"""What decoding gave, kept in the store: arrays, and what was said of the rows."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from fathom.data.store import Store

SAID = "said"

Arrays = Mapping[str, np.ndarray]


def recall(
    cache: Store | None, key: Mapping[str, object], rows: int
) -> tuple[Arrays, dict[str, Any]] | None:
    """The stored arrays and words of as many rows; None where there are none.

    Among the words, `problems` are told by row.
    """
    stored = cache.load(key) if cache is not None else None
    if stored is None or len(stored["offsets"]) != rows:
        return None
    said = json.loads(stored[SAID].tobytes())
    said["problems"] = {int(row): reason for row, reason in said["problems"].items()}
    return stored, said


def keep(cache: Store, key: Mapping[str, object], arrays: Arrays, said: dict[str, Any]) -> Arrays:
    """The same arrays as the store holds them: mapped, not in memory."""
    words = np.frombuffer(json.dumps(said).encode(), dtype=np.uint8)
    return cache.save(key, {**arrays, SAID: words})

"""Series with gaps to series without: what is not known is what was last known."""

import numpy as np


def carried(values: np.ndarray, filling: np.ndarray | float) -> np.ndarray:
    """Unknown values (N, C), nan, become the last known one of their series; before the first,
    `filling`, of each series (C,) or of all.

    Never a value between two known ones: that would look into the future.
    """
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, found, filling).astype(values.dtype)

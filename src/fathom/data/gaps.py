"""Series with gaps, nan, to series without, and to what is known of them."""

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


def standards(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the known values of each series (N, C), both (C,) float64.

    Of a series that nobody knows the mean is 0; where nothing deviates the deviation is 1, so that
    it can be divided by.
    """
    values = values.astype(np.float64)
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    mean = np.nansum(values, axis=0) / count
    deviation = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / count)
    return mean, np.where(deviation > 0, deviation, 1.0)

"""Drawn rows beside held-out ones to how far apart they are, column by column and in pairs, and to
what a classifier learns from each.
"""

from typing import Any

import numpy as np
import polars as pl
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier

from fathom.metrics.shares import wilson


def columns_beside(
    drawn: pl.DataFrame, held_out: pl.DataFrame, training: pl.DataFrame
) -> list[dict[str, Any]]:
    """Of each column the distance of drawn from held-out rows, and of training from held-out rows,
    which is what an equal crowd has; and the shares of gaps.
    """
    return [
        {
            "name": name,
            "measure": "ks" if held_out[name].dtype.is_numeric() else "total_variation",
            "drawn": apart(drawn[name], held_out[name]),
            "training": apart(training[name], held_out[name]),
            "missing": gaps(drawn[name]),
            "missing_held_out": gaps(held_out[name]),
        }
        for name in held_out.columns
    ]


def apart(one: pl.Series, other: pl.Series) -> float | None:
    """0 to 1: Kolmogorov and Smirnov's distance of the known numbers, or the total variation of
    names, of which a gap is one; None where no number is known.
    """
    if not other.dtype.is_numeric():
        return total_variation(one, other)
    x, y = (some.cast(pl.Float64).drop_nulls().to_numpy() for some in (one, other))
    return float(ks_2samp(x, y, method="asymp").statistic) if len(x) and len(y) else None


def total_variation(one: pl.Series, other: pl.Series) -> float:
    """Half the sum over names of the differences of their shares."""
    first, second = (
        dict(some.rename("name").value_counts(name="count").iter_rows()) for some in (one, other)
    )
    shares = (
        abs(first.get(name, 0) / max(1, len(one)) - second.get(name, 0) / max(1, len(other)))
        for name in {*first, *second}
    )
    return float(sum(shares) / 2)


def gaps(values: pl.Series) -> float:
    """The share of missing values."""
    return values.null_count() / max(1, len(values))


def correlations_beside(drawn: np.ndarray, held_out: np.ndarray) -> float:
    """The mean absolute difference of the correlations of all pairs of coordinates (n, F), 0 to 2;
    a coordinate that never changes has none with any other.
    """
    apart = np.abs(correlations(drawn) - correlations(held_out))
    pairs = apart[np.triu_indices(len(apart), 1)]
    return float(pairs.mean()) if len(pairs) else 0.0


def correlations(x: np.ndarray) -> np.ndarray:
    """Of all pairs of coordinates (F, F)."""
    centred = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    unit = centred / np.where(lengths > 1e-9, lengths, np.inf)
    return np.asarray(unit.T @ unit)


def taught_by(
    rows: np.ndarray, classes: np.ndarray, held_out: np.ndarray, truth: np.ndarray, *, seed: int
) -> dict[str, Any]:
    """The accuracy on held-out rows of gradient boosting that learned from these rows alone, with
    its 95 % interval (train on synthetic, test on real: Esteban et al. 2017, arXiv:1706.02633).
    """
    if len(np.unique(classes)) < 2:
        right = np.asarray(truth == classes[0])
    else:
        method = HistGradientBoostingClassifier(random_state=seed, early_stopping=False)
        right = np.asarray(method.fit(rows, classes).predict(held_out) == truth)
    low, high = wilson(float(right.sum()), len(right))
    return {"value": float(right.mean()), "low": low, "high": high, "n": len(right)}

"""Features of drawn and of held-out examples to the Frechet distance of the two crowds."""

from typing import Any

import numpy as np

ENOUGH = 10  # examples a feature, below which the distance says more of their number than of them


def frechet(x: np.ndarray, y: np.ndarray) -> float:
    """|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2)) of features (N, D) and (M, D).

    The squared distance of two normal distributions (Dowson and Landau 1982, equation 16). The
    trace of the root is the sum of the singular values of A B^T for C_x = A^T A and C_y = B^T B, so
    that no root of a matrix is taken.
    """
    a, b = centred(x), centred(y)
    shift = x.mean(0, dtype=np.float64) - y.mean(0, dtype=np.float64)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(shift @ shift + (a**2).sum() + (b**2).sum() - 2 * root)


def centred(x: np.ndarray) -> np.ndarray:
    """A with A^T A the covariance of the rows of x; at most as many rows as columns."""
    a = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    a /= np.sqrt(max(1, len(x) - 1))
    return np.asarray(np.linalg.qr(a, mode="r") if len(a) > a.shape[1] else a)


def beside(
    drawn: np.ndarray, held_out: np.ndarray, training: np.ndarray, *, judge: str, items: str
) -> dict[str, Any]:
    """The distance of drawn from held-out examples beside that of as many training ones, which
    is what an equal crowd of this size would have; judge: whose features they are; items: what is
    drawn, in words.
    """
    count = min(len(drawn), len(held_out), len(training))
    value = frechet(drawn[:count], held_out[:count])
    floor = frechet(training[:count], held_out[:count])
    width = held_out.shape[1]
    sentence = (
        f"The Frechet distance in the {width} features of {judge} is {value:.3g}, that of as many "
        f"real training {items} {floor:.3g}. It falls with the number of {items} ({count:,} "
        "here) whatever was drawn, and cannot be compared with distances by other networks."
    )
    if count < ENOUGH * width:
        sentence += f" {count:,} {items} are few for {width} features: trust the kernel distance."
    return {"value": value, "floor": floor, "n": count, "features": width, "sentence": sentence}

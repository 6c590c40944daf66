"""Held-out and drawn pictures, as features, to how alike the two crowds are.

Truth is a structured array (N,): the features of N held-out pictures by two judges, `features` (a
classifier's where there are classes) and `random` (fixed convolutions). Fields are the same of N
drawn pictures, `agrees` (N,): whether the classifier sees the class that was asked for, and
`memorised` (N,): whether one training picture is far nearer than the second nearest. No network
that saw other pictures is needed. Weights (..., N) count drawn and held-out pictures alike.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.texts import once
from fathom.metrics.weights import example_weights, mean, ratio

NEIGHBOURS = 5


def kid(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Kernel distance in the first judge's features, without bias: near 0 for two draws of the same
    crowd, below 0 by chance (Binkowski et al. 2018, section 4, arXiv:1801.01401).
    """
    return u_statistic(once(pairs, truth, fields), weight)


def kid_random(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """The same in the features of fixed random convolutions."""
    return u_statistic(once(random_pairs, truth, fields), weight)


def u_statistic(pairs: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean over pairs of different examples (Gretton et al. 2012, equation 4); pairs: (N, N), its
    diagonal 0.
    """
    weight = example_weights(len(pairs), weight)
    sums = ((weight.astype(np.float32) @ pairs) * weight).sum(-1)
    return ratio(sums, weight.sum(-1) ** 2 - (weight**2).sum(-1))


def pairs(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """h(i, j) = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i), (N, N)."""
    return kernel_pairs(truth["features"], fields["features"])


def random_pairs(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """The same of the second judge's features."""
    return kernel_pairs(truth["random"], fields["random"])


def kernel_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """h of the kernel k(a, b) = (1 + cos(a, b))^3 for features (N, D), (N, N) float32."""
    x, y = unit(x), unit(y)
    across = kernel(x, y)
    found = kernel(x, x) + kernel(y, y) - across - across.T
    np.fill_diagonal(found, 0)
    return found


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A cube, so that three moments of the crowds are compared."""
    return np.asarray((1 + a @ b.T) ** 3)


def unit(x: np.ndarray) -> np.ndarray:
    """Rows of length 1, float32."""
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.maximum(lengths, 1e-12), dtype=np.float32)


def density(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """How deep drawn pictures lie among held-out ones; 1 for the same crowd
    (Naeem et al. 2020, equation 2, arXiv:2002.09797).
    """
    return mean(once(near, truth, fields)[:, 0], weight)


def coverage_k(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """The share of held-out pictures with a drawn one as near as their fifth neighbour
    (Naeem et al. 2020, equation 3).
    """
    return mean(covered(truth, fields), weight)


def covered(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Whether each held-out picture has such a drawn one, (N,)."""
    return np.asarray(once(near, truth, fields)[:, 1])


def near(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """(N, 2): in how many balls of held-out pictures a drawn one lies, over k; and whether a
    held-out picture's ball holds a drawn one.

    A ball reaches to the k-th nearest other held-out picture.
    """
    x, y = unit(truth["features"]), unit(fields["features"])
    k = min(NEIGHBOURS, len(x) - 1)
    among = 1 - x @ x.T
    np.fill_diagonal(among, np.inf)
    radius = np.partition(among, k - 1, axis=1)[:, k - 1] if k > 0 else np.zeros(len(x))
    across = 1 - x @ y.T
    inside = across <= radius[:, None]
    return np.stack([inside.sum(0) / max(1, k), inside.any(1)], axis=1).astype(np.float64)


def label_agreement(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """The share of drawn pictures in which the classifier sees the class that was asked for."""
    return mean(agreeing(truth, fields), weight)


def agreeing(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Whether it does, (N,)."""
    return np.asarray(fields["agrees"], dtype=np.float64)


def memorisation(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """The share of drawn pictures that nearly repeat a training picture."""
    return mean(repeating(truth, fields), weight)


def repeating(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Whether each does, (N,)."""
    return np.asarray(fields["memorised"], dtype=np.float64)

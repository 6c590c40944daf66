"""A count of hits to the share they are, with its interval."""

from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def wilson(hits: float, count: float) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927); the whole unit interval for no examples."""
    if count <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share = hits / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return float(max(0.0, min(centre - half, share))), float(min(1.0, max(centre + half, share)))

"""Two foretellers of the same tokens to their mixture: the probability is a weighted mean."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Fields = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Mixture:
    """The share of the first foreteller, chosen on validation, and nats (N,) of held-out rows."""

    share: float
    nll: np.ndarray


def mix(first: Mapping[str, Fields], second: Mapping[str, Fields], part: str) -> Mixture:
    """Mix the parts' `surprise` (N, T) in nats a token, nan where there is none.

    p = s p_first + (1 - s) p_second; s minimises the nats of "valid" (Jelinek and Mercer 1980).
    """
    own, other = tokens(first["valid"]), tokens(second["valid"])
    shares = np.linspace(0.0, 1.0, 101)
    share = float(min(shares, key=lambda s: mixed(s, own[0], other[0]).sum()))
    (own_nats, row), (other_nats, _) = tokens(first[part]), tokens(second[part])
    nats = mixed(share, own_nats, other_nats)
    return Mixture(share, np.bincount(row, nats, minlength=len(first[part]["surprise"])))


def tokens(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    """Nats of all tokens, row by row, and the row of each."""
    surprise = fields["surprise"].astype(np.float64)
    known = ~np.isnan(surprise)
    return surprise[known], np.nonzero(known)[0]


def mixed(share: float, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """-log(s e^-a + (1 - s) e^-b) of nats a and b."""
    with np.errstate(divide="ignore"):
        return -np.logaddexp(np.log(share) - first, np.log1p(-share) - second)

"""How probable a language model holds held-out text to be.

A row is a document or a block of about 2 kB. Truth is (N,) bytes of each row, or (N, 2): bytes and
words; `nll` (N,) is the negative log probability of the whole row, in nats. Bytes are the unit, as
they do not depend on the tokens. Weights (..., N) and nan as in `classification`.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.weights import example_weights, ratio

LARGEST_EXPONENT = 700.0  # of e in a float64


def bits_per_byte(
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """Bits needed for a byte of the text: all nats / ln 2 / all bytes."""
    return _nats_per(_column(truth, 0), fields, weight) / np.log(2)


def perplexity(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Perplexity per word: e^(all nats / all words).

    nan unless the truth counts words, and where it would exceed what a number can hold (a text
    without spaces is one word).
    """
    if truth.ndim < 2:
        return np.full(example_weights(len(truth), weight).shape[:-1], np.nan)
    nats = _nats_per(_column(truth, 1), fields, weight)
    return np.exp(np.where(nats < LARGEST_EXPONENT, nats, np.nan))


def amount(truth: np.ndarray) -> int:
    """How many bytes the rows have together."""
    return int(_column(truth, 0).sum())


def _nats_per(units: np.ndarray, fields: Fields, weight: np.ndarray | None) -> np.ndarray:
    weight = example_weights(len(units), weight)
    return ratio(weight @ fields["nll"].astype(np.float64), weight @ units)


def _column(truth: np.ndarray, place: int) -> np.ndarray:
    """Bytes (0) or words (1) of each row, float64 (N,)."""
    return (truth[:, place] if truth.ndim > 1 else truth).astype(np.float64)

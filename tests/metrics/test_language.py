"""Bits per byte and perplexity by hand, and as weighted sums."""

import numpy as np
import pytest

from fathom.metrics import METRICS, measure
from fathom.metrics.language import amount

NATS = np.array([10.0, 30.0, 5.0])
BYTES = np.array([20, 40, 2])
WORDS = np.array([4, 8, 0])


def test_bits_per_byte_and_perplexity_by_hand() -> None:
    values = measure("bytes", np.stack([BYTES, WORDS], 1), {"nll": NATS})
    assert values == pytest.approx(
        {"bits_per_byte": 45 / 62 / np.log(2), "perplexity": np.exp(45 / 12)}
    )


def test_a_fair_coin_for_each_bit_needs_eight_bits_a_byte() -> None:
    nats = BYTES * np.log(256)
    assert measure("bytes", BYTES, {"nll": nats}) == pytest.approx({"bits_per_byte": 8.0})


def test_weights_count_rows_several_times() -> None:
    weights = np.array([[1, 1, 1], [2, 0, 1], [0, 0, 0]])
    found = METRICS["bytes"]["bits_per_byte"].compute(BYTES, {"nll": NATS}, weights)
    expected = np.array([45 / 62, 25 / 42, np.nan]) / np.log(2)
    assert found == pytest.approx(expected, nan_ok=True)
    truth = np.stack([BYTES, WORDS], 1)
    found = METRICS["bytes"]["perplexity"].compute(truth, {"nll": NATS}, weights)
    assert found == pytest.approx(np.exp([45 / 12, 25 / 8, np.nan]), nan_ok=True)


def test_a_text_that_is_one_word_has_no_perplexity() -> None:
    truth = np.array([[100_000, 1]])
    assert set(measure("bytes", truth, {"nll": np.array([90_000.0])})) == {"bits_per_byte"}


def test_the_amount_is_bytes_with_words_or_without() -> None:
    assert amount(BYTES) == amount(np.stack([BYTES, WORDS], 1)) == 62

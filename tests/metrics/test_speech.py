"""Error rates of transcripts by hand."""

import numpy as np
import pytest

from fathom.metrics import METRICS, measure
from fathom.metrics.speech import cer, speech_errors, wer, words_said

TRUTH = np.array(["one two three", "four", "yes  no"], dtype=object)
ANSWER = {"answer": np.array(["one too three", "", "yes no maybe"], dtype=object)}


def test_errors_are_summed_before_the_rate_is_made() -> None:
    # one exchanged of 3, one left out of 1, one put in beside 2: 3 errors of 6 words
    assert float(wer(TRUTH, ANSWER)) == pytest.approx(50.0)
    assert speech_errors(TRUTH, ANSWER)[:, :2].tolist() == [[1, 3], [1, 1], [1, 2]]
    assert float(cer(TRUTH, ANSWER)) == pytest.approx(100 * (1 + 4 + 6) / (13 + 4 + 6))
    assert words_said(TRUTH) == 6


def test_a_weight_is_a_resample() -> None:
    weight = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 1.0]])
    assert wer(TRUTH, ANSWER, weight) == pytest.approx([100 / 3, 75.0])


def test_what_nobody_said_counts_as_error() -> None:
    truth, answer = np.array(["", "a"], dtype=object), np.array(["b c", "a"], dtype=object)
    assert float(wer(truth, {"answer": answer})) == pytest.approx(200.0)
    assert np.isnan(wer(truth[:1], {"answer": answer[:1]}))


def test_both_rates_are_in_the_table() -> None:
    assert set(measure("transcript", TRUTH, ANSWER)) == {"wer", "cer"}
    assert not METRICS["transcript"]["wer"].higher

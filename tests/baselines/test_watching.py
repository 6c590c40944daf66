"""Detectors in series against what each window gives by itself."""

import numpy as np
import pytest

from fathom.baselines.watching import deviation, principal, windows_to_rows


def test_a_row_has_the_mean_score_of_its_windows() -> None:
    score = np.array([1.0, 2.0, 6.0])  # windows of 2 over 4 rows
    assert windows_to_rows(score, 4) == pytest.approx([1.0, 1.5, 4.0, 6.0])


def test_principal_windows_leave_what_training_does_not_explain() -> None:
    series = np.sin(np.arange(400) / 5)
    series[300:304] += [1, -1, 1, -1]
    score = principal(series, np.arange(200), 30)
    assert 295 <= score.argmax() <= 309
    assert score[:250].max() < 0.1 * score.max()


def test_the_deviation_is_smoothed_over_64_rows() -> None:
    series = np.zeros(300)
    series[200] = 64.0
    score = deviation(series, np.arange(100), 10)
    assert score[200] == pytest.approx(1.0)
    assert score[100] == 0.0

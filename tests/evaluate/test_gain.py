"""What added examples gain, against a mean by hand and on answers whose gain is known."""

import numpy as np
import pytest

from fathom.evaluate.gain import gain


def answers(seed: int, share: float, rounds: int = 3, count: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).random((rounds, count)) < share


TRUTH = np.arange(400) % 4


def test_every_class_counts_alike() -> None:
    truth = np.array([0, 0, 0, 1])
    without, added = np.array([[1, 1, 1, 0]]) > 0, np.array([[1, 1, 0, 1]]) > 0
    found = gain(truth, without, added)
    assert found.without == pytest.approx(50)
    assert found.added == pytest.approx(100 * (2 / 3 + 1) / 2)
    assert found.value == pytest.approx(found.added - found.without)


def test_a_large_gain_and_a_loss_are_named() -> None:
    better, worse = answers(1, 0.9), answers(2, 0.7)
    assert gain(TRUTH, worse, better).word == "gain"
    assert gain(TRUTH, better, worse).word == "loss"
    assert "harm" in gain(TRUTH, better, worse).sentence(10)


def test_chance_is_seldom_called_a_gain() -> None:
    claimed = [
        gain(TRUTH, answers(seed, 0.8), answers(seed + 1000, 0.8)).word for seed in range(40)
    ]
    assert claimed.count("gain") <= 2
    assert "No gain is shown" in gain(TRUTH, answers(5, 0.8), answers(5, 0.8)).sentence(3)


def test_rounds_that_disagree_are_no_gain() -> None:
    without, added = answers(1, 0.5), answers(2, 0.95)
    added[2] = without[2]
    assert gain(TRUTH, without, added).word == "no clear gain"
    assert gain(TRUTH, without[:1], added[:1]).word == "no clear gain"

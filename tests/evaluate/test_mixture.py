"""Mixtures: the share comes from validation, the probabilities are weighted means."""

import numpy as np
import pytest

from fathom.evaluate.mixture import mix

NAN = float("nan")


def fields(*rows: list[float]) -> dict[str, np.ndarray]:
    return {"surprise": np.array(rows, dtype=np.float32)}


def test_two_that_know_different_things_are_better_together() -> None:
    first = {"valid": fields([0.1, 3.0], [0.1, NAN]), "test": fields([0.1, 3.0])}
    second = {"valid": fields([3.0, 0.1], [0.1, NAN]), "test": fields([3.0, 0.1])}
    mixture = mix(first, second, "test")
    assert 0.4 <= mixture.share <= 0.6
    expected = -np.log((np.exp(-0.1) + np.exp(-3.0)) / 2)
    assert mixture.nll == pytest.approx([2 * expected], rel=0.02)


def test_one_that_knows_nothing_more_gets_no_share() -> None:
    good = {"valid": fields([0.1, 0.2]), "test": fields([0.5, 0.5])}
    bad = {"valid": fields([5.0, 5.0]), "test": fields([0.0, 0.0])}
    assert mix(good, bad, "test").nll == pytest.approx([1.0])
    assert mix(bad, good, "test").share == 0.0


def test_tokens_that_only_one_side_pads_before_are_matched() -> None:
    first = {"valid": fields([NAN, 1.0, 2.0]), "test": fields([NAN, NAN, 1.0], [NAN, 1.0, 2.0])}
    second = {"valid": fields([1.0, 2.0, NAN]), "test": fields([1.0, NAN, NAN], [1.0, 2.0, NAN])}
    assert mix(first, second, "test").nll == pytest.approx([1.0, 3.0])

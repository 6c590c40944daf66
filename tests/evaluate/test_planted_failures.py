"""Generators that fail on purpose, of real small digits, named by the detectors; real ones not."""

from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from fathom.data.codecs.drawn import Pictorial
from fathom.evaluate.detectors import Seen, detect
from fathom.evaluate.nearest import nearest
from fathom.networks.random_features import RandomFeatures

TRAINED, COUNT = 600, 350
NAMED = 9  # of ten seeds
SMALL = Pictorial().small


@cache
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels (N, 8, 8, 1), features, digits, and what a classifier of the first 600 sees."""
    images, shown = load_digits(return_X_y=True)
    pixels = np.round(images * 255 / 16).astype(np.uint8).reshape(-1, 8, 8, 1)
    x = RandomFeatures(1)(torch.from_numpy(pixels) / 64.0 - 1.0).numpy()
    x = (x - x[:TRAINED].mean(0)) / np.maximum(x[:TRAINED].std(0), 1e-3)
    seen = LogisticRegression(C=0.1, max_iter=300).fit(x[:TRAINED], shown[:TRAINED]).predict(x)
    return pixels, x, shown, seen + 1


def crowd(rows: np.ndarray, pixels: np.ndarray | None = None) -> Seen:
    """Digits as the detectors see them; pixels: others in their place, of the same classes."""
    own, features, _, seen = digits()
    shown = own[rows] if pixels is None else pixels
    near = nearest(SMALL(shown), lambda some: SMALL(own[some]), np.arange(TRAINED))
    return Seen(shown, features[rows], seen[rows], near.repeats)


def two(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two crowds that training never saw."""
    rows = np.random.default_rng(seed).permutation(np.arange(TRAINED, len(digits()[0])))
    return rows[:COUNT], rows[COUNT : 2 * COUNT]


def alarms(drawn: Seen, held_out: Seen) -> set[str]:
    return {str(one["name"]) for one in detect(drawn, held_out) if not one["passed"]}


def test_real_digits_give_no_alarm_in_twenty_seeds() -> None:
    found = []
    for seed in range(20):
        drawn, held_out = two(seed)
        found.append(alarms(crowd(drawn), crowd(held_out)))
    assert found == [set()] * 20


def named(name: str, plant: object) -> int:
    """In how many of ten seeds a failure is named; plant: a seed's rows to what was drawn."""
    count = 0
    for seed in range(10):
        drawn, held_out = two(seed)
        count += name in alarms(plant(drawn, seed), crowd(held_out))  # type: ignore[operator]
    return count


def test_three_classes_of_ten_are_named() -> None:
    def few(rows: np.ndarray, seed: int) -> Seen:
        source = np.random.default_rng(seed)
        kept = source.choice(10, 3, replace=False)
        some = rows[np.isin(digits()[2][rows], kept)]
        return crowd(source.choice(some, COUNT))

    assert named("all classes are drawn", few) >= NAMED


def test_repeated_training_pictures_are_named() -> None:
    def copies(rows: np.ndarray, seed: int) -> Seen:
        source = np.random.default_rng(seed)
        copied = rows.copy()
        copied[: COUNT // 4] = source.integers(0, TRAINED, COUNT // 4)
        noisy = digits()[0][copied].astype(int) + source.integers(-3, 4, (COUNT, 8, 8, 1))
        return crowd(copied, np.clip(noisy, 0, 255).astype(np.uint8))

    assert named("nothing is copied from training", copies) >= NAMED


def test_a_decoder_that_ignores_its_code_is_named() -> None:
    def same(rows: np.ndarray, seed: int) -> Seen:
        return crowd(np.full(COUNT, rows[seed]))

    assert named("the samples are varied", same) >= NAMED


def test_saturated_pictures_are_named() -> None:
    def saturated(rows: np.ndarray, seed: int) -> Seen:
        bright = np.where(digits()[0][rows] > 96, 255, 0).astype(np.uint8)
        return crowd(rows, bright)

    assert named("colours are as in the data", saturated) >= NAMED

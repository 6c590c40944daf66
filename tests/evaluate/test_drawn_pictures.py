"""Nearest training pictures by hand, and detectors on planted failures and on clean crowds."""

from dataclasses import replace

import numpy as np
import pytest

from fathom.data.codecs.drawn import Pictorial
from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.evaluate.detectors import Seen, detect
from fathom.evaluate.nearest import nearest

SMALL = Pictorial().small

COUNT = 300


def test_the_nearest_training_picture_and_how_much_nearer_it_is() -> None:
    train = np.zeros((3, 4, 4, 1), dtype=np.uint8)
    train[1], train[2] = 40, 100
    asked = np.full((2, 4, 4, 1), 41, dtype=np.uint8)
    asked[1] = 70
    rows = np.array([7, 8, 9])
    found = nearest(SMALL(asked), lambda some: SMALL(train[some - 7]), rows)
    assert found.row.tolist() == [8, 8]
    assert found.distance.tolist() == [1.0, 30.0]
    assert found.ratio.tolist() == pytest.approx([1 / 41, 1.0])
    assert found.repeats.tolist() == [True, False]


def test_a_training_picture_is_not_its_own_neighbour() -> None:
    train = np.arange(5, dtype=np.uint8).reshape(-1, 1, 1, 1) * 10
    found = nearest(SMALL(train), lambda some: SMALL(train[some]), np.arange(5), own=np.arange(5))
    assert (found.row != np.arange(5)).all()
    assert found.distance.tolist() == [10.0] * 5


def test_one_training_picture_is_nothing_to_compare_with() -> None:
    one = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    assert not nearest(SMALL(one), lambda some: SMALL(one[some]), np.array([0])).repeats.any()


def crowd(seed: int, classes: int = 10) -> Seen:
    source = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((10, 16)) * 2
    shown = source.integers(0, classes, COUNT)
    features = centres[shown] + source.standard_normal((COUNT, 16)) + 1.0
    pixels = source.integers(0, 256, (COUNT, 4, 4, 3), dtype=np.uint8)
    return Seen(pixels, features, shown + 1, source.random(COUNT) < 0.01)


def alarms(drawn: Seen, held_out: Seen) -> list[str]:
    return [str(one["name"]) for one in detect(drawn, held_out) if not one["passed"]]


def test_clean_crowds_give_no_alarm() -> None:
    assert [alarms(crowd(seed), crowd(seed + 100)) for seed in range(20)] == [[]] * 20


def test_planted_failures_are_named() -> None:
    for seed in range(10):
        held_out = crowd(seed + 100)
        few = crowd(seed, classes=3)
        assert "all classes are drawn" in alarms(few, held_out)
        clean = crowd(seed)
        copied = Seen(clean.values, clean.features, clean.classes, np.arange(COUNT) < 60)
        assert alarms(copied, held_out) == ["nothing is copied from training"]
        one = Seen(clean.values, clean.features[:1].repeat(COUNT, 0), clean.classes, clean.repeats)
        assert alarms(one, held_out) == ["the samples are varied"]
        grey = Seen(clean.values // 4 + 96, clean.features, clean.classes, clean.repeats)
        assert alarms(grey, held_out) == ["colours are as in the data"]


def test_each_finding_has_a_number_and_bad_ones_a_remedy() -> None:
    found = detect(crowd(0, classes=1), crowd(1))
    assert all(any(letter.isdigit() for letter in str(one["sentence"])) for one in found)
    assert any("Mode collapse" in str(one["sentence"]) for one in found)


def test_shades_are_told_in_the_words_of_what_is_drawn() -> None:
    drawn, held_out = (
        replace(crowd(seed), items="clips", tones=SpectrumCodec.tones) for seed in (0, 100)
    )
    (told,) = (one for one in detect(drawn, held_out) if one["name"] == "levels are as in the data")
    assert str(told["sentence"]).startswith("Loudness is off by")
    assert "held-out clips" in str(told["sentence"])
    rows = [replace(one, items="rows", tones=None) for one in (drawn, held_out)]
    assert all("as in the data" not in str(one["name"]) for one in detect(rows[0], rows[1]))

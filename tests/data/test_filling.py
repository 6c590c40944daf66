"""How many examples are wished for, by hand."""

import pytest

from fathom.data.filling import wanted
from fathom.errors import OptionError

COUNTS = {"rose": 100, "tulip": 30, "daisy": 95, "lily": 3}


def test_small_classes_are_filled_but_at_most_doubled() -> None:
    assert wanted(COUNTS) == {"tulip": 30}
    assert wanted({"a": 100, "b": 70}) == {"b": 30}


def test_where_no_class_is_small_each_grows_by_half() -> None:
    assert wanted({"a": 20, "b": 19}) == {"a": 10, "b": 9}


def test_one_class_and_a_number_can_be_asked_for() -> None:
    assert wanted(COUNTS, only="rose") == {"rose": 50}
    assert wanted(COUNTS, only="tulip", count=7) == {"tulip": 7}
    assert wanted(COUNTS, count=5) == {"rose": 5, "tulip": 5, "daisy": 5}


def test_classes_that_cannot_be_learned_or_are_unknown_are_told() -> None:
    assert wanted({"a": 3, "b": 2}) == {}
    with pytest.raises(OptionError, match="too few training pictures"):
        wanted(COUNTS, only="lily")
    with pytest.raises(OptionError, match="'rose'"):
        wanted(COUNTS, only="rosa")

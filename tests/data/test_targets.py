"""Which column is asked for, and whether it asks for classes or numbers."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fathom.data.describe import describe
from fathom.data.kinds import Reading, read_column
from fathom.data.table import Column, Table
from fathom.data.targets import choose_target, question
from fathom.errors import DataError, OptionError


def table(target: str = "", /, **cells: list[object]) -> Table:
    columns = tuple(
        read_column(name, pl.Series(values, strict=False), None, Reading())[0]
        for name, values in cells.items()
    )
    return Table(columns, "csv", "", Path("t.csv"), target=target)


NUMBERS: list[object] = [float(n) / 7 for n in range(100)]
FEW: list[object] = [n % 3 for n in range(100)]
NAMES: list[object] = ["ab"[n % 2] for n in range(100)]


def test_the_target_is_asked_named_or_told_by_the_source() -> None:
    data = table(x=NUMBERS, Label=NAMES, z=FEW)
    assert choose_target(data, ["z", "x"]) == ("z", "x")
    assert choose_target(data) == ("Label",)
    assert choose_target(table("x", x=NUMBERS, y=NAMES)) == ("x",)


def test_a_wrong_name_suggests_the_nearest() -> None:
    with pytest.raises(OptionError, match="Did you mean 'income'"):
        choose_target(table(x=NUMBERS, income=NAMES), ["incone"])
    with pytest.raises(OptionError, match="twice"):
        choose_target(table(x=NUMBERS), ["x", "x"])


@pytest.mark.parametrize("more", [{}, {"y": NAMES, "class": FEW}])
def test_without_a_clear_target_the_columns_are_listed(more: dict[str, list[object]]) -> None:
    with pytest.raises(OptionError, match=r"--target COLUMN.*price \(number\)"):
        choose_target(table(price=NUMBERS, kind=NAMES, **more))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (NAMES, "classification"),
        (FEW, "classification"),
        (NUMBERS, "regression"),
        ([n % 21 for n in range(100)], "regression"),
        ([n % 20 for n in range(100)], "classification"),
        ([0.5 * (n % 3) for n in range(100)], "regression"),
        ([n % 2 == 0 for n in range(100)], "classification"),
    ],
)
def test_the_question_follows_from_the_values(cells: list[object], expected: str) -> None:
    assert question(table(y=cells), ("y",)) == expected


def test_whole_numbers_of_few_rows_are_no_classes() -> None:
    """The weights of twenty people were once sixteen classes, none of which could be learnt."""
    weights: list[object] = [150 + 3 * (n % 16) for n in range(20)]
    assert question(table(y=weights), ("y",)) == "regression"
    told = describe(table(y=weights, x=NUMBERS[:20]))["questions"]
    assert {one["task"] for one in told} == {"regression"}
    assert question(table(y=[0, 1, 1, 0]), ("y",)) == "classification"


def test_the_question_can_be_overruled() -> None:
    assert question(table(y=FEW), ("y",), "regression") == "regression"
    assert (
        question(table(y=[n % 30 for n in range(200)]), ("y",), "classification")
        == "classification"
    )
    with pytest.raises(OptionError, match="'regression'"):
        question(table(y=FEW), ("y",), "regresion")
    with pytest.raises(DataError, match="no numbers"):
        question(table(y=NAMES), ("y",), "regression")


def test_several_targets_ask_one_question() -> None:
    bits: list[object] = [n % 2 for n in range(100)]
    assert question(table(a=bits, b=bits), ("a", "b")) == "classification"
    assert question(table(a=NUMBERS, b=NUMBERS), ("a", "b")) == "regression"
    with pytest.raises(OptionError, match="different kinds"):
        question(table(a=NUMBERS, b=NAMES), ("a", "b"))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["a"] * 50, "only one class"),
        ([None] * 50, "only one class"),
        ([f"u{n}" for n in range(100)], "names rows, not classes"),
        ([f"c{n % 5000}" for n in range(10_000)], "too few examples"),
    ],
)
def test_targets_that_cannot_be_learnt(cells: list[object], words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        question(table(y=cells), ("y",))
    assert "--target" in error.value.remedy


def test_a_number_that_never_changes() -> None:
    column = Column("y", "number", pl.Series(np.full(50, 2.5)))
    with pytest.raises(DataError, match="one value"):
        question(Table((column,), "csv", "", Path("t")), ("y",))


def test_targets_in_one_word_are_told_apart() -> None:
    with pytest.raises(OptionError, match="--target x --target z"):
        choose_target(table(x=NUMBERS, z=FEW), ["x, z"])


TEXTS: list[object] = [f"so many words in text {n}" for n in range(100)]
OTHERS: list[object] = [f"other words stand in text {n}" for n in range(100)]
ROWS: list[object] = [str(n) for n in range(100)]


def test_the_only_text_is_a_language() -> None:
    for data in (table(text=TEXTS), table(n=ROWS, text=TEXTS, same=["x"] * 100)):
        assert choose_target(data) == ("text",)
        assert question(data, ("text",)) == "language"
        assert question(data, ()) == "language"
    with pytest.raises(OptionError, match="Nothing is asked"):
        question(table(text=TEXTS, y=NAMES), ())


def test_of_parallel_texts_one_is_the_translation_of_the_other() -> None:
    data = table("de", en=TEXTS, de=OTHERS)
    assert choose_target(data) == ("de",)
    assert question(data, ("de",)) == "translation"
    assert question(data, ("en",)) == "translation"


def test_what_else_is_written_is_asked_for_by_its_task() -> None:
    data = table(talk=TEXTS, summary=OTHERS, y=NAMES)
    assert question(data, ("summary",), "summarisation") == "summarisation"
    assert question(data, ("talk",), "language") == "language"
    three = table(talk=TEXTS, summary=OTHERS, more=[f"{text} again" for text in TEXTS])
    with pytest.raises(DataError, match="names rows, not classes") as error:
        question(three, ("summary",))
    assert "--task translation or summarisation" in error.value.remedy
    with pytest.raises(DataError, match="holds no text"):
        question(data, ("y",), "translation")
    with pytest.raises(DataError, match="no text beside 'text'"):
        question(table(text=TEXTS, y=NAMES), ("text",), "summarisation")
    assert question(data, ("y",)) == "classification"


def test_of_two_texts_the_shorter_in_the_same_words_is_a_summary() -> None:
    talks: list[object] = [f"{text} and then number {n} went home" for n, text in enumerate(TEXTS)]
    shorts: list[object] = [f"number {n} went home" for n in range(len(TEXTS))]
    foreign: list[object] = [f"nummer {n}x ging nach hause" for n in range(len(TEXTS))]
    data = table(talk=talks, summary=shorts)
    assert choose_target(data) == ("summary",)
    assert question(data, ("summary",)) == "summarisation"
    assert question(data, ("talk",)) == "translation"  # longer than what it is written from
    assert question(table(talk=talks, other=foreign), ("other",)) == "translation"
    with pytest.raises(OptionError, match="not clear"):
        choose_target(table(talk=talks, other=foreign))


def test_rows_that_are_all_equal_are_told_as_such() -> None:
    with pytest.raises(DataError, match="100 rows are equal"):
        choose_target(table(text=["the same line again and again"] * 100))

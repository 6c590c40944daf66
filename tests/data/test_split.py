"""Parts: as given, in proportion, by group, by time; the same for a seed; duplicates together."""

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.split import (
    TEXT_VALID_SHARE,
    Split,
    folds,
    split,
    usable_rows,
    validation_share,
)
from fathom.data.table import Column, Finding, Kind, Part, Table
from fathom.errors import DataError, OptionError


def table(
    rows: int,
    parts: tuple[Part, ...] | None = None,
    findings: tuple[Finding, ...] = (),
    **more: pl.Series,
) -> Table:
    x = pl.Series(np.random.default_rng(5).standard_normal(rows))
    columns = [Column("x", "number", x)]
    for name, values in more.items():
        kind: Kind = "category" if values.dtype == pl.String else "number"
        columns.append(Column(name, "date" if values.dtype == pl.Datetime else kind, values))
    return Table(tuple(columns), "csv", "", Path("t.csv"), parts=parts, findings=findings)


def classes(counts: dict[str, int]) -> pl.Series:
    cells = [name for name, count in counts.items() for _ in range(count)]
    return pl.Series(np.random.default_rng(1).permutation(np.array(cells)).tolist())


def test_shares_and_classes_in_proportion() -> None:
    data = table(1000, y=classes({"a": 700, "b": 250, "c": 50}))
    made = split(data, target=("y",))
    counts = Counter(made.parts)
    assert counts == {"test": 200, "valid": 120, "train": 680}
    labels = data["y"].series
    for part, share in (("test", 0.2), ("valid", 0.12)):
        found = Counter(labels[made.rows(part)].to_list())
        for name, count in (("a", 700), ("b", 250), ("c", 50)):
            assert abs(found[name] - share * count) <= 1.5
    assert made.by == "stratified"
    assert "20 % test" in made.how


def test_numbers_are_in_proportion_over_their_range() -> None:
    target = pl.Series(np.random.default_rng(0).standard_normal(1000) ** 3)
    made = split(table(1000, y=target), target=("y",), kind="regression")
    upper = set(np.argsort(target.to_numpy())[-100:])
    assert abs(len(upper & set(made.rows("test").tolist())) - 20) <= 4


def test_a_seed_gives_one_split_and_another_seed_another() -> None:
    data = table(200, y=classes({"a": 100, "b": 100}))
    assert split(data, target=("y",)) == split(data, target=("y",))
    assert split(data, target=("y",)) != split(data, target=("y",), seed=1)


@given(st.lists(st.integers(1, 12), min_size=2, max_size=6), st.integers(0, 5))
def test_every_row_has_one_part_and_rare_classes_are_trained_on(
    sizes: list[int], seed: int
) -> None:
    data = table(
        sum(sizes) + 20, y=classes({"z": 20, **{f"c{n}": size for n, size in enumerate(sizes)}})
    )
    made = split(data, target=("y",), seed=seed)
    assert len(made.parts) == len(data)
    labels = data["y"].series
    counts = Counter(labels.to_list())
    for name, count in counts.items():
        if count == 1:
            assert made.parts[labels.to_list().index(name)] == "train"
    assert all(len(made.rows(part)) for part in ("train", "valid", "test"))


def test_unusable_rows_are_unused() -> None:
    y = pl.Series([None if n % 10 == 0 else "ab"[n % 2] for n in range(100)], dtype=pl.String)
    findings = (Finding("set aside", "ragged row", "line 2", "short", row=7),)
    made = split(table(100, y=y, findings=findings), target=("y",))
    assert set(made.rows("unused")) == {7, *range(0, 100, 10)}


def test_given_parts_stay() -> None:
    parts: tuple[Part, ...] = ("train",) * 60 + ("valid",) * 20 + ("test",) * 20
    made = split(table(100, parts, y=classes({"a": 50, "b": 50})), target=("y",))
    assert made.parts == parts
    assert made.by == "given"


@pytest.mark.parametrize("second", ["valid", "test"])
def test_of_two_given_parts_the_second_is_the_test(second: Part) -> None:
    parts: tuple[Part, ...] = ("train",) * 80 + (second,) * 20
    made = split(table(100, parts, y=classes({"a": 50, "b": 50})), target=("y",))
    assert set(made.parts[80:]) == {"test"}
    assert Counter(made.parts[:80]) == {"train": 68, "valid": 12}


def test_many_rows_give_validation_a_number_instead_of_a_share() -> None:
    made = split(table(60_000, ("train",) * 50_000 + ("test",) * 10_000), target=())
    assert Counter(made.parts) == {"train": 45_000, "valid": 5_000, "test": 10_000}
    assert "5,000 rows of the training part" in made.how


def test_groups_stay_whole() -> None:
    rng = np.random.default_rng(0)
    person = pl.Series([f"p{n}" for n in rng.integers(0, 40, 1000)])
    made = split(
        table(1000, y=classes({"a": 500, "b": 500}), person=person), target=("y",), group="person"
    )
    seen: dict[str, set[str]] = {}
    for name, part in zip(person, made.parts, strict=True):
        seen.setdefault(name, set()).add(part)
    assert all(len(parts) == 1 for parts in seen.values())
    assert abs(len(made.rows("test")) - 200) < 20
    assert made.by == "grouped"


def test_by_time_the_last_are_the_test() -> None:
    days = [
        datetime(2020, 1, 1) + timedelta(days=int(n))
        for n in np.random.default_rng(0).permutation(100)
    ]
    series = pl.Series([*days, None], dtype=pl.Datetime("us"))
    made = split(table(101, y=classes({"a": 51, "b": 50}), day=series), target=("y",), time="day")
    latest = {
        part: max(days[row] for row in made.rows(part)) for part in ("train", "valid", "test")
    }
    assert latest["train"] < latest["valid"] < latest["test"]
    assert min(days[row] for row in made.rows("test")) > latest["valid"]
    assert len(made.rows("test")) == 20
    assert made.parts[100] == "unused"
    with pytest.raises(OptionError, match="holds no times"):
        split(table(10, y=classes({"a": 5, "b": 5})), target=("y",), time="y")
    with pytest.raises(OptionError, match="not both"):
        split(table(10), time="x", group="x")


def test_duplicates_stay_together() -> None:
    x = pl.Series(np.repeat(np.arange(150.0), 2))
    y = pl.Series(["ab"[n // 2 % 2] for n in range(300)])
    data = Table((Column("x", "number", x), Column("y", "category", y)), "csv", "", Path("t"))
    made = split(data, target=("y",))
    assert all(made.parts[n] == made.parts[n + 1] for n in range(0, 300, 2))
    assert abs(len(made.rows("test")) - 60) <= 4
    assert "duplicates stay together" in made.how


def test_a_split_file_is_read_and_written(tmp_path: Path) -> None:
    data = table(100, y=classes({"a": 50, "b": 50}))
    made = split(data, target=("y",))
    path = tmp_path / "split.json"
    path.write_text(json.dumps(made.to_json()))
    again = split(data, target=("y",), file=path, seed=9)
    assert again.parts == made.parts
    assert again.by == "file"
    assert Split.from_json(made.to_json(), 100) == made
    by_row = {str(row): part for row, part in enumerate(made.parts) if part != "train"}
    path.write_text(json.dumps(by_row))
    with pytest.raises(DataError, match="train part is empty"):
        split(data, target=("y",), file=path)
    path.write_text(json.dumps(["train"] * 99))
    with pytest.raises(DataError, match="other data"):
        split(data, target=("y",), file=path)
    path.write_text(json.dumps(["trian"] * 100))
    with pytest.raises(DataError, match="does not read"):
        split(data, target=("y",), file=path)
    path.write_text("{")
    with pytest.raises(DataError, match="does not read"):
        split(data, target=("y",), file=path)


def test_too_few_rows_are_told() -> None:
    with pytest.raises(DataError, match="part is empty"):
        split(table(2, y=pl.Series(["a", "b"])), target=("y",))


@pytest.mark.parametrize("count", [2, 5])
def test_folds_test_every_usable_row_once(count: int) -> None:
    data = table(103, y=classes({"a": 50, "b": 53}))
    made = folds(data, count, target=("y",))
    tested = np.concatenate([one.rows("test") for one in made])
    assert sorted(tested.tolist()) == list(range(103))
    assert all(abs(len(one.rows("test")) - 103 / count) <= 2 for one in made)
    assert all(len(one.rows("valid")) for one in made)


def test_folds_by_a_column() -> None:
    fold = pl.Series([float(n % 3) for n in range(60)])
    made = folds(table(60, y=classes({"a": 30, "b": 30}), fold=fold), "fold", target=("y",))
    assert [one.rows("test").tolist() for one in made] == [list(range(n, 60, 3)) for n in range(3)]
    with pytest.raises(OptionError, match="between 2 folds"):
        folds(table(60), 1)


def test_rows_of_validation_never_change_the_others() -> None:
    y = classes({"a": 50, "b": 50})
    first = split(table(100, y=y), target=("y",))
    changed = table(100, y=y)
    other = changed["x"].series.to_numpy().copy()
    other[first.rows("valid")] += 100
    moved = Table((Column("x", "number", pl.Series(other)), changed["y"]), "csv", "", Path("t"))
    assert split(moved, target=("y",)).parts == first.parts
    assert usable_rows(moved, ("y",)).all()


@pytest.mark.parametrize("row", ["3", "-1", "x", "9" * 5000])
def test_a_split_that_names_no_row_is_refused(row: str) -> None:
    parts = {"0": "train", "1": "valid", "2": "test", row: "test"}
    with pytest.raises(DataError, match="not there"):
        Split.from_json(parts, 3)


def running(sizes: list[int], parts: tuple[Part, ...] | None = None) -> Table:
    text = pl.Series(["x" * size for size in sizes])
    column = Column("text", "text", text)
    return Table((column,), "text", "", Path("t"), parts=parts, running=True)


@pytest.mark.parametrize("target", [(), ("text",)])
def test_the_end_of_a_running_text_is_the_test_by_characters(target: tuple[str, ...]) -> None:
    sizes = np.random.default_rng(0).integers(1000, 3000, 400).tolist()
    made = split(running(sizes), target=target, kind="language", seed=3)
    order = [("train", "valid", "test").index(part) for part in made.parts]
    assert order == sorted(order)
    total = sum(sizes)
    for part, share in (("test", 0.10), ("valid", 0.05)):
        held = sum(sizes[row] for row in made.rows(part))
        assert abs(held - share * total) <= 3000
    assert made.by == "order"
    assert "last 10 % of the characters test, the 5 % before them" in made.how
    assert split(running(sizes), target=target, kind="language") == made


def test_three_stretches_are_enough_and_two_are_not() -> None:
    made = split(running([9, 9, 9]), target=("text",), kind="language")
    assert made.parts == ("train", "valid", "test")
    with pytest.raises(DataError, match="part is empty"):
        split(running([9, 9]), target=("text",), kind="language")


def test_of_a_running_text_with_a_test_part_the_end_of_training_is_validation() -> None:
    parts: tuple[Part, ...] = ("train",) * 100 + ("test",) * 30
    made = split(running([50] * 130, parts), target=("text",), kind="language")
    assert made.parts == ("train",) * 95 + ("valid",) * 5 + ("test",) * 30
    assert "the last 5 % of the training part" in made.how


def test_folds_of_a_running_text_are_stretches() -> None:
    made = folds(running([10] * 60), 3, target=("text",), kind="language")
    tested = [one.rows("test").tolist() for one in made]
    assert tested == [list(range(40, 60)), list(range(20, 40)), list(range(20))]


def test_items_are_drawn_at_random_and_equal_ones_stay_together() -> None:
    items = [f"item {n // 2}" for n in range(2000)]
    column = Column("text", "text", pl.Series(items))
    data = Table((column,), "lines", "", Path("t"))
    made = split(data, target=("text",), kind="language")
    assert Counter(made.parts) == {"train": 1700, "valid": 100, "test": 200}
    assert all(made.parts[n] == made.parts[n + 1] for n in range(0, 2000, 2))
    assert "10 % test, 5 % validation; duplicates stay together" in made.how
    assert split(data, target=("text",), kind="language", seed=1) != made
    assert validation_share(np.ones(200_000, dtype=bool), TEXT_VALID_SHARE) == (0.025, "5,000 rows")


def test_texts_to_be_written_are_drawn_at_random() -> None:
    texts = [f"text {n} of many words" for n in range(1000)]
    columns = tuple(Column(name, "text", pl.Series(texts)) for name in ("en", "de"))
    data = Table(columns, "pairs", "", Path("t"), target="de")
    made = split(data, target=("de",), kind="translation")
    assert Counter(made.parts) == {"train": 680, "valid": 120, "test": 200}
    assert made.by == "random"

"""What is doubtful about data is found, and sound data are left in peace."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fathom.data.check import check
from fathom.data.duplicates import duplicate_groups
from fathom.data.pictures import Pictures
from fathom.data.similar import near_pairs
from fathom.data.sources import read
from fathom.data.table import Column, Finding, Part, Table

RNG = np.random.default_rng(0)
ROWS = 400


def table(parts: tuple[Part, ...] | None = None, **columns: pl.Series | Pictures) -> Table:
    kinds = {pl.String: "category", pl.Float64: "number", pl.Datetime("us"): "date"}
    made = []
    for name, values in columns.items():
        kind = "image" if isinstance(values, Pictures) else kinds[values.dtype]
        made.append(Column(name, kind, values))  # type: ignore[arg-type]
    return Table(tuple(made), "csv", "", Path("t.csv"), parts=parts)


def subjects(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.subject for finding in findings}


def noise() -> pl.Series:
    return pl.Series(np.random.default_rng(3).standard_normal(ROWS))


def labels(rows: int = ROWS) -> pl.Series:
    return pl.Series([("a", "b")[n] for n in np.random.default_rng(4).integers(0, 2, rows)])


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes", "digits"])
def test_sound_data_have_no_warnings(name: str) -> None:
    data = read(name)
    assert not [f for f in check(data, (data.target,)) if f.severity != "note"]


def test_a_leaking_number_and_a_leaking_name_are_found() -> None:
    y = labels()
    number = pl.Series([(cell == "a") * 5.0 for cell in y]) + noise() * 0.1
    name = y.replace({"a": "paid", "b": "open"})
    found = check(table(x=noise(), fee=number, state=name, y=y), ("y",))
    assert {f.place for f in found if f.subject == "leaking column"} == {"fee", "state"}


def test_a_leaking_number_of_a_regression_is_found_and_a_good_one_is_not() -> None:
    y = noise() * 3
    good = y + pl.Series(RNG.standard_normal(ROWS))
    found = check(table(copy=y * 2 + 1, good=good, y=y), ("y",))
    assert {f.place for f in found if f.subject == "leaking column"} == {"copy"}


def test_names_that_stand_once_do_not_leak() -> None:
    names = pl.Series([f"name {n}" for n in range(ROWS)])
    assert "leaking column" not in subjects(check(table(x=noise(), who=names, y=labels()), ("y",)))


def test_duplicates_conflicts_and_duplicates_across_parts() -> None:
    x = noise().to_list()
    x[10], x[399] = x[0], x[1]
    y = labels().to_list()
    y[0], y[10] = "a", "b"
    y[399] = y[1]
    parts: tuple[Part, ...] = ("train",) * 300 + ("test",) * 100
    data = table(parts, x=pl.Series(x), y=pl.Series(y))
    groups = duplicate_groups(data, ("y",))
    assert groups[10] == groups[0] and groups[399] == groups[1]
    assert len(np.unique(groups)) == ROWS - 2
    found = {f.subject: f for f in check(data, ("y",))}
    assert "2 rows repeat" in found["duplicates"].reason
    assert "1 example stands" in found["label conflict"].reason
    assert "1 test row repeats" in found["duplicates across parts"].reason


def test_rows_of_coarse_columns_are_no_duplicates() -> None:
    data = table(one=labels(), two=labels(), y=labels())
    assert len(np.unique(duplicate_groups(data, ("y",)))) == ROWS


def test_rows_that_were_set_aside_are_nobodys_duplicate() -> None:
    x = pl.Series([None, None, *range(10)], dtype=pl.Float64)
    broken = tuple(Finding("set aside", "ragged row", "", "", row=row) for row in (0, 1))
    data = Table((Column("x", "number", x),), "csv", "", Path("t"), findings=broken)
    assert len(np.unique(duplicate_groups(data))) == 12


def scenes(count: int, side: int = 32) -> np.ndarray:
    """Smooth random pictures (N, side, side, 3) float."""
    coarse = np.random.default_rng(7).uniform(0, 255, (count, 6, 6, 3))
    cell = np.arange(side) * 6 // side
    return coarse[:, cell][:, :, cell]


def test_nearly_equal_pictures_are_found_and_different_ones_are_not() -> None:
    pixels = scenes(300)
    pixels[100] = np.clip(pixels[0] + RNG.normal(0, 3, pixels[0].shape), 0, 255)
    pixels[200] = pixels[1] * 0.8 + 10
    pixels[299] = pixels[2]
    pictures = Pictures.of_array(pixels.astype(np.uint8))
    assert near_pairs(pictures).tolist() == [[0, 100], [1, 200], [2, 299]]


def test_sizes_differ_and_empty_pictures_are_left_out() -> None:
    large = scenes(2, 64).astype(np.uint8)
    small = large[:1].reshape(1, 32, 2, 32, 2, 3).mean(axis=(2, 4)).astype(np.uint8)
    blank = np.full((3, 32, 32, 3), 200, dtype=np.uint8)
    parts = [large, small, blank, scenes(2, 8).astype(np.uint8)]
    pictures = Pictures.joined([Pictures.of_array(part) for part in parts])
    assert near_pairs(pictures).tolist() == [[0, 2]]


def test_handwritten_digits_are_not_near_duplicates() -> None:
    values = read("digits")["image"].values
    assert isinstance(values, Pictures)
    twice = np.stack(list(values)).repeat(3, axis=1).repeat(3, axis=2)
    assert len(near_pairs(Pictures.of_array(twice))) == 0


def test_equal_pictures_of_other_names_are_duplicates_and_missing_ones_are_not() -> None:
    pixels = scenes(20).astype(np.uint8)
    pixels[5] = pixels[4]
    pictures = Pictures.of_array(pixels)
    shapes = pictures.shapes.copy()
    shapes[[0, 1]] = 0
    data = table(
        image=Pictures(pictures.buffer, pictures.offsets, shapes),
        file=pl.Series([f"f{n}" for n in range(20)]),
    )
    groups = duplicate_groups(data)
    assert groups.tolist() == [0, 1, 2, 3, 4, 4, *range(6, 20)]


def test_groups_dates_ids_and_constants_are_told_with_the_option() -> None:
    day = pl.Series([datetime(2020, 1, 1 + n % 28) for n in range(ROWS)], dtype=pl.Datetime("us"))
    patient = pl.Series([f"p{n // 8}" for n in range(ROWS)])
    same = Column("same", "number", pl.Series([1.0] * ROWS), constant=True)
    row = Column("row", "id", pl.Series([str(n) for n in range(ROWS)]), "it counts the rows")
    plain = table(x=noise(), day=day, patient_id=patient, y=labels())
    data = Table((*plain.columns, same, row), "csv", "", Path("t"))
    found = {f.subject: f for f in check(data, ("y",))}
    assert "--group patient_id" in found["group column"].remedy
    assert "--time day" in found["date column"].remedy
    assert found["constant column"].place == "same"
    assert found["id column"].place == "row"


def test_rare_single_and_unbalanced_classes_are_told() -> None:
    y = pl.Series(["a"] * (ROWS - 4) + ["b"] * 3 + ["c"])
    found = {f.subject: f for f in check(table(x=noise(), y=y), ("y",))}
    assert "(c)" in found["one example of a class"].reason
    assert "b 3" in found["rare class"].reason
    assert "imbalance" in found


def test_rows_without_a_target_are_told() -> None:
    y = pl.Series([None, "a", "b", "a"] * 100)
    found = {f.subject: f for f in check(table(x=noise(), y=y), ("y",))}
    assert "100 rows" in found["missing target"].reason
    assert found["missing target"].remedy


def test_many_categories_are_told() -> None:
    zipped = pl.Series([f"z{n % 2000}" for n in range(4000)])
    data = table(zip=zipped, x=pl.Series(RNG.standard_normal(4000)), y=labels(4000))
    assert "many categories" in subjects(check(data, ("y",)))


def test_a_row_set_aside_is_not_said_to_lack_its_target_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,label\n" + "1,x\n2,y\n" * 5 + "3\n4,\n")
    found = check(read(str(tmp_path / "t.csv")), ("label",))
    told = [one.reason for one in found if one.subject == "missing target"]
    assert len(told) == 1 and told[0].startswith("1 row ")


def test_a_column_that_the_parts_go_by_is_not_called_unused() -> None:
    speakers = Column("speaker", "id", pl.Series([f"s{n % 6}" for n in range(ROWS)]), "told")
    data = table(x=noise(), y=labels())
    data = replace(data, columns=(*data.columns, speakers))
    assert "id column" in subjects(check(data, ("y",)))
    assert "id column" not in subjects(check(data, ("y",), settled=("speaker", None)))


def test_nothing_is_suggested_that_was_done_and_no_class_of_numbers_is_rare() -> None:
    people = pl.Series([f"p{n // 4}" for n in range(ROWS)])
    days = pl.Series([datetime(2020, 1, 1 + n % 28) for n in range(ROWS)])
    y = pl.Series([float(n % 5 == 0) * (n % 7) for n in range(ROWS)])
    data = table(person_id=people, day=days, y=y)
    assert {"group column", "date column", "imbalance"} <= subjects(check(data, ("y",)))
    quiet = check(data, ("y",), classes=False, settled=("person_id", "day"))
    assert not {"group column", "date column", "imbalance", "rare class"} & subjects(quiet)

"""What kind a column is, from all of its rows."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.kinds import Reading, as_kind, names, numbers, read_column
from fathom.data.table import Column, Kind
from fathom.errors import DataError

READING = Reading()


def kind_of(cells: Sequence[str | None], name: str = "x", reading: Reading = READING) -> Column:
    return read_column(name, pl.Series(cells, dtype=pl.String), None, reading)[0]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4", " 7 ", "+1", ".5", "1."], "number"),
        (["1", "", "NA", "3"], "number"),
        (["01234", "20095", "00501"], "category"),
        (["0", "0.5", "10"], "number"),
        (["yes", "no", "yes"], "category"),
        (["1", "2", "3a", "4"], "category"),
        (["2020-01-31", "2021-02-01"], "date"),
        (["31.12.2020", "1.1.2021"], "date"),
        (["2020-01-31 10:00", "2021-02-01 11:30"], "date"),
        (["2020-01-31T10:00:00Z", "2021-02-01T11:30:00Z"], "date"),
        (["13/01/2020", "12/12/2020"], "date"),
        (["20200131", "20210201", "20191231"], "date"),
        (["2019", "2020", "2021"], "number"),
        (["2020-13-01", "2020-01-01"], "category"),
        ([f"a{n}" for n in range(40)], "id"),
        ([str(n) for n in range(40)], "id"),
        ([f"the {n} words of a long text" for n in range(40)], "text"),
        ([f"第{n}只猫在红色的大树下睡觉" for n in range(40)], "text"),
        ([f"山田{chr(0x5B50 + n)}郎" for n in range(40)], "id"),
        ([f"แมวสีแดงนอนอยู่ใต้ต้นไม้ใหญ่{n}" for n in range(40)], "text"),
        (["a very long answer that many people gave to it"] * 30 + ["no"] * 30, "category"),
        ([None, None], "category"),
    ],
)
def test_kinds(cells: list[str | None], kind: Kind) -> None:
    column = kind_of(cells)
    assert column.kind == kind
    assert column.why


def test_words_of_a_text_are_no_marks_but_the_users_own() -> None:
    cells = ["none", "?", " - ", "", "na", *(f"the {n} words of a long text" for n in range(40))]
    column, findings = read_column("x", pl.Series(cells), None, READING)
    assert column.kind == "text"
    assert column.series[:5].to_list() == ["none", "?", "-", None, "na"]
    assert not findings
    own = READING.with_marks(["NA"])
    for asked in (None, "text"):
        column, findings = read_column("x", pl.Series(cells), asked, own)
        assert column.series[:5].to_list() == ["none", "?", "-", None, None]
        assert "'na' 1 times" in findings[0].reason


def test_day_and_month_are_told_apart_by_all_rows() -> None:
    european = kind_of(["01/02/2020", "13/02/2020"]).series
    assert european[0].month == 2
    both = kind_of(["01/02/2020", "03/02/2020"])
    assert both.series[0].month == 1
    assert "could also be" in both.why


def test_an_id_by_name_needs_different_whole_numbers() -> None:
    scattered = [str(n * n + 5) for n in range(40)]
    assert kind_of(scattered, "customer_id").kind == "id"
    assert kind_of(scattered, "income").kind == "number"
    assert kind_of([*scattered, scattered[0]], "customer_id").kind == "number"


def test_a_few_misfits_among_numbers_become_missing_and_are_told() -> None:
    cells = [str(n / 7) for n in range(60)] + ["broken"]
    column, findings = read_column("x", pl.Series(cells), None, READING)
    assert column.kind == "number"
    assert column.series[60] is None
    assert "'broken'" in findings[0].reason
    assert "--missing" in findings[0].remedy


NUMERIC = pl.Series([1, 0, None])


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (NUMERIC.cast(pl.Int8), "number"),
        (NUMERIC.cast(pl.Float32), "number"),
        (NUMERIC.cast(pl.Decimal(10, 2)), "number"),
        (NUMERIC.cast(pl.Boolean), "category"),
        (NUMERIC.cast(pl.Date), "date"),
        (NUMERIC.cast(pl.String).cast(pl.Categorical), "category"),
        (pl.Series([["a", "b"], ["a"], None]), "category"),
    ],
)
def test_stored_types(raw: pl.Series, kind: Kind) -> None:
    column, _ = read_column("x", raw, None, READING)
    assert column.kind == kind
    assert column.series.null_count() == 1


def test_decimal_commas_only_where_the_file_has_them() -> None:
    cells = pl.Series(["1.234,5", "2,5"])
    assert numbers(cells, Reading(decimal_comma=True)).to_list() == [1234.5, 2.5]
    assert numbers(cells, Reading()).null_count() == 2


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_written_numbers_come_back(values: list[float | None]) -> None:
    cells = pl.Series([None if value is None else repr(value) for value in values], dtype=pl.String)
    found = numbers(cells, READING).to_list()
    assert found == values


@given(st.lists(st.none() | st.text(max_size=6), min_size=1, max_size=60))
def test_no_cells_raise_and_none_are_lost_silently(cells: list[str | None]) -> None:
    column, findings = read_column("x", pl.Series(cells, dtype=pl.String), None, READING)
    assert len(column) == len(cells)
    known = [c for c in cells if c is not None and c.strip().lower() not in READING.marks]
    lost = len(known) - (len(cells) - column.series.null_count())
    assert lost <= 0 or any(f.subject == "cells that do not fit" for f in findings)


def test_whole_numbers_as_names_have_no_point() -> None:
    assert names(pl.Series([1.0, 2.0, None])).to_list() == ["1", "2", None]
    assert names(pl.Series([1.5, 2.0])).to_list() == ["1.5", "2.0"]


def test_as_kind_counts_what_was_lost() -> None:
    column = Column("x", "category", pl.Series(["1", "two", None]))
    made, lost = as_kind(column, "number")
    assert (made.kind, lost) == ("number", 1)
    assert made.series.to_list() == [1.0, None, None]
    assert as_kind(made, "category")[0].series.to_list() == ["1", None, None]
    with pytest.raises(DataError, match="cannot be read as image"):
        as_kind(column, "image")

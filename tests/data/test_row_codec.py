import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.data.codecs import to_json
from fathom.data.codecs.category import CategoryCodec
from fathom.data.codecs.date import DateCodec
from fathom.data.codecs.number import NumberCodec
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.row import RowCodec
from fathom.data.table import Column
from fathom.errors import DataError

NUMBERS = st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30)
NAMES = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=30)
DATES = st.lists(
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=30
)


def number(name: str, values: list[float | None]) -> Column:
    return Column(name, "number", pl.Series(values, dtype=pl.Float64))


def category(name: str, values: list[str | None]) -> Column:
    return Column(name, "category", pl.Series(values, dtype=pl.String))


@given(NUMBERS)
def test_numbers_come_back(values: list[float | None]) -> None:
    codec = NumberCodec.fit(pl.Series(values, dtype=pl.Float64))
    back = codec.decode(codec.encode(pl.Series(values, dtype=pl.Float64)))
    expected = [np.nan if value is None else value for value in values]
    np.testing.assert_array_equal(back, expected)


@given(NUMBERS)
def test_prepared_numbers_are_bounded_and_flagged_as_in_training(
    values: list[float | None],
) -> None:
    series = pl.Series(values, dtype=pl.Float64)
    codec = NumberCodec.fit(series)
    prepared = codec.prepare(codec.encode(series))["value"]
    assert prepared.shape == (len(values), *codec.spec().shape)
    assert torch.isfinite(prepared).all()
    assert prepared.abs().max() <= 3.0
    known = sum(value is not None for value in values)
    assert codec.flagged == (0 < known < len(values))


def test_scaling_by_hand() -> None:
    codec = NumberCodec.fit(pl.Series([0.0, 1.0, 2.0, 3.0, 4.0, None]))
    prepared = codec.prepare(codec.encode(pl.Series([2.0, 4.0, None])))["value"]
    squashed = 1.0 / np.sqrt(1.0 + 1.0 / 9.0)  # one interquartile range of 2 above the median
    torch.testing.assert_close(
        prepared, torch.tensor([[0.0, 0.0], [squashed, 0.0], [0.0, 1.0]], dtype=torch.float32)
    )


def test_huge_and_unreadable_numbers_stay_finite() -> None:
    codec = NumberCodec.fit(pl.Series([1.0, 2.0, 3.0, float("inf"), -1e300]))
    prepared = codec.prepare(codec.encode(pl.Series(["1e400", "-1e38", "two", "2"])))["value"]
    assert torch.isfinite(prepared).all()
    assert prepared[0, 0] > 2.9
    assert prepared[1, 0] < -2.9
    assert prepared[3, 0] == 0.0


def test_constant_and_empty_columns_read_zero() -> None:
    for values in ([5.0, 5.0], [None, None]):
        codec = NumberCodec.fit(pl.Series(values, dtype=pl.Float64))
        assert codec.prepare(codec.encode(pl.Series([7.0])))["value"].tolist() == [[0.0]]


@given(NAMES)
def test_levels_come_back_and_strangers_are_unknown(values: list[str | None]) -> None:
    series = pl.Series(values, dtype=pl.String)
    codec = CategoryCodec.fit(series)
    back = codec.decode(codec.encode(series)).to_list()
    assert back == [value if value in codec.levels else None for value in values]
    assert codec.encode(pl.Series(["never seen"]))["value"].tolist() == [0]
    assert len(set(codec.levels)) == len(codec.levels)


def test_levels_are_ordered_by_frequency_and_rare_ones_folded() -> None:
    few = CategoryCodec.fit(pl.Series(["b", "a", "b", None]))
    assert few.levels == ("b", "a")
    many = CategoryCodec.fit(pl.Series([f"v{i // 2}" for i in range(20)] + ["once"]))
    assert "once" not in many.levels
    assert len(many.levels) == 10


def test_ten_thousand_levels_at_most() -> None:
    codec = CategoryCodec.fit(pl.Series([str(i // 2) for i in range(24_000)]))
    assert len(codec.levels) == 10_000
    assert codec.encode(pl.Series(["0"]))["value"].item() > 0


def test_whole_floats_and_names_of_numbers_are_one_level() -> None:
    codec = CategoryCodec.fit(pl.Series(["3", "4", "3"]))
    assert codec.encode(pl.Series([3.0, 4.0, None, float("nan")]))["value"].tolist() == [1, 2, 0, 0]


@given(DATES)
@settings(max_examples=50)
def test_dates_come_back_to_the_minute_or_better(values: list[datetime | None]) -> None:
    series = pl.Series(values, dtype=pl.Datetime("us"))
    codec = DateCodec.fit(series)
    encoded = codec.encode(series)["value"]
    assert encoded.shape == (len(values), len(codec.parts))
    assert torch.isfinite(codec.prepare({"value": encoded})["value"]).all()
    if "elapsed" in codec.parts:
        back = codec.decode({"value": encoded}).to_list()
        for found, value in zip(back, values, strict=True):
            assert (found is None) == (value is None)
            # float32 holds 200 years in days with a step of 6 minutes
            assert value is None or abs(found - value) < timedelta(minutes=8)


def test_date_parts_tell_weekday_hour_and_season() -> None:
    days = [datetime(2024, 1, 1) + timedelta(hours=7 * i) for i in range(400)]
    codec = DateCodec.fit(pl.Series(days))
    assert {"elapsed", "weekday sine", "hour cosine", "season sine"} <= set(codec.parts)
    value = codec.encode(pl.Series([datetime(2024, 2, 5), datetime(2024, 2, 12)]))["value"]
    place = list(codec.parts).index("weekday sine")
    torch.testing.assert_close(value[0, place], value[1, place], atol=1e-5, rtol=0.0)
    dates_only = DateCodec.fit(pl.Series([datetime(2024, 1, day) for day in range(1, 9)]))
    assert not any(part.startswith("hour") for part in dates_only.parts)


def mixed() -> list[Column]:
    dates = [datetime(2020, 1, 3, 5), None, datetime(2021, 3, 1), datetime(2022, 7, 1)]
    return [
        number("age", [1.0, 2.0, None, 4.0]),
        category("colour", ["red", "blue", "red", None]),
        Column("day", "date", pl.Series(dates)),
        Column("remark", "text", pl.Series(["a", "b", "c", "d"])),
    ]


def test_a_row_is_numbers_then_flags_then_levels() -> None:
    codec = RowCodec.fit(mixed())
    prepared = codec.prepare(codec.encode(mixed()))["value"]
    spec = codec.spec()
    assert prepared.dtype == torch.float32
    assert prepared.shape == (4, *spec.shape)
    assert spec.levels == (3,)
    assert prepared[:, -1].tolist() == [1.0, 2.0, 1.0, 0.0]
    names = codec.features()
    assert len(names) == spec.shape[0]
    assert prepared[:, names.index("age is missing")].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert prepared[:, names.index("day elapsed is missing")].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert not any(name.startswith("remark") for name in names)


def test_a_row_comes_back() -> None:
    codec = RowCodec.fit(mixed())
    back = codec.decode(codec.encode(mixed()))
    assert back["age"].to_list() == [1.0, 2.0, None, 4.0]
    assert back["colour"].to_list() == ["red", "blue", "red", None]
    assert back["day"].to_list()[0] == datetime(2020, 1, 3, 5)


def test_missing_extra_and_reordered_columns() -> None:
    codec = RowCodec.fit(mixed())
    whole = codec.prepare(codec.encode(mixed()))["value"]
    shuffled = [number("new", [0.0] * 4), *reversed(mixed())]
    torch.testing.assert_close(codec.prepare(codec.encode(shuffled))["value"], whole)
    without = codec.prepare(codec.encode([c for c in mixed() if c.name != "age"]))["value"]
    assert without[:, codec.features().index("age is missing")].tolist() == [1.0] * 4
    assert torch.isfinite(without).all()


def test_a_column_of_another_kind_is_read_as_in_training() -> None:
    codec = RowCodec.fit(mixed())
    turned = [category("age", ["1.0", "2", "none", "4"]), *mixed()[1:]]
    torch.testing.assert_close(codec.encode(turned), codec.encode(mixed()), equal_nan=True)


def test_json_round_trip() -> None:
    codec = RowCodec.fit(mixed())
    assert codec_from_json(json.loads(json.dumps(to_json(codec)))) == codec


def test_only_training_values_matter() -> None:
    codec = RowCodec.fit([column.take(np.array([0, 1])) for column in mixed()])
    changed = [number("age", [1.0, 2.0, 999.0, -999.0]), *mixed()[1:]]
    assert RowCodec.fit([column.take(np.array([0, 1])) for column in changed]) == codec


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(DataError, match="No column"):
        RowCodec.fit([Column("remark", "text", pl.Series(["a"]))])


def test_preparation_is_exportable() -> None:
    codec = RowCodec.fit(mixed())

    class Preparation(torch.nn.Module):
        def forward(self, value: torch.Tensor) -> torch.Tensor:
            return codec.prepare({"value": value})["value"]

    value = codec.encode(mixed())["value"]
    rows = torch.export.Dim("rows", min=2)
    program = torch.export.export(Preparation(), (value,), dynamic_shapes=({0: rows},))
    torch.testing.assert_close(
        program.module()(value[:3]), codec.prepare({"value": value[:3]})["value"]
    )


def test_no_rows_are_encoded_as_none() -> None:
    columns = [number("a", [1.0, 2.0]), category("b", ["x", "y"])]
    codec = RowCodec.fit(columns)
    none = [column.take(np.array([], dtype=int)) for column in columns]
    assert codec.encode(none)["value"].shape == (0, 2)

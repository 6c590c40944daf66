"""Rows of numbers and categories as points, and points as rows."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from fathom.data.codecs import to_json
from fathom.data.codecs.drawn import Drawable
from fathom.data.codecs.record import MOST_NAMES, OTHER, Law, RecordCodec, Simplex
from fathom.data.codecs.registry import codec_from_json
from fathom.data.table import Column


def columns(frame: pl.DataFrame) -> list[Column]:
    return [
        Column(name, "number" if frame[name].dtype.is_numeric() else "category", frame[name])
        for name in frame.columns
    ]


FRAME = pl.DataFrame(
    {
        "age": [31.0, 22.0, None, 31.0, 40.0, 58.0],
        "town": ["Ulm", None, "Bonn", "Ulm", "Ulm", "Bonn"],
        "pay": [0.0, 1200.5, 0.0, 900.25, 0.0, 10.0],
        "left": ["no", "no", "yes", "no", "no", "no"],
    }
)


def test_a_law_by_hand() -> None:
    law = Law.fit(np.array([2.0, 1.0, 1.0, 4.0]))
    assert law == Law((1.0, 2.0, 4.0), (0.0, 0.625, 0.875), (0.5, 0.625, 0.875), 0)
    assert law.scores(np.array([1.0, 2.0, np.nan])) == pytest.approx([ndtri(0.25), ndtri(0.625), 0])
    assert law.numbers(ndtri(np.array([0.01, 0.49, 0.625, 0.99]))).tolist() == [1, 1, 2, 4]
    assert law.numbers(ndtri(np.array([0.75]))).tolist() == [3]  # between 2 and 4, seen once each


def test_a_value_that_is_common_is_drawn_as_often() -> None:
    source = np.random.default_rng(0)
    data = np.where(source.random(5000) < 0.9, 0.0, source.exponential(10.0, 5000))
    drawn = Law.fit(data).numbers(source.standard_normal(20_000))
    assert (drawn == 0).mean() == pytest.approx((data == 0).mean(), abs=0.01)
    assert np.quantile(drawn, 0.97) == pytest.approx(np.quantile(data, 0.97), rel=0.1)


def test_corners_have_no_mean_and_the_variance_of_two_numbers() -> None:
    names = pl.Series(["a", "a", "a", None, "b", "b"])
    simplex = Simplex.fit(names)
    assert simplex.names == ("a", "b", None)
    points = simplex.points(names)
    assert points.mean(0) == pytest.approx(0, abs=1e-12)
    assert points.var(0).sum() == pytest.approx(2)
    assert simplex.nearest(points).to_list() == names.to_list()


def test_rare_names_are_one() -> None:
    names = pl.Series([f"n{number:03}" for number in range(150)] * 2 + ["n000"])
    simplex = Simplex.fit(names)
    assert len(simplex.names) == MOST_NAMES + 1
    assert sum(simplex.shares) == pytest.approx(1)
    assert simplex.nearest(simplex.points(pl.Series(["n149"]))).to_list() == [OTHER]


def test_rows_come_back_as_they_were() -> None:
    codec = RecordCodec.fit(columns(FRAME))
    assert isinstance(codec, Drawable)
    points = codec.encode(columns(FRAME))["value"].numpy()
    assert points.shape == (6, *codec.spec().shape)
    rows = codec.listed(points)
    assert rows.columns == FRAME.columns
    assert rows["age"].dtype == pl.Int64
    assert rows.equals(FRAME.with_columns(pl.col("age").cast(pl.Int64)))
    assert codec.written(points) == pytest.approx(points)
    far = codec.listed(points * 50)
    assert far["age"].max() == 58
    assert far["pay"].min() == 0


def test_a_saved_codec_is_the_same() -> None:
    codec = RecordCodec.fit(columns(FRAME))
    assert codec_from_json(json.loads(json.dumps(to_json(codec)))) == codec


def test_columns_without_anything_are_written_without_anything() -> None:
    frame = pl.DataFrame(
        {"none": pl.Series([None, None], dtype=pl.Float64), "one": [7, 7], "same": ["x", "x"]}
    )
    codec = RecordCodec.fit(columns(frame))
    rows = codec.listed(np.random.default_rng(0).standard_normal((50, *codec.spec().shape)))
    assert rows["none"].null_count() == 50
    assert set(rows["one"]) == {7}
    assert set(rows["same"]) == {"x"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)), min_size=1, max_size=60))
def test_any_numbers_come_back(numbers: list[int | None]) -> None:
    frame = pl.DataFrame({"x": pl.Series(numbers, dtype=pl.Float64)})
    codec = RecordCodec.fit(columns(frame))
    points = codec.encode(columns(frame))["value"].numpy()
    assert np.isfinite(points).all()
    found = codec.listed(points)["x"].cast(pl.Float64)
    assert found.equals(frame["x"])

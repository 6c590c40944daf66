import json

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.codecs import to_json
from fathom.data.codecs.labels import ClassCodec, LabelsCodec
from fathom.data.codecs.number import NumbersCodec
from fathom.data.codecs.registry import codec_from_json
from fathom.data.table import Column
from fathom.errors import DataError

FLOATS = st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=20)


def number(name: str, values: list[float | None]) -> Column:
    return Column(name, "number", pl.Series(values, dtype=pl.Float64))


@given(st.lists(st.text(max_size=4), min_size=1, max_size=20))
def test_classes_come_back(values: list[str]) -> None:
    codec = ClassCodec.fit(pl.Series(values))
    places = codec.encode(pl.Series(values))["value"]
    assert codec.decode({"answer": places}).to_list() == values
    assert codec.spec().classes == tuple(codec.classes)
    assert int(places.max()) < len(codec.classes)


def test_classes_that_are_numbers_are_ordered_as_numbers() -> None:
    assert ClassCodec.fit(pl.Series(["10", "9", None, "2"])).classes == ("2", "9", "10")
    assert ClassCodec.fit(pl.Series(["b", "10", "9"])).classes == ("10", "9", "b")


def test_unseen_and_missing_classes_are_minus_one() -> None:
    codec = ClassCodec.fit(pl.Series(["a", "b"]))
    assert codec.encode(pl.Series(["b", "c", None]))["value"].tolist() == [1, -1, -1]
    assert codec.decode({"answer": torch.tensor([-1, 0])}).to_list() == [None, "a"]


@given(FLOATS)
def test_numbers_come_back_standardised(values: list[float]) -> None:
    column = number("price", list(values))
    codec = NumbersCodec.fit([column])
    standard = codec.encode([column])["value"]
    back = codec.decode({"answer": standard})
    np.testing.assert_allclose(back[:, 0], values, rtol=1e-4, atol=1e-2)
    if len(set(values)) > 1:
        assert float(standard.mean()) == pytest.approx(0.0, abs=1e-3)
        assert float(standard.std(unbiased=False)) == pytest.approx(1.0, abs=1e-3)


def test_answers_stay_in_the_training_range() -> None:
    codec = NumbersCodec.fit([number("a", [0.0, 1.0, 2.0]), number("b", [5.0, 5.0, 5.0])])
    wild = codec.decode({"answer": torch.tensor([[100.0, 100.0], [-100.0, -100.0]])})
    assert wild.tolist() == [[2.0, 5.0], [0.0, 5.0]]
    assert codec.spec().shape == (2,)
    assert codec.spec().classes == ("a", "b")


def test_missing_targets_are_not_numbers() -> None:
    column = number("a", [1.0, None, 3.0])
    codec = NumbersCodec.fit([column])
    assert codec.means == (2.0,)
    assert torch.isnan(codec.encode([column])["value"][:, 0]).tolist() == [False, True, False]
    with pytest.raises(DataError, match="no number"):
        NumbersCodec.fit([number("a", [None, None])])


def test_large_targets_keep_their_small_differences() -> None:
    values = [1e9, 1e9 + 1, 1e9 + 2]
    codec = NumbersCodec.fit([number("a", list(values))])
    back = codec.decode(
        codec.encode([number("a", list(values))])
        | {"answer": codec.encode([number("a", list(values))])["value"]}
    )
    np.testing.assert_allclose(back[:, 0], values, atol=1e-3, rtol=0)


def test_joined_labels_come_back() -> None:
    column = Column("tags", "category", pl.Series(["red|blue", "blue", "", None]))
    codec = LabelsCodec.fit([column])
    bits = codec.encode([column])["value"]
    assert codec.classes == ("blue", "red")
    assert bits[:3].tolist() == [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    assert torch.isnan(bits[3]).all()
    assert codec.decode({"answer": bits[:3]}).to_list() == [["blue", "red"], ["blue"], []]
    strange = Column("tags", "category", pl.Series(["red|green"]))
    assert codec.encode([strange])["value"].tolist() == [[0.0, 1.0]]


def test_yes_and_no_columns_are_labels() -> None:
    columns = [
        Column("rain", "category", pl.Series(["yes", "No", None, "perhaps"])),
        number("snow", [1.0, 0.0, 1.0, 0.0]),
    ]
    codec = LabelsCodec.fit(columns)
    bits = codec.encode(columns)["value"]
    assert codec.spec().classes == ("rain", "snow")
    assert bits[:2].tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert torch.isnan(bits[2:, 0]).all()


def test_json_round_trips() -> None:
    for codec in (
        ClassCodec(("a", "b")),
        LabelsCodec(("a", "b"), "tags", "|"),
        NumbersCodec.fit([number("a", [1.0, 2.0])]),
    ):
        assert codec_from_json(json.loads(json.dumps(to_json(codec)))) == codec

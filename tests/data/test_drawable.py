"""What is drawn is known by its codec: the contract, of pictures, clips and rows."""

import numpy as np
import polars as pl
import pytest

from fathom.data.codecs.drawn import Drawable, Pictorial
from fathom.data.codecs.image import ImageCodec
from fathom.data.codecs.record import RecordCodec
from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.data.table import Column

SPECTRUM = SpectrumCodec(rate=8_000, bands=64, window=256, hop=80, columns=8)
RECORD = RecordCodec.fit([Column("size", "number", pl.Series([1.0, 2.5, 4.0, 7.5]))])
SOURCE = np.random.default_rng(0)
DRAWN: dict[str, tuple[Drawable, np.ndarray]] = {
    "pictures": (
        ImageCodec(20, 33, 3, (0.0,) * 3, (1.0,) * 3),
        SOURCE.integers(0, 256, (4, 20, 33, 3), dtype=np.uint8),
    ),
    "clips": (SPECTRUM, SOURCE.integers(0, 256, (4, 64, 8, 1), dtype=np.uint8)),
    "rows": (RECORD, SOURCE.standard_normal((4, 1)).astype(np.float32)),
}


@pytest.mark.parametrize("items", DRAWN)
def test_it_says_what_it_is_and_gives_numbers_to_compare(items: str) -> None:
    codec, values = DRAWN[items]
    assert isinstance(codec, Drawable)
    assert codec.items == items
    small = codec.small(values)
    assert small.dtype == np.float32
    assert len(small) == len(values)
    assert small.shape[1] <= 16 * 17 * 3
    assert codec.written(values).shape == values.shape
    assert bool(codec.listed(values).columns) == (items == "rows")


def test_it_is_compared_in_its_own_words() -> None:
    said = {name: codec.like for name, (codec, _) in DRAWN.items()}
    assert said == {"pictures": "looks like", "clips": "sounds like", "rows": "reads like"}


def test_only_pictures_may_be_mirrored_and_only_rows_have_no_shades() -> None:
    assert [name for name, (codec, _) in DRAWN.items() if codec.mirrors] == ["pictures"]
    assert [name for name, (codec, _) in DRAWN.items() if codec.tones is None] == ["rows"]


def test_small_pictures_are_compared_as_they_are_and_large_ones_by_means() -> None:
    small = np.arange(12, dtype=np.uint8).reshape(1, 3, 4, 1)
    assert Pictorial().small(small).tolist() == [list(range(12))]
    large = np.zeros((1, 32, 32, 1), dtype=np.uint8)
    large[0, :2, :2, 0] = [[0, 40], [80, 120]]
    found = Pictorial().small(large)[0]
    assert found.shape == (256,)
    assert found[0] == 60
    assert not found[1:].any()

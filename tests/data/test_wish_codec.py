"""The class that a picture is drawn by: numbers and names, and pictures alone."""

import numpy as np
import polars as pl

from fathom.data.codecs import to_json
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.wish import WishCodec
from fathom.data.pictures import Pictures
from fathom.data.units import UNITS


def test_classes_count_from_one_and_come_back_by_name() -> None:
    codec = WishCodec.fit(pl.Series(["rose", "daisy", "rose", None]))
    assert codec.classes == ("daisy", "rose")
    stored = codec.encode(pl.Series(["rose", "daisy", "tulip", None]))["value"]
    assert stored.tolist() == [2, 1, -1, -1]
    assert codec.decode({"answer": stored[:2]}).to_list() == ["rose", "daisy"]
    assert UNITS["sample"].known(stored.numpy()).tolist() == [True, True, False, False]


def test_pictures_alone_have_no_classes() -> None:
    pictures = Pictures.of_array(np.zeros((3, 2, 2, 1), dtype=np.uint8))
    codec = WishCodec.fit(pictures)
    assert codec.spec().classes == ()
    assert codec.encode(pictures)["value"].tolist() == [0, 0, 0]
    assert codec_from_json(to_json(codec)) == codec

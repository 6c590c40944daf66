"""Texts as bags of terms: against the rival's own counting, and what is left of odd texts."""

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.baselines.terms import letter_counts, weigh, word_counts
from fathom.data.batches import taken
from fathom.data.codecs import to_json
from fathom.data.codecs.bag import BagCodec, packed, unpacked
from fathom.data.codecs.registry import codec_from_json
from fathom.data.ragged import Ragged
from fathom.errors import RunError

TEXTS = [
    "The ship sails, the ship sinks.",
    "Bread and flour; bread",
    "",
    "A ship of bread à la carte",
    "the the the",
]


def encoded(codec: BagCodec, texts: Sequence[str | None]) -> Ragged:
    stored = codec.encode(pl.Series(texts, dtype=pl.String))["value"]
    assert isinstance(stored, Ragged)
    return stored


def weights(stored: Ragged, row: int) -> list[float]:
    assert stored.weights is not None
    return sorted(stored.weights[stored.offsets[row] : stored.offsets[row + 1]].tolist())


def test_weights_are_those_of_tf_idf() -> None:
    codec = BagCodec.fit(pl.Series(TEXTS[:4]))
    stored = encoded(codec, TEXTS)
    expected = [weigh(count(TEXTS), slice(0, 4)) for count in (word_counts, letter_counts)]
    for row in range(len(TEXTS)):
        both = np.concatenate([part[[row]].data for part in expected])
        assert weights(stored, row) == pytest.approx(sorted(both.tolist()), abs=2e-3)


def test_equal_terms_have_equal_numbers_below_the_number_of_terms() -> None:
    codec = BagCodec.fit(pl.Series(TEXTS))
    first, again = (encoded(codec, texts).lists() for texts in (TEXTS, TEXTS[::-1]))
    assert first == again[::-1]
    assert max(map(max, filter(None, first))) < codec.spec().levels[0]
    assert codec.spec().shape == (max(map(len, first)),)


def test_words_alone_are_fewer_and_few_numbers_are_shared() -> None:
    every = BagCodec.fit(pl.Series(TEXTS))
    words = BagCodec.fit(pl.Series(TEXTS), letters=False)
    crowded = BagCodec.fit(pl.Series(TEXTS), buckets=4)
    assert words.spec().levels[0] == word_counts(TEXTS).shape[1] < every.spec().levels[0]
    assert crowded.spec().levels[0] == 8


def test_missing_and_unseen_texts_hold_nothing_and_the_latter_are_told() -> None:
    codec = BagCodec.fit(pl.Series(TEXTS))
    texts = [None, "", "☃☃", "ship"]
    stored = encoded(codec, texts)
    assert stored.lengths(np.arange(3)).tolist() == [0, 0, 0]
    assert list(codec.strange(pl.Series(texts, dtype=pl.String))) == [2]
    batch = taken({"x": stored}, np.arange(3))
    assert batch["x"].shape == batch["x_weight"].shape == (3, 1)
    assert not batch["x_weight"].any()


def test_statistics_come_back_from_json_and_broken_ones_are_refused() -> None:
    codec = BagCodec.fit(pl.Series(TEXTS))
    again = codec_from_json(json.loads(json.dumps(to_json(codec))))
    assert again == codec
    with pytest.raises(RunError, match="table of terms"):
        unpacked("no base64!")
    with pytest.raises(RunError, match="table of terms"):
        BagCodec(3, packed(np.arange(3))).spec()
    assert unpacked(packed(np.arange(9))).tolist() == list(range(9))


@settings(max_examples=30)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_texts_are_taken_and_parts_have_length_one(texts: list[str]) -> None:
    codec = BagCodec.fit(pl.Series(texts, dtype=pl.String), buckets=1024)
    stored = encoded(codec, texts)
    assert stored.weights is not None
    for row in range(len(texts)):
        length = sum(weight**2 for weight in weights(stored, row))
        assert min(abs(length - expected) for expected in (0, 1, 2)) < 0.02

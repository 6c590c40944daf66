"""Texts to tokens and back."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.codecs import to_json
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.text import FIRST, Marks, TextCodec
from fathom.data.fields import Field, Fields
from fathom.data.ragged import Ragged
from fathom.data.table import Column, Table
from fathom.spec import BEGIN, END, UNKNOWN

TEXTS = pl.Series(["the cat sat on the mat.\n", "the dog sat on the log.\n"] * 20)
BYTES = TextCodec.fit(TEXTS, pieces=300)


def tokens(codec: TextCodec, texts: list[str]) -> list[list[int]]:
    stored = codec.encode(pl.Series(texts, dtype=pl.String))["value"]
    assert isinstance(stored, Ragged)
    cuts = stored.offsets
    return [stored.flat[a:b].tolist() for a, b in itertools.pairwise(cuts)]


@pytest.mark.parametrize("marks", ["none", "items"])
def test_lengths_are_those_of_texts_without_marks(marks: Marks) -> None:
    texts = pl.Series(["the cat", None, "", "dog"], dtype=pl.String)
    codec = replace(TextCodec.fit(TEXTS), marks=marks)
    assert codec.lengths(texts) == [7, 0, 0, 3]


@given(st.text(alphabet="thecasonmdlg. \n", max_size=40))
def test_known_characters_come_back(text: str) -> None:
    codec = TextCodec.fit(TEXTS)
    assert codec.text(tokens(codec, [text])[0]) == text


@given(st.text(max_size=40))
def test_bytes_bring_any_text_back(text: str) -> None:
    if text.encode("utf-8", "ignore").decode() != text:
        return
    assert BYTES.text(tokens(BYTES, [text])[0]) == text


def test_pairs_shorten_a_text() -> None:
    assert len(tokens(BYTES, ["the cat sat"])[0]) < len("the cat sat")
    assert BYTES.spec().levels[0] == FIRST + len(BYTES.vocabulary)


def test_items_stand_between_marks_and_a_running_text_begins_with_one() -> None:
    items = TextCodec.fit(TEXTS, marks="items")
    assert tokens(items, ["a"])[0][0] == BEGIN
    assert tokens(items, ["a"])[0][-1] == END
    running = TextCodec.fit(TEXTS, marks="running", history=3)
    assert [row[0] == BEGIN for row in tokens(running, ["the", "cat"])] == [True, False]


@pytest.mark.parametrize("running", [True, False])
def test_rows_that_follow_each_other_know_what_was_before_and_others_do_not(running: bool) -> None:
    codec = TextCodec.fit(TEXTS, marks="running", history=3)
    fields = Fields(
        (Field("text", ("t",), codec, together=False),), Field("t", ("t",), codec, False)
    )
    column = Column("t", "text", pl.Series("t", ["the", "cat"]))
    stored = fields.encode_inputs(Table((column,), "", "", Path("t"), running=running))["text"]
    assert isinstance(stored, Ragged)
    both = np.array([0, 1])
    assert stored.histories(both).tolist() == ([0, 3] if running else [0, 0])
    begun = [row[0] == BEGIN for row in stored.lists()]
    assert begun == ([True, False] if running else [True, True])


def test_an_unseen_character_is_told_and_kept_apart() -> None:
    codec = TextCodec.fit(TEXTS)
    assert tokens(codec, ["a€"])[0][1] == UNKNOWN
    assert "'€'" in codec.strange(pl.Series(["cat", "a€"]))[1][0]
    assert 0 not in codec.strange(pl.Series(["cat", "a€"]))


def test_a_text_of_many_characters_is_told_by_bytes() -> None:
    wide = pl.Series(["".join(map(chr, range(0x4E00, 0x4E00 + 400)))])
    codec = TextCodec.fit(wide)
    assert codec.text(tokens(codec, ["一丁x"])[0]) == "一丁x"
    assert codec.spec().levels[0] < 1000


@pytest.mark.parametrize("codec", [TextCodec.fit(TEXTS, marks="items"), BYTES])
def test_a_stored_codec_is_the_same(codec: TextCodec) -> None:
    assert codec_from_json(to_json(codec)) == codec


def test_missing_and_empty_texts_have_no_tokens() -> None:
    codec = TextCodec.fit(pl.Series(["ab", None, ""]))
    assert tokens(codec, ["", "ab"])[0] == []
    value = codec.encode(pl.Series([None, "a"], dtype=pl.String))["value"]
    assert isinstance(value, Ragged)
    assert value.offsets[1] == 0


def test_a_text_in_which_no_pair_repeats_is_still_told_by_bytes() -> None:
    codec = TextCodec.fit(pl.Series(["a"]), pieces=512)
    assert codec.text(tokens(codec, ["a b€"])[0]) == "a b€"


@pytest.mark.parametrize(("unit", "marks", "most"), [(0, "none", 6), (300, "items", 4)])
def test_what_is_not_read_of_a_long_text_is_told(unit: int, marks: Marks, most: int) -> None:
    learnt = TextCodec.fit(pl.Series(["cat", "dog"]), pieces=unit, marks=marks, longest=6)
    cut, new = replace(learnt, cut=True), pl.Series(["cat", "catdogcatdogcatdog", None])
    (told,) = cut.strange(new)[1]
    assert told == f"more than the {most} tokens that the network reads: the rest is left out"
    assert list(cut.strange(new)) == [1]
    assert learnt.strange(new) == {}

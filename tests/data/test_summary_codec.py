"""Units of texts, their labels, and references of several writers, by hand."""

import polars as pl

from fathom.data.codecs import to_json
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.summary import SummaryCodec, UnitsCodec, labels
from fathom.data.codecs.text import TextCodec
from fathom.data.ragged import Ragged
from fathom.data.table import Column
from fathom.data.units import UNITS
from fathom.spec import BEGIN

SPEECH = "A: the cat sleeps\nB: why does it\nA: cats do"
TEXTS = pl.Series("text", [SPEECH, "One line. Two lines!", None])


def column(name: str, kind: str, values: list[str | None]) -> Column:
    return Column(name, kind, pl.Series(name, values, dtype=pl.String))  # type: ignore[arg-type]


def ragged(stored: object) -> Ragged:
    assert isinstance(stored, Ragged)
    return stored


def test_every_unit_begins_with_a_mark_and_reads_as_it_was() -> None:
    codec = UnitsCodec.fit(TEXTS, pieces=300)
    rows = ragged(codec.encode(TEXTS)["value"]).lists()
    assert [row.count(BEGIN) for row in rows] == [3, 2, 0]
    assert codec.pieces.text(rows[0]) == " " + SPEECH.replace("\n", " ")
    assert codec.spec().shape == (max(map(len, rows)),)


def test_only_whole_units_are_read_but_of_a_first_one_that_is_too_long() -> None:
    codec = UnitsCodec(TextCodec.fit(TEXTS, pieces=300, longest=22))
    (row,) = ragged(codec.encode(pl.Series(["ab cd\nef gh\n" + "x" * 30]))["value"]).lists()
    assert row.count(BEGIN) == 2
    (row,) = ragged(codec.encode(pl.Series(["y" * 99]))["value"]).lists()
    assert len(row) == 22


def test_what_is_not_read_of_a_long_text_is_told() -> None:
    codec = UnitsCodec(TextCodec.fit(TEXTS, pieces=300, longest=22))
    new = pl.Series(["ab cd\nef gh", "ab cd\nef gh\n" + "x" * 30, "y" * 99, None])
    told = codec.strange(new)
    assert list(told) == [1, 2]
    assert told[1] == ["more than the 22 tokens that the network reads: the rest is left out"]


def test_labels_are_the_units_that_a_reader_of_the_summary_takes() -> None:
    assert labels([SPEECH, "nothing alike", None], [["the cat sleeps"], ["z"], []]) == [
        [1, 0, 0],
        [0],
        [],
    ]


def test_references_of_several_writers_are_all_truth() -> None:
    pieces = TextCodec.fit(TEXTS, pieces=300, marks="items")
    codec = SummaryCodec(pieces, extracted=True)
    stored = codec.encode(
        [
            column("summary", "text", ["the cat", "two", "x"]),
            column("summary2", "reference", ["a cat sleeps", None, "y"]),
            column("text", "text", TEXTS.to_list()),
        ]
    )
    truth = UNITS["text"].truth(codec, ragged(stored["value"]))
    assert truth.tolist() == [["the cat", "a cat sleeps"], ["two", None], ["x", "y"]]
    assert ragged(stored["label"]).lists()[0] == [1, 0, 0]
    told = UNITS["text"].columns(codec, {"truth": truth})
    assert told["truth"] == ["the cat", "two", "x"]
    assert told["references"][1] == ["two"]


def test_a_single_reference_is_a_plain_text() -> None:
    codec = SummaryCodec(TextCodec.fit(TEXTS, pieces=300, marks="items"))
    stored = codec.encode([column("summary", "text", ["the cat", None])])
    assert UNITS["text"].truth(codec, ragged(stored["value"])).tolist() == ["the cat", ""]
    assert "label" not in stored
    assert codec.spec().levels == codec.pieces.spec().levels


def test_codecs_come_back_from_json() -> None:
    pieces = TextCodec.fit(TEXTS, pieces=300)
    for codec in (UnitsCodec(pieces), SummaryCodec(pieces, extracted=True)):
        assert codec_from_json(to_json(codec)) == codec

"""What a language network writes and did not expect, gathered from real prepared texts."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from fathom.data.codecs.text import TextCodec
from fathom.networks.transformer import Decoder, Size
from fathom.objectives.language import Language
from fathom.spec import END
from fathom.train.excerpts import SHOWN, dearest, foretold, passages, told, writing
from fathom.train.listener import Listener
from fathom.train.options import Options
from fathom.train.prepare import Prepared, prepare

WORDS = ("harbour", "gull", "the", "mast", "and", "under", "wind", "sails", "évening", "rope")


def prepared_text(folder: Path, *, running: bool) -> Prepared:
    random = np.random.default_rng(0)
    words = random.choice(WORDS, 6000)
    between = (" ", "\n")
    ends = np.where(np.arange(len(words)) % 9 == 8, 1, 0)
    path = folder / "sea.txt"
    path.write_text("".join(word + between[end] for word, end in zip(words, ends, strict=True)))
    form = "text" if running else "lines"
    return prepare(str(path), Options(as_format=form, cache=str(folder)), Listener())


def language(prepared: Prepared) -> Language:
    torch.manual_seed(0)
    spec = prepared.input_specs["text"]
    vocabulary, context = spec.levels[0], spec.shape[0]
    decoder = Decoder(vocabulary, Size(width=16, layers=1, heads=1, hidden=32, longest=context))
    made = Language(decoder, vocabulary, field="text", context=context)
    for parameter in made.parameters():
        parameter.data.normal_(std=0.2)
    return made


@pytest.mark.parametrize("running", [True, False])
def test_samples_and_passages_are_those_of_the_network(tmp_path: Path, running: bool) -> None:
    prepared = prepared_text(tmp_path, running=running)
    objective = language(prepared)
    found = writing(objective, prepared)
    assert found == writing(objective, prepared)
    assert len(found.samples) == (5 if running else 20)
    assert len(found.held_out) == min(len(found.samples), len(prepared.rows("test")))
    assert all(len(sample.text) <= 300 for sample in found.samples)
    assert any(sample.text for sample in found.samples)

    rows = prepared.rows("test")
    frame = pl.DataFrame(
        {
            "row": rows,
            "part": ["test"] * len(rows),
            "origin": [f"line {row}" for row in rows],
            "bytes": [10] * len(rows),
            "nll": np.arange(len(rows), dtype=np.float64),
        }
    )
    shown = passages(objective, prepared, frame)
    assert shown[0].origin == f"line {rows[-1]}"
    texts = prepared.table["text"].take(rows[::-1]).series.to_list()
    for passage, text in zip(shown, texts, strict=False):
        words = "".join(piece for piece, _ in passage.tokens if piece != "(end)")
        assert words in text if running else words == text[: len(words)]
        assert all(bits > 0 for _, bits in passage.tokens)


def test_the_bits_of_a_short_row_are_its_nats(tmp_path: Path) -> None:
    prepared = prepared_text(tmp_path, running=False)
    objective = language(prepared).eval()
    row = int(prepared.rows("test")[0])
    (batch,) = prepared.examples.rows(np.array([row]), 1)
    with torch.no_grad():
        nats = float(objective.predict(dict(batch.inputs))["nll"][0])
    passage = foretold(objective, prepared, row, "")
    assert len(passage.tokens) <= SHOWN
    assert sum(bits for _, bits in passage.tokens) * np.log(2) == pytest.approx(nats, rel=1e-5)


def test_the_dearest_stretch() -> None:
    assert dearest(np.array([1.0, 5.0, 5.0, 0.0, 9.0]), 2) == 1
    assert dearest(np.array([1.0, 2.0]), 5) == 0
    assert dearest(np.zeros(0), 5) == 0


def test_letters_of_several_tokens_are_told_at_once_with_all_their_bits() -> None:
    codec = TextCodec.fit(pl.Series(["ab"]), pieces=257)
    tokens = codec.tokens(["aéb"])[0]
    assert len(tokens) == 4
    assert list(told(codec, [*tokens, END], [1.0, 2.0, 3.0, 4.0, 5.0])) == [
        ("a", 1.0),
        ("é", 5.0),
        ("b", 4.0),
        ("(end)", 5.0),
    ]

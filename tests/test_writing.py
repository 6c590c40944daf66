"""What may follow a prompt whose end is open, and prompts that are no text."""

from typing import Any

import polars as pl
import pytest
import torch

from fathom.data.codecs.text import FIRST, TextCodec
from fathom.decoding.tokens import Sampling
from fathom.errors import OptionError
from fathom.writing import Writer, beginning

CODEC = TextCodec.fit(pl.Series(["a cat\n\nthe cat"] * 20), pieces=300)


def told(open_end: str, tokens: list[int]) -> set[str] | None:
    flags = beginning(CODEC, open_end)(torch.tensor([tokens], dtype=torch.int64))
    if flags is None:
        return None
    assert not flags[0, :FIRST].any()
    return {CODEC.vocabulary[int(k) - FIRST] for k in flags[0].nonzero()[:, 0]}


def test_tokens_that_begin_with_the_blank_may_follow() -> None:
    assert told(" ", []) == {entry for entry in CODEC.vocabulary if entry.startswith("Ġ")}
    assert told(" ", CODEC.tokens([" cat"])[0]) is None


def test_several_blanks_may_come_in_several_tokens() -> None:
    first = told(" \n", [])
    assert first is not None
    assert "Ġ" in first
    assert "Ġcat" not in first
    (blank,) = CODEC.tokens([" "])[0]
    assert told("  ", [blank]) == told(" ", [])


def test_each_sample_is_let_go_when_it_is_through() -> None:
    allowed = beginning(CODEC, "  ")
    (cat,), (blank,) = (CODEC.tokens([text])[0] for text in (" cat", " "))
    flags = allowed(torch.tensor([[blank, cat], [blank, blank]]))
    assert flags is None
    flags = allowed(torch.tensor([[blank], [blank]]))
    assert flags is not None
    assert not flags.all()


@pytest.mark.parametrize("prompt", ["caf\udce9", "\ud83d"])
def test_a_prompt_that_is_no_text_is_refused_before_anything_is_written(prompt: str) -> None:
    unused: Any = None
    with pytest.raises(OptionError, match="no text in UTF-8"):
        Writer(unused, Sampling()).stream(prompt, 1)

"""Names of files are shown as they are, never obeyed."""

import json
import os

import pytest

from fathom.errors import DataError
from fathom.visible import decodable, visible


def test_bytes_that_are_no_text_are_spelled_out_and_all_else_stays() -> None:
    odd = os.fsdecode(b"caf\xe9.png")
    assert decodable(odd) == "caf\\xe9.png"
    json.dumps(decodable(odd), ensure_ascii=False).encode("utf-8")
    kept = "new\nline 🎉 \u202ertl"
    assert decodable(kept) is kept


@pytest.mark.parametrize("mark", ["\n", "\r", "\x1b[2J", "\x7f", "\u202e", "\u2028", "\u200f"])
def test_no_name_breaks_a_message_or_steers_the_terminal(mark: str) -> None:
    told = str(DataError("It is broken.", remedy="Mend it.", where=f"a{mark}b"))
    assert mark not in told
    assert len(told.splitlines()) == 1
    assert visible("grün 🎉👩‍🔬 日本 שלום") == "grün 🎉👩‍🔬 日本 שלום"

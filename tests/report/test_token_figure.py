"""Pages with texts: shades, underlines and tables say the same; hostile texts stay text."""

import re
from dataclasses import replace

import pytest
import text_stories
from test_page import Page

from fathom.explain import Foretold, Sample, Story, views
from fathom.explain.figures import Figure, Passage, Piece, Tokens
from fathom.report import SECTIONS, as_text, page
from fathom.report import without_examples as stripped
from fathom.report.draw import drawing, table
from fathom.report.draw.tokens import strength

HOSTILE = "<script>alert(1)</script> \u202egnp.evil\u2066 \x1b[31m\n\n</span>{{ 7*7 }}\" onload='x"


def source_of(story: Story) -> str:
    return page(story, tuple(views(story)))


@pytest.fixture(scope="module")
def hostile() -> Story:
    story = text_stories.novel()
    assert story.writing is not None
    writing = replace(story.writing, samples=(Sample(HOSTILE, (0, 12), 1, 9),))
    passages = (Foretold(HOSTILE, ((HOSTILE, 20.0), (" ", 0.1))),)
    return replace(story, writing=writing, passages=passages)


def test_hostile_texts_are_shown_as_text(hostile: Story) -> None:
    for story in (hostile, text_stories.translation(HOSTILE)):
        text = source_of(story)
        parsed = Page(text)
        assert len(parsed.all("script")) == 1 == len(parsed.all("style"))
        assert "\u202e" not in text and "\u2066" not in text and "\x1b" not in text
        words = "".join(parsed.words)
        assert "<script>alert(1)</script> \\u202egnp.evil" in words and "{{ 7*7 }}" in words
        for _, attributes in parsed.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
        told = as_text(views(story))
        assert all(c.isprintable() or c == "\n" for c in told)


@pytest.mark.parametrize("name", ["novel", "names", "translation"])
def test_each_figure_of_texts_has_a_sentence_and_a_table(name: str) -> None:
    story: Story = getattr(text_stories, name)()
    parsed = Page(source_of(story))
    for inside in parsed.figures:
        assert {"figcaption", "table", "details", "h4"} <= inside
        assert inside & {"svg", "ul"}
    placed = {name for section in SECTIONS for name in section.names}
    assert {view.name for view in views(story)} <= placed


def test_shades_grow_with_bits_and_the_table_has_the_dearest_first() -> None:
    assert [strength(bits) for bits in (0.0, 0.9, 1.0, 3.0, 5.0, 7.0, 9.0, 50.0)] == [
        *(0, 0, 1, 2, 3, 4, 5, 6)
    ]
    pieces = (Piece("a b\n", 1.5), Piece("c", 9.25))
    figure = Figure("t", Tokens((Passage("p", pieces),)), "s.")
    drawn = str(drawing(figure))
    assert 'class="mark s1"' in drawn and 'class="mark s5"' in drawn
    assert 'title="a␣b⏎: 1.5 bits"' in drawn and "a b\n<" in drawn
    assert table(figure).rows == (("p", "2", "c", "9.2"), ("p", "1", "a␣b⏎", "1.5"))


def test_copied_stretches_are_underlined_and_told_in_the_table() -> None:
    pieces = (Piece("new "), Piece("old", copied=True))
    figure = Figure("t", Tokens((Passage("p", pieces, "3 characters."),)), "s.")
    assert '<u class="copied">old</u>' in str(drawing(figure))
    assert "mark" not in str(drawing(figure))
    assert table(figure).rows == (("p", "new old", "3 characters. In training: old"),)


def test_without_examples_no_text_of_the_user_is_in_the_file() -> None:
    story = text_stories.translation(" Zauberwort")
    counted = re.search(r"contains (\d+) of your own texts", source_of(story))
    assert counted is not None and int(counted[1]) == 5 + 9
    assert "Zauberwort" in source_of(story)
    without = source_of(stripped(story))
    assert "Zauberwort" not in without and "none of your own texts" in without
    novel = source_of(stripped(text_stories.novel()))
    assert "Call" not in novel and "none of your own blocks" in novel

"""The views of networks for texts: units, copies, surprise and translations are told truly."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import text_stories
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from fathom.explain import TERMS, VIEWS, Story, View, headline, self_checks, views
from fathom.explain.copying import compared, listed_among, reach
from fathom.explain.figures import Lines, Tokens
from fathom.explain.levels import held
from fathom.explain.select import by_score, examples_needed
from fathom.metrics.translation import chrf_of_each

STORIES = ["novel", "names", "translation"]


def by_name(story: Story) -> dict[str, View]:
    return {view.name: view for view in views(story)}


@pytest.mark.parametrize("name", STORIES)
def test_views_of_texts_have_answers_with_numbers_and_no_words_of_classes(name: str) -> None:
    found = by_name(getattr(text_stories, name)())
    assert not {"confusion", "errors", "classes", "suspects", "confidence"} & found.keys()
    for view in found.values():
        assert view.name in VIEWS and view.question.endswith("?")
        assert re.search(r"\d", view.answer), view.name
        assert set(view.terms) <= TERMS.keys(), view.name
        assert all(figure.summary.endswith(".") for figure in view.figures), view.name
        assert not re.search("accuracy|of 100 right|classes", view.answer), view.name


@pytest.mark.parametrize("name", STORIES)
def test_all_self_checks_pass_on_an_honest_story(name: str) -> None:
    checks = self_checks(getattr(text_stories, name)())
    assert [check.name for check in checks if not check.passed] == []
    assert any(check.name.endswith("counted again") for check in checks)


def test_the_headline_counts_bytes() -> None:
    story = text_stories.novel()
    top = headline(story)
    frame = story.predictions.filter(story.predictions["part"] == "test")
    bits = frame["nll"].sum() / np.log(2) / frame["bytes"].sum()
    assert (top.value, top.unit) == (f"{bits:.3f}", "bits per byte")
    assert top.basis == f"{frame['bytes'].sum():,} held-out bytes"
    assert headline(text_stories.translation()).basis == "40 held-out texts"


def test_the_mixture_is_a_line_of_its_own() -> None:
    story = text_stories.novel()
    verdict = by_name(story)["verdict"]
    assert verdict.grids[0].rows[-1] == (
        "bits per byte, network mixed with Kneser-Ney n-grams, 0.23 of the network",
        "2.142 (2.086–2.202)",
        "–",
    )
    assert "2.142" not in verdict.answer


def test_learning_has_the_right_direction_and_the_rival() -> None:
    novel = by_name(text_stories.novel())["learning"]
    assert isinstance(novel.figures[0].data, Lines)
    assert [level.name for level in novel.figures[0].data.levels] == ["rival"]
    part = held(text_stories.novel(), "valid")
    assert part is not None and len(part.truth) == 12
    translation = by_name(text_stories.translation())["learning"]
    start, best = re.findall(r"began at ([\d.]+) and was best, ([\d.]+)", translation.answer)[0]
    assert float(best) < float(start)


def test_usage_says_how_it_writes_and_translates() -> None:
    novel, translation = (
        by_name(story)["usage"].snippets[0].text
        for story in (text_stories.novel(), text_stories.translation())
    )
    assert 'fathom generate runs/novel --prompt "..."' in novel and "predict" not in novel
    assert "fathom predict runs/pairs new.txt" in translation


def test_samples_say_what_is_copied_beside_held_out_text() -> None:
    view = by_name(text_stories.novel())["samples"]
    spans = sum(len(text) - 9 for text in text_stories.WROTE)
    seen = sum(
        text[i : i + 10] in text_stories.TRAINING
        for text in text_stories.WROTE
        for i in range(len(text) - 9)
    )
    assert f"{100 * seen / spans:.1f} of 100 occur" in view.answer
    assert "first 219 of 2,190 characters" in view.caveat
    figure = view.figures[0].data
    assert isinstance(figure, Tokens) and not figure.owned
    copied = [piece.text for piece in figure.passages[0].pieces if piece.copied]
    assert copied == ["the dog lay by the door, as cats "]


def test_items_that_training_holds_are_counted() -> None:
    view = by_name(text_stories.names())["samples"]
    assert view.answer.startswith("2 of 3 items") and "Of 1 held-out ones 0 are." in view.answer
    assert listed_among(["a"], ["b"])[0].known is False


@given(st.text("ab", max_size=12), st.text("ab", max_size=30), st.integers(1, 4))
def test_reach_is_the_longest_stretch_from_each_place(text: str, training: str, span: int) -> None:
    wanted = [
        max(n for n in range(len(text) - i + 1) if text[i : i + n] in training)
        for i in range(len(text))
    ]
    assert reach(text, training) == wanted
    sample = compared(text, training, span=span)
    spans = [text[i : i + span] for i in range(len(text) - span + 1)]
    assert (sample.seen, sample.spans) == (sum(s in training for s in spans), len(spans))
    assert sample.longest[1] - sample.longest[0] == max(wanted, default=0)


def test_surprise_names_the_dearest_token() -> None:
    view = by_name(text_stories.novel())["surprise"]
    assert "“Call”, cost 9.0" in view.answer
    data = view.figures[0].data
    assert isinstance(data, Tokens) and data.owned
    assert data.passages[0].words == "13 bits in 8 bytes that are shown."


def test_translations_show_best_typical_and_worst_and_count_the_signs() -> None:
    story = text_stories.translation()
    view = by_name(story)["translations"]
    picked, signs = view.grids
    assert [row[0].split(",")[0] for row in picked.rows] == [
        *["best"] * 3,
        *["typical"] * 3,
        *["worst"] * 3,
    ]
    scores = [int(row[0].split()[1]) for row in picked.rows]
    assert scores == sorted(scores, reverse=True) and scores[0] == 100
    cells = {row[0]: row[1:] for row in signs.rows}
    assert cells["the source repeated"][0].startswith("1 (")
    assert cells["given to several sources"][0].startswith("10 (")
    assert cells["given to several sources"][2].startswith("40 (")
    assert view.owned == 9
    assert isinstance(view.figures[0].data, Lines)


def test_answers_are_counted_again_by_all_references() -> None:
    story = text_stories.translation()
    truth = story.predictions["truth"].to_list()
    several = [[text, "another one"] if row % 2 else [text] for row, text in enumerate(truth)]
    told = replace(
        story, predictions=story.predictions.with_columns(pl.Series("references", several))
    )
    part = held(told)
    assert part is not None
    assert part.truth.shape == (40, 2)
    once = held(story)
    assert once is not None
    assert part.truth[:, 0].tolist() == once.truth.tolist()
    assert part.truth[:, 1].tolist() == [None, "another one"] * 20
    unsaid = story.predictions.with_columns(
        pl.Series("references", [None] * 40, pl.List(pl.String))
    )
    single = held(replace(story, predictions=unsaid))
    assert single is not None and single.truth.tolist() == once.truth.tolist()


def test_chrf_of_each_equals_sacrebleu() -> None:
    texts = text_stories.translation().texts
    assert texts is not None
    score, order = by_score(texts)
    pairs = zip(texts.answer, texts.truth, strict=True)
    wanted = [CHRF().sentence_score(answer, [truth]).score for answer, truth in pairs]
    assert chrf_of_each(texts.truth, {"answer": texts.answer}) == pytest.approx(wanted)
    assert (np.diff(score[order]) <= 0).all()


@pytest.mark.parametrize("name", ["novel", "translation"])
def test_texts_that_are_shown_are_asked_for(name: str) -> None:
    story: Story = getattr(text_stories, name)()
    needed = examples_needed(story.predictions, story.report)
    assert len(needed) == 5
    shown = {row: story.examples[row] for row in needed}
    passages = by_name(replace(story, examples=shown))["given"].figures[0].data
    assert isinstance(passages, Tokens) and len(passages.passages) == 5

"""The views of real small stories: what they say is true, complete and repeatable."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from fathom.data.table import Finding
from fathom.errors import DataError
from fathom.explain import (
    TERMS,
    VIEWS,
    Example,
    Story,
    View,
    examples_needed,
    explanation,
    headline,
    self_checks,
    views,
)
from fathom.explain.confidence import confidence_view
from fathom.explain.figures import Intervals, Item, Lines, Matrix, Strip
from fathom.explain.levels import held
from fathom.explain.select import confident_errors, suspects, worst_numbers
from fathom.explain.statistics import class_quality, running_median, thinned
from fathom.explain.wording import in_haste, number, shortened
from fathom.metrics import confusion
from fathom.metrics.shares import wilson


@pytest.fixture(scope="module")
def digits() -> Story:
    return stories.digits()


@pytest.fixture(scope="module")
def diabetes() -> Story:
    return stories.diabetes()


def by_name(story: Story) -> dict[str, View]:
    return {view.name: view for view in views(story)}


def items(shown: Iterator[View]) -> list[Item]:
    return [
        item
        for view in shown
        for figure in view.figures
        if isinstance(figure.data, Strip)
        for item in figure.data.items
    ]


@pytest.mark.parametrize("name", ["digits", "diabetes", "several_labels", "several_numbers"])
def test_every_view_has_a_question_an_answer_with_a_number_and_known_words(name: str) -> None:
    story: Story = getattr(stories, name)()
    shown = list(views(story))
    assert len(shown) >= 10
    for view in shown:
        assert view.name in VIEWS
        assert view.question.endswith("?"), view.name
        assert re.search(r"\d", view.answer), view.name
        assert set(view.terms) <= TERMS.keys(), view.name
        for figure in view.figures:
            assert figure.summary.endswith("."), figure.title
            assert figure.title


def test_categories_and_numbers_get_their_own_views(digits: Story, diabetes: Story) -> None:
    choices, numbers = by_name(digits), by_name(diabetes)
    assert {"confusion", "confidence", "errors", "classes"} <= choices.keys()
    assert {"residuals", "coverage", "worst"} <= numbers.keys()
    assert not {"residuals", "coverage", "worst"} & choices.keys()
    assert not {"confusion", "confidence", "errors", "classes"} & numbers.keys()
    assert list(VIEWS) == sorted(VIEWS)


def test_the_headline_is_what_the_report_measured(digits: Story) -> None:
    top = headline(digits)
    right = (digits.choices[0].judged.truth == digits.choices[0].judged.answer).mean()
    assert (top.value, top.unit, top.word) == (f"{100 * right:.1f}", "of 100 right", "better")
    assert "540 held-out pictures" in top.basis


def test_all_self_checks_pass_on_an_honest_story(digits: Story, diabetes: Story) -> None:
    assert [check.name for check in self_checks(digits) if not check.passed] == []
    assert [check.name for check in self_checks(diabetes) if not check.passed] == []


def test_self_checks_notice_a_report_that_says_more_than_was_predicted(digits: Story) -> None:
    better = {"value": 0.999, "low": 0.99, "high": 1.0, "n": 600, "split": "test"}
    story = replace(digits, report={**digits.report, "metrics": {"accuracy": better}})
    failed = {check.name for check in self_checks(story) if not check.passed}
    assert {"accuracy counted again", "nothing left out of the measure"} <= failed


def test_self_checks_notice_twice_counted_rows_and_incidents(digits: Story) -> None:
    twice = pl.concat([digits.predictions, digits.predictions.tail(3)])
    event = {"n": 1, "kind": "event", "update": 3, "text": "update 3 was skipped"}
    ordinary = {**event, "text": "no gain on validation: training ends early"}
    story = replace(digits, predictions=twice, log=(*digits.log, event, ordinary))
    failed = {check.name: check.sentence for check in self_checks(story) if not check.passed}
    assert "each example counted once" in failed
    assert failed["training ran without incident"] == "update 3 was skipped."


def test_confusion_matrix_counts_every_held_out_example(digits: Story) -> None:
    figure = by_name(digits)["confusion"].figures[0]
    assert isinstance(figure.data, Matrix)
    assert sum(map(sum, figure.data.counts)) == len(digits.choices[0].judged) == 540


def test_class_quality_equals_scikit_learn(digits: Story) -> None:
    choices = digits.choices[0].judged
    counts = confusion(choices.truth, {"answer": choices.answer}, 10)
    found = [class_quality(name, i, counts) for i, name in enumerate(choices.classes)]
    measures = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    for field, measure in measures.items():
        wanted = measure(choices.truth, choices.answer, average=None)
        assert [getattr(quality, field)[0] for quality in found] == pytest.approx(list(wanted))
    for quality in found:
        for value, low, high in (quality.precision, quality.recall, quality.f1):
            assert low <= value + 1e-12 and value <= high + 1e-12


def test_wilson_interval_equals_the_worked_case() -> None:
    assert wilson(8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert wilson(0, 0) == (0.0, 1.0)


def test_running_median_ignores_a_spike_and_does_not_lag() -> None:
    values = np.arange(20.0)
    values[7] = 1000.0
    smooth = running_median(values, 5)
    assert smooth.max() < 25
    assert smooth[10] == 10.0


def test_confident_errors_are_wrong_and_ordered(digits: Story) -> None:
    choices = digits.choices[0].judged
    picked = confident_errors(choices)
    assert (choices.truth[picked] != choices.answer[picked]).all()
    assert (np.diff(choices.sureness[picked]) <= 0).all()
    others = np.setdiff1d(np.flatnonzero(choices.truth != choices.answer), picked)
    assert choices.sureness[others].max() <= choices.sureness[picked].min()


def test_suspects_are_labels_that_both_methods_contradict(digits: Story) -> None:
    before = digits.choices[0].judged
    agreed = (before.answer == before.truth) & (before.rival == before.truth)
    row = before.row[np.flatnonzero(agreed & (before.sureness > 0.9))[0]]
    other = pl.when(pl.col("truth") == "zero").then(pl.lit("one")).otherwise(pl.lit("zero"))
    planted = digits.predictions.with_columns(
        truth=pl.when(pl.col("row") == row).then(other).otherwise(pl.col("truth"))
    )
    choices = replace(digits, predictions=planted).choices[0].judged
    assert row in choices.row[suspects(choices)]
    assert len(suspects(choices)) == len(suspects(before)) + 1


def test_worst_numbers_are_furthest_off(diabetes: Story) -> None:
    numbers = diabetes.numbers[0].judged
    error = np.abs(numbers.residual)
    assert error[worst_numbers(numbers)].tolist() == sorted(error, reverse=True)[:12]


@pytest.mark.parametrize("name", ["digits", "diabetes", "several_labels", "several_numbers"])
def test_the_examples_that_are_shown_are_those_that_were_asked_for(name: str) -> None:
    story: Story = getattr(stories, name)()
    needed = examples_needed(story.predictions, story.report)
    assert 5 <= len(needed) == len(set(needed)) <= 60
    marked = {row: Example(values={"row": str(row)}) for row in story.predictions["row"]}
    shown = items(views(replace(story, examples=marked)))
    rows = {int(item.values[0][1]) for item in shown}
    assert rows <= set(needed) or len(needed) == 60


def test_confidence_check_tells_kept_from_broken_promises() -> None:
    random = np.random.default_rng(0)
    score = random.normal(0, 1.4, (3000, 3))
    chance = np.exp(score) / np.exp(score).sum(1, keepdims=True)
    truth = (random.random((3000, 1)) > chance.cumsum(1)).sum(1)
    kept, broken = (confidence_view(_story(p, truth)) for p in (chance, _sharpened(chance)))
    assert kept is not None and kept.check is not None
    assert broken is not None and broken.check is not None
    assert (kept.check.verdict, broken.check.verdict) == ("supported", "not supported")
    assert broken.check.value > 3 * kept.check.value


def _sharpened(chance: np.ndarray) -> np.ndarray:
    """Logits times three: the same answers, far too sure."""
    cubed: np.ndarray = chance**3
    return np.asarray(cubed / cubed.sum(1, keepdims=True))


def _story(chance: np.ndarray, truth: np.ndarray) -> Story:
    names = ("a", "b", "c")
    frame = pl.DataFrame(
        {
            "row": np.arange(len(truth)),
            "part": ["test"] * len(truth),
            "truth": [names[i] for i in truth],
            "answer": [names[i] for i in chance.argmax(1)],
            "probability": chance.tolist(),
        }
    )
    return Story({}, frame, (), {}, names, (), {})


def test_reliability_groups_are_equal_and_count_everything(digits: Story) -> None:
    figure = by_name(digits)["confidence"].figures[0]
    assert isinstance(figure.data, Intervals)
    sizes = [row.n for row in figure.data.intervals]
    assert sum(sizes) == 540 and max(sizes) - min(sizes) <= 1


def test_levels_are_guessing_and_the_rival(digits: Story, diabetes: Story) -> None:
    part, numbers = held(digits, "valid"), held(diabetes)
    assert part is not None and numbers is not None
    counts = np.bincount(part.truth)
    assert part.value("accuracy", part.guess) == pytest.approx(counts.max() / counts.sum())
    assert numbers.value("rmse", numbers.guess) == pytest.approx(numbers.truth.std())
    curve = by_name(digits)["learning"].figures[0].data
    assert isinstance(curve, Lines)
    assert [level.name for level in curve.levels] == ["rival", "guessing"]


def test_explanation_is_json_with_six_digits_and_repeats(digits: Story) -> None:
    first, second = (
        json.dumps(explanation(views(digits)), allow_nan=False, sort_keys=True) for _ in range(2)
    )
    assert first == second
    assert not re.search(r"[1-9]\.\d{7,}[,\]]", first)
    assert json.loads(first)["confusion"]["figures"][0]["kind"] == "matrix"


def test_a_view_that_fails_is_its_own_message(digits: Story) -> None:
    def fails(story: Story) -> View | None:
        raise DataError("The pictures are gone.", remedy="Bring them back.")

    found = list(views(digits, {"broken": fails, "cost": VIEWS["cost"]}))
    assert [view.name for view in found] == ["broken", "cost"]
    assert "Bring them back." in found[0].answer


def test_little_is_enough(digits: Story) -> None:
    """No log, no rival, no probabilities, validation only: fewer views, none of them fails."""
    frame = digits.predictions.select("row", "part", "truth", "answer")
    frame = frame.filter(pl.col("part") == "valid")
    report = {**digits.report, "baseline": None, "others": [], "cost": {}}
    story = replace(digits, predictions=frame, log=(), report=report, examples={}, findings=())
    found = by_name(story)
    assert {"confusion", "errors", "classes"} <= found.keys()
    assert not {"confidence", "learning", "suspects", "cost"} & found.keys()
    assert "180" in found["errors"].answer


def test_an_unseen_class_of_the_test_part_is_counted(digits: Story) -> None:
    frame = digits.predictions.with_columns(
        truth=pl.when(pl.col("row") % 50 == 0).then(pl.lit("ten")).otherwise(pl.col("truth"))
    )
    choices = replace(digits, predictions=frame).choices[0]
    assert choices.classes[-1] == "ten"
    assert choices.probability is not None and choices.probability[:, -1].max() == 0


@given(st.text(max_size=80), st.integers(12, 60))
def test_shortened_names_are_short_and_cannot_hide(text: str, length: int) -> None:
    short = shortened(text, length)
    assert all(c.isprintable() or c in "\u2068\u2069" for c in short)
    assert 1 <= len(short.strip("\u2068\u2069")) <= length
    assert short.count("\u2068") == short.count("\u2069")


def test_marks_of_direction_are_shown_by_their_codes() -> None:
    assert shortened("\u202egnp.evil") == "\\u202egnp.evil"
    assert shortened("שלום") == "\u2068שלום\u2069"


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_numbers_keep_three_digits(value: float) -> None:
    read = float(number(value).replace(",", "").replace("−", "-"))
    assert math.isclose(read, value, rel_tol=6e-3)


def test_examples_tell_the_truth_of_each_target_by_name() -> None:
    """Of three labels the first was once told alone, as "no"."""
    for story in (stories.several_labels(), stories.several_numbers()):
        view = VIEWS["given"](story)
        assert view is not None
        strips = [figure.data for figure in view.figures if isinstance(figure.data, Strip)]
        named = [one.name for one in story.choices] + [one.name for one in story.numbers]
        targets = named[:3]
        for item in strips[0].items:
            assert [line.split(": ")[0] for line in item.lines] == targets


def test_what_was_not_used_is_counted_in_rows() -> None:
    """One finding about 124 rows was once told as one row."""
    story = stories.diabetes()
    lacking = Finding("set aside", "missing target", "y", "124 rows have no target.")
    told = replace(story, findings=(lacking,), data={**story.data, "parts": {"unused": 124}})
    view = VIEWS["findings"](told)
    assert view is not None
    assert view.answer == f"124 {story.noun} were not used; no warning."
    noted = replace(told, findings=(Finding("note", "n", "p", "R."),), data={})
    view = VIEWS["findings"](noted)
    assert view is not None
    assert view.answer == f"None of the {story.noun} was set aside; no warning."


@given(st.integers(0, 3000), st.integers(2, 400))
def test_thinned_keeps_the_ends(length: int, limit: int) -> None:
    picked = thinned(length, limit)
    assert len(picked) == min(length, limit) or length > limit >= len(picked) > limit // 2
    if length:
        assert (picked[0], picked[-1]) == (0, length - 1)


def test_a_short_training_is_told_to_take_larger_steps(digits: Story) -> None:
    def facts(**training: float) -> dict[str, str]:
        told = replace(digits, recipe={**digits.recipe, "training": training})
        return {row[0]: row[1] for row in by_name(told)["repeat"].grids[0].rows}

    assert facts(updates=60, rate=3.0)["size of steps"] == in_haste(60, 3.0)
    assert in_haste(60, 3.0) == "3.00 times as large as usual, since there are only 60 updates"
    assert "size of steps" not in facts(updates=600, rate=1.0)

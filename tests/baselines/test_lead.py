"""Extraction against the scores of `rouge-score`, and texts of every form."""

from collections.abc import Callable

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from fathom.baselines.lead import Extract, choose
from fathom.data import extracts
from fathom.data.extracts import Stems, oracle, units

SPEECH = "#A#: Hello there.\n#B#: I was running to the old station today.\n\n#A#: Why? Tell me."
NEWS = "PARIS (Reuters) - Wines sold well. Bakers struck! Prices, e.g. of bread, rose again."


def test_units_are_lines_or_else_sentences() -> None:
    assert units(SPEECH) == [line for line in SPEECH.split("\n") if line]
    assert units("One is here. Two? “Three!” he said. Four") == [
        "One is here.",
        "Two?",
        "“Three!”",
        "he said.",
        "Four",
    ]
    assert units("一。二。") == ["一。", "二。"]
    assert units(" \n") == []


@pytest.mark.parametrize(
    ("extract", "part"),
    [
        (Extract("units", 1), "PARIS (Reuters) - Wines sold well."),
        (Extract("units", 2, marks=False), "Wines sold well. Bakers struck!"),
        (Extract("words", 3, marks=False), "Wines sold well."),
        (Extract("words", 99), NEWS),
        (Extract("longest", 1), "PARIS (Reuters) - Wines sold well."),
        (Extract("longest", 2, marks=False), "Wines sold well. of bread, rose again."),
    ],
)
def test_an_extract_is_the_part_it_says(extract: Extract, part: str) -> None:
    assert extract(NEWS) == part


@pytest.mark.parametrize(
    "extract", [Extract("units", 2), Extract("longest", 2), Extract("words", 2)]
)
def test_an_empty_text_has_an_empty_part(extract: Extract) -> None:
    assert extract("") == ""


def test_stems_are_those_of_rouge_score() -> None:
    assert Stems().tokenize("Running, ran: RUNNERS’ state-of-the-art U.S.") == [
        *("run", "ran", "runner", "state", "of", "the", "art", "u", "s"),
    ]


@pytest.mark.parametrize(
    ("best", "summary"),
    [
        (Extract("units", 2), lambda text: " ".join(units(text)[:2])),
        (Extract("words", 6), lambda text: " ".join(text.split()[:6])),
        (Extract("longest", 1), lambda text: units(text)[3]),
    ],
    ids=["units", "words", "longest"],
)
def test_the_extract_that_gives_the_training_summaries_is_chosen(
    best: Extract, summary: Callable[[str], str]
) -> None:
    generator = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    sizes = ([9, 4, 5, 16, 5], [3, 12, 4, 17, 6], [5, 6, 7, 18, 4])
    sources = [
        "\n".join(" ".join("".join(generator.choice(letters, 3)) for _ in range(n)) for n in size)
        for size in sizes * 5
    ]
    assert choose(sources, [summary(text) for text in sources]) == best


def test_marks_go_where_summaries_have_none() -> None:
    sources = [f"PLACE{k} (AP) - " + " ".join(f"w{k}x{n}" for n in range(20)) for k in range(9)]
    summaries = [" ".join(text.split()[3:9]) for text in sources]
    assert choose(sources, summaries) == Extract("words", 6, marks=False)


def test_a_dash_later_in_the_text_is_no_mark() -> None:
    text = "It rained in " + "very " * 20 + "wet Paris - again."
    assert Extract("words", 99, marks=False)(text) == text


def test_nothing_to_choose_on_gives_some_extract() -> None:
    assert choose([], [])("One two three.") != ""


def test_the_oracle_counts_as_rouge_score_does() -> None:
    generator = np.random.default_rng(1)
    words = ["ships", "sailing", "harbour", "running", "bakers", "bread", "flour", "rising"]
    scorer = RougeScorer(["rouge1", "rouge2"], use_stemmer=True)
    stems = Stems()
    for _ in range(5):
        lines = [" ".join(generator.choice(words, 6)) for _ in range(4)]
        summary = " ".join(generator.choice(words, 8))
        parts = [stems.tokenize(line) for line in lines]
        for n in (1, 2):
            found = extracts._shared(parts, stems.tokenize(summary), n).with_one_more([])
            expected = [scorer.score(summary, line)[f"rouge{n}"].fmeasure for line in lines]
            assert found == pytest.approx(expected)
        joined = [scorer.score(summary, f"{lines[2]} {line}")["rouge1"].fmeasure for line in lines]
        shared = extracts._shared(parts, stems.tokenize(summary), 1)
        assert shared.with_one_more([2]) == pytest.approx(joined)


def test_the_oracle_adds_units_while_the_mean_over_the_summaries_grows() -> None:
    text = "Rain fell.\nDogs barked.\nA cat slept.\nDogs barked loudly."
    assert oracle(text, ["dogs barked while the cat slept"], Stems()) == [1, 2]
    assert oracle(text, ["dogs barked", "the cat slept"], Stems()) == [1]
    assert oracle(text, ["nothing shared"], Stems()) == []
    assert oracle("", ["x"], Stems()) == []

"""ROUGE by hand and against the package's own scorer."""

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from fathom.metrics import METRICS, measure, prepared


def test_rouge_by_hand() -> None:
    truth = np.array(["The cats sat on the mats"])
    answer = np.array(["a cat sat on a mat today"])
    # Shared of 6 and 7 words: cat, sat, on, mat; of 5 and 6 pairs: cat sat, sat on.
    values = measure("text", truth, {"answer": answer})
    assert values["rouge1"] == pytest.approx(100 * 2 * 4 / 13)
    assert values["rouge2"] == pytest.approx(100 * 2 * 2 / 11)
    assert values["rougeL"] == pytest.approx(100 * 2 * 4 / 13)


def test_word_order_matters_to_rouge_l_alone() -> None:
    values = measure("text", np.array(["one two three"]), {"answer": np.array(["three two one"])})
    assert values["rouge1"] == pytest.approx(100)
    assert values["rouge2"] == 0
    assert values["rougeL"] == pytest.approx(100 / 3)


def test_several_references_count_by_their_mean() -> None:
    truth = np.array([["going home", "he goes", None], ["no", None, None]], dtype=object)
    answers = np.array(["he goes home", "no"], dtype=object)
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    for name in ("rouge1", "rouge2", "rougeL"):
        first = [scorer.score(text, answers[0])[name].fmeasure for text in truth[0, :2]]
        second = scorer.score("no", "no")[name].fmeasure
        per_example = METRICS["text"][name].per_example
        assert per_example is not None
        terms = per_example(truth, {"answer": answers})
        assert terms == pytest.approx([100 * np.mean(first), 100 * second])
        value = METRICS["text"][name].value(truth, {"answer": answers})
        assert value == pytest.approx(terms.mean())


def test_a_row_without_a_reference_scores_nothing() -> None:
    truth = np.array([None, "yes"], dtype=object)
    values = measure("text", truth, {"answer": np.array(["yes", "yes"])})
    assert values["rouge1"] == 50


def test_weights_count_rows_several_times() -> None:
    truth, answers = np.array(["a b", "c d", "e f"]), np.array(["a b", "c x", "y z"])
    weights = np.array([[1, 1, 1], [0, 3, 1]])
    found = METRICS["text"]["rouge1"].compute(truth, {"answer": answers}, weights)
    assert found == pytest.approx([50, 37.5])


def test_a_score_alone_is_the_one_that_is_computed_with_the_others() -> None:
    truth = np.array([["going home", "he goes", None], ["no", None, None]], dtype=object)
    fields = {"answer": np.array(["he goes home", "no way"], dtype=object)}
    together = prepared("text", truth, fields)
    for name in ("rouge1", "rouge2", "rougeL"):
        per_example = METRICS["text"][name].per_example
        assert per_example is not None
        assert per_example(truth, fields).tolist() == per_example(truth, together).tolist()

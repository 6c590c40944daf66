"""The judged result: words, sentences, rivals, duplicates, comparisons, JSON."""

import json

import numpy as np
import pytest

from fathom.baselines.request import Rival
from fathom.errors import DataError, RunError
from fathom.evaluate import RunPredictions, compare, evaluate
from fathom.evaluate.paired import Difference
from fathom.evaluate.resampling import stretches
from fathom.evaluate.verdict import judge
from fathom.metrics import METRICS

CLASSES = ("daisy", "rose", "tulip")


def answers(truth: np.ndarray, share: float, seed: int) -> dict[str, np.ndarray]:
    """Fields that are right with the given chance."""
    generator = np.random.default_rng(seed)
    wrong = (truth + generator.integers(1, 3, len(truth))) % 3
    answer = np.where(generator.random(len(truth)) < share, truth, wrong)
    return {"answer": answer, "probability": 0.7 * np.eye(3)[answer] + 0.1}


def rival(fields: dict[str, np.ndarray], rows: int = 100, name: str = "linear") -> Rival:
    words = {"linear": "Logistic regression", "guessing": "Guessing"}[name]
    return Rival(name, words, "accuracy", 0.8, rows, 100, 1.5, {"test": fields, "valid": fields})


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 3, 1800)


def test_a_clear_advantage_reads_as_the_headline(truth: np.ndarray) -> None:
    report = evaluate(
        truth,
        answers(truth, 0.914, 1),
        [rival(answers(truth, 0.84, 2))],
        kind="category",
        classes=CLASSES,
        items="pictures",
    )
    assert report["verdict"]["word"] == "better"
    assert report["verdict"]["sentence"] == (
        "90.9 of 100 right (89.5–92.1, 1,800 held-out pictures). Logistic regression: 83.2. "
        "Worth it: yes, by 7.7 (5.5–9.9)."
    )
    assert report["difference"]["p"] < 1e-6


def test_the_classical_method_can_win(truth: np.ndarray) -> None:
    report = evaluate(
        truth,
        answers(truth, 0.80, 1),
        [rival(answers(truth, 0.90, 2), rows=60)],
        kind="category",
        classes=CLASSES,
    )
    assert report["verdict"]["word"] == "worse"
    assert "Logistic regression on 60 of 100 rows: " in report["verdict"]["sentence"]
    assert "Worth it: no, logistic regression is better by " in report["verdict"]["sentence"]


def test_equal_answers_show_no_clear_difference(truth: np.ndarray) -> None:
    fields = answers(truth, 0.9, 1)
    report = evaluate(truth, fields, [rival(fields)], kind="category", classes=CLASSES)
    assert report["verdict"]["word"] == "no clear difference"
    assert report["difference"]["value"] == 0
    assert report["difference"]["p"] == 1


def test_lower_is_better_for_errors() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(200_000, 100_000, (400, 1))
    noise = generator.normal(size=(400, 1))
    fields, theirs = {"answer": truth + 43_000 * noise}, {"answer": truth + 47_000 * noise}
    report = evaluate(
        truth, fields, [rival(theirs)], kind="number", classes=("price",), items="rows"
    )
    assert report["verdict"]["word"] == "better"
    assert report["difference"]["value"] < 0
    sentence = report["verdict"]["sentence"]
    assert sentence == (
        "Root mean squared error 43,200 (40,300–46,400, 400 held-out rows). "
        "Logistic regression: 47,300. Worth it: yes, by 4,020 (3,750–4,320)."
    )
    assert report["per_class"][0]["rmse"] == report["metrics"]["rmse"]["value"]


def test_metrics_carry_interval_count_and_split(truth: np.ndarray) -> None:
    report = evaluate(
        truth, answers(truth, 0.9, 1), kind="category", classes=CLASSES, split="valid"
    )
    assert set(report["metrics"]) == set(METRICS["category"]) - {"average_precision"}
    for entry in report["metrics"].values():
        assert entry["low"] <= entry["value"] <= entry["high"]
        assert (entry["n"], entry["split"]) == (1800, "valid")


def test_without_a_rival_nothing_is_claimed(truth: np.ndarray) -> None:
    report = evaluate(truth, answers(truth, 0.9, 1), kind="category", classes=CLASSES)
    assert report["verdict"]["word"] == "no clear difference"
    assert report["verdict"]["sentence"].endswith("No classical method to compare with.")
    assert report["baseline"] is None


def test_other_rivals_are_listed_with_their_metrics(truth: np.ndarray) -> None:
    rivals = [rival(answers(truth, 0.8, 2)), rival(answers(truth, 0.4, 3), name="guessing")]
    report = evaluate(truth, answers(truth, 0.9, 1), rivals, kind="category", classes=CLASSES)
    assert report["baseline"]["name"] == "linear"
    assert [other["name"] for other in report["others"]] == ["guessing"]
    assert report["others"][0]["metrics"]["accuracy"]["value"] == pytest.approx(0.4, abs=0.04)


def test_near_duplicates_can_be_left_out(truth: np.ndarray) -> None:
    fields = answers(truth, 0.9, 1)
    duplicates = (fields["answer"] == truth) & (np.arange(1800) < 900)
    report = evaluate(truth, fields, kind="category", classes=CLASSES, duplicates=duplicates)
    rest = report["without_duplicates"]
    assert rest["removed"] + rest["n"] == 1800
    assert rest["metrics"]["accuracy"]["value"] < report["metrics"]["accuracy"]["value"]
    everything = evaluate(
        truth, fields, kind="category", classes=CLASSES, duplicates=np.ones(1800, bool)
    )
    assert everything["without_duplicates"]["metrics"] == {}


def test_class_table_names_recall_and_precision() -> None:
    truth = np.array([0, 0, 0, 1])
    fields = {"answer": np.array([0, 0, 1, 1])}
    daisy, rose, tulip = evaluate(truth, fields, kind="category", classes=CLASSES)["per_class"]
    assert (daisy["n"], daisy["recall"], daisy["precision"]) == (3, pytest.approx(2 / 3), 1.0)
    assert rose["f1"] == pytest.approx(2 / 3)
    assert (tulip["recall"], tulip["precision"], tulip["f1"]) == (None, None, None)


def test_label_sets_are_judged_by_average_precision() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, (300, 3))
    noise = generator.random((300, 3))
    good, bad = (truth * share + noise * (1 - share) for share in (0.5, 0.2))
    report = evaluate(
        truth,
        {"answer": (good > 0.5).astype(int), "probability": good},
        [rival({"answer": (bad > 0.5).astype(int), "probability": bad})],
        kind="labels",
        classes=CLASSES,
    )
    assert report["difference"]["metric"] == "average_precision"
    assert report["verdict"]["word"] == "better"
    assert report["per_class"][1]["n"] == truth[:, 1].sum()


def test_report_is_json_without_special_numbers(truth: np.ndarray) -> None:
    report = evaluate(
        truth[:5],
        answers(truth[:5], 0.9, 1),
        [rival(answers(truth[:5], 0.5, 2))],
        kind="category",
        classes=CLASSES,
        groups=np.array([0, 0, 1, 1, 1]),
        duplicates=np.array([True, False, False, False, False]),
    )
    json.dumps(report, allow_nan=False)


def test_one_example_is_enough_for_a_report() -> None:
    report = evaluate(
        np.array([1]),
        {"answer": np.array([1]), "probability": np.array([[0.1, 0.9]])},
        kind="category",
        classes=("no", "yes"),
    )
    assert report["metrics"]["accuracy"]["low"] < 0.25
    json.dumps(report, allow_nan=False)


def test_an_empty_part_is_told() -> None:
    with pytest.raises(DataError, match="test part has no examples"):
        evaluate(np.empty(0, int), {"answer": np.empty(0, int)}, kind="category", classes=CLASSES)


def test_better_needs_both_the_test_and_the_interval() -> None:
    metric = METRICS["category"]["accuracy"]
    clear = Difference("accuracy", 0.05, 0.01, 0.09, 0.01, "")
    assert judge(metric, clear) == "better"
    assert judge(metric, clear, p=0.06) == "no clear difference"
    assert judge(metric, Difference("accuracy", 0.05, -0.01, 0.11, 0.01, "")) == (
        "no clear difference"
    )
    assert judge(METRICS["number"]["rmse"], Difference("rmse", -5, -9, -1, 0.01, "")) == "better"
    assert judge(METRICS["number"]["rmse"], Difference("rmse", 5, 1, 9, 0.01, "")) == "worse"


def test_runs_are_compared_on_shared_rows_with_holm(truth: np.ndarray) -> None:
    rows = np.arange(1800)
    runs = [
        RunPredictions("cnn", "category", rows, truth, answers(truth, 0.9, 1)),
        RunPredictions("mlp", "category", rows[::-1][:1500], truth[::-1][:1500],
                       {k: v[::-1][:1500] for k, v in answers(truth, 0.8, 2).items()}),
        RunPredictions("same", "category", rows, truth, answers(truth, 0.9, 1)),
    ]  # fmt: skip
    result = compare(runs)
    assert result["n"] == 1500
    words = {(pair["first"], pair["second"]): pair["word"] for pair in result["pairs"]}
    assert words == {
        ("cnn", "mlp"): "better",
        ("cnn", "same"): "no clear difference",
        ("mlp", "same"): "worse",
    }
    assert all(pair["p_holm"] >= pair["p"] for pair in result["pairs"])
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(("blocks", "word"), [(3, "no clear difference"), (12, "better")])
def test_runs_are_compared_on_as_many_units_as_there_are_blocks(blocks: int, word: str) -> None:
    """Three blocks on one side prove nothing, however many rows they have."""
    rows = np.arange(20 * blocks)
    came = np.linspace(0.0, 9.0, len(rows))[:, None]
    runs = [
        RunPredictions(name, "number", rows, came, {"answer": came + off}, stretches(rows, 20))
        for name, off in (("near", 1.0), ("far", 1.1), ("farther", 1.2), ("farthest", 1.3))
    ]
    pairs = compare(runs, metric="rmse")["pairs"]
    least = 2.0 ** (1 - blocks)
    assert all(pair["p"] >= least and pair["p_holm"] >= least for pair in pairs)
    assert {pair["word"] for pair in pairs} == {word}


def test_rows_of_a_series_are_resampled_by_horizon_or_in_twenty_stretches() -> None:
    assert stretches(np.array([5, 6, 9, 12]), 4).tolist() == [0, 0, 1, 1]
    assert np.bincount(stretches(np.arange(100, 160))).tolist() == [3] * 20
    assert len(stretches(np.arange(0), 4)) == len(stretches(np.arange(0))) == 0


def test_runs_without_shared_rows_are_refused(truth: np.ndarray) -> None:
    fields = answers(truth, 0.9, 1)
    first = RunPredictions("a", "category", np.arange(1800), truth, fields)
    with pytest.raises(RunError, match="tested on different rows"):
        compare([first, RunPredictions("b", "category", np.arange(1800) + 5000, truth, fields)])
    with pytest.raises(RunError, match="disagree about the true answers"):
        compare([first, RunPredictions("b", "category", np.arange(1800), 2 - truth, fields)])


def test_rows_that_are_measured_later_were_not_held_out() -> None:
    truth = np.array([0, 1] * 20)
    fields = {"answer": truth, "probability": np.eye(2)[truth]}
    found = evaluate(truth, fields, kind="category", classes=("a", "b"), split="new")
    assert found["verdict"]["sentence"].startswith("100 of 100 right (91.2–100, 40 new rows).")

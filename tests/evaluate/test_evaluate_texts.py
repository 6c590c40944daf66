"""Language models, translations and summaries judged beside a rival, in words that read well."""

import json

import numpy as np
import pytest
import sacrebleu

from fathom.baselines.request import Rival
from fathom.evaluate import RunPredictions, compare, evaluate
from fathom.evaluate.held_out import HeldOut
from fathom.metrics import METRICS

WORDS = np.array(
    [
        "we",
        "saw",
        "two",
        "small",
        "dogs",
        "that",
        "ran",
        "along",
        "the",
        "wide",
        "and",
        "sunny",
        "beach",
        "today",
    ]
)

Fields = dict[str, np.ndarray]


def rival(fields: dict[str, np.ndarray], words: str = "Kneser-Ney of order 8") -> Rival:
    return Rival("ngram", words, "bits_per_byte", 2.25, 9, 9, 1.5, {"test": fields})


def blocks(gap: float, seed: int = 0) -> tuple[np.ndarray, Fields, Fields]:
    """Bytes of 55 blocks, and nats of a model and of one that needs `gap` bits a byte more."""
    generator = np.random.default_rng(seed)
    truth = np.full(55, 2000)
    bits = generator.normal(2.19, 0.2, 55)
    other = bits + gap + generator.normal(0, 0.05, 55)
    ours, theirs = ({"nll": each * truth * np.log(2)} for each in (bits, other))
    return truth, ours, theirs


def translations(share: float, count: int = 200, seed: int = 0) -> tuple[np.ndarray, Fields]:
    """References, and answers that keep this share of their words."""
    generator = np.random.default_rng(seed)
    truth, answers = np.empty(count, dtype=object), np.empty(count, dtype=object)
    for row in range(count):
        words = generator.permutation(WORDS)[:10]
        truth[row] = " ".join(words)
        chance = np.random.default_rng([seed, row]).random(10)
        answers[row] = " ".join(np.where(chance < share, words, "cat"))
    return truth, {"answer": answers}


def test_a_language_model_is_judged_in_bits_per_byte() -> None:
    truth, fields, theirs = blocks(0.06)
    report = evaluate(truth, fields, [rival(theirs)], kind="bytes", classes=())
    assert report["verdict"]["word"] == "better"
    assert report["verdict"]["sentence"] == (
        "2.208 bits per byte (2.160–2.254, 110,000 held-out bytes). Kneser-Ney of order 8: 2.269. "
        "Worth it: yes, by 0.061 (0.047–0.075)."
    )
    assert report["difference"]["test"] == "paired bootstrap"
    assert report["difference"]["value"] < 0
    assert report["per_class"] == []
    assert report["metrics"]["bits_per_byte"]["n"] == 55
    json.dumps(report, allow_nan=False)


def test_an_n_gram_model_can_win() -> None:
    truth, fields, theirs = blocks(-0.06)
    report = evaluate(truth, fields, [rival(theirs)], kind="bytes", classes=())
    assert report["verdict"]["word"] == "worse"
    assert "Worth it: no, Kneser-Ney of order 8 is better by " in report["verdict"]["sentence"]


def test_blocks_of_one_document_are_resampled_together() -> None:
    truth, fields, _ = blocks(0.0)
    groups = np.repeat(np.arange(11), 5)
    fields["nll"] = fields["nll"] * np.repeat(np.linspace(0.8, 1.2, 11), 5)
    wide, narrow = (
        evaluate(truth, fields, kind="bytes", classes=(), groups=each) for each in (groups, None)
    )
    widths = [
        report["metrics"]["bits_per_byte"]["high"] - report["metrics"]["bits_per_byte"]["low"]
        for report in (wide, narrow)
    ]
    assert widths[0] > 1.5 * widths[1]


def test_a_translation_is_judged_by_bleu_with_its_signature() -> None:
    truth, fields = translations(0.8)
    _, theirs = translations(0.7)
    report = evaluate(
        truth, fields, [rival(theirs, "Nearest sentence")], kind="text", classes=(), items="pairs"
    )
    assert report["verdict"]["word"] == "better"
    assert report["verdict"]["sentence"] == (
        "BLEU 56.1 (52.9–59.3, 200 held-out pairs). Nearest sentence: 38.9. "
        "Worth it: yes, by 17.2 (14.8–19.8)."
    )
    assert report["difference"]["metric"] == "bleu"
    bleu = report["metrics"]["bleu"]
    assert bleu["low"] < bleu["value"] < bleu["high"]
    corpus = sacrebleu.corpus_bleu(fields["answer"].tolist(), [truth.tolist()]).score
    assert bleu["value"] == pytest.approx(corpus)
    assert bleu["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp")
    assert set(report["metrics"]) == {"bleu", "chrf", "rouge1", "rouge2", "rougeL"}
    json.dumps(report, allow_nan=False)


def test_a_summary_is_judged_by_the_metric_asked_for() -> None:
    truth, fields = translations(0.8)
    _, theirs = translations(0.79)
    report = evaluate(truth, fields, [rival(theirs)], kind="text", classes=(), metric="rougeL")
    assert report["verdict"]["sentence"].startswith("ROUGE-L ")
    assert report["difference"]["metric"] == "rougeL"
    assert report["baseline"]["metrics"]["rougeL"]["low"] is not None


def test_intervals_of_bleu_agree_with_sacrebleu() -> None:
    """Its own bootstrap: 1,000 resamples, interval from the 26th to the 975th value."""
    truth, fields = translations(0.7, 120)
    metric = sacrebleu.BLEU()
    theirs = metric.corpus_score(fields["answer"].tolist(), [truth.tolist()], n_bootstrap=1000)
    entry = HeldOut.of("text", truth).measured(fields)["bleu"]
    assert (float(entry["high"]) - float(entry["low"])) / 2 == pytest.approx(theirs._ci, rel=0.15)


def test_perfect_translations_leave_room_for_chance() -> None:
    truth, _ = translations(1.0, 40)
    entry = HeldOut.of("text", truth).measured({"answer": truth})["bleu"]
    assert entry["value"] == entry["high"] == pytest.approx(100)
    assert entry["low"] == pytest.approx(91.2, abs=0.1)  # Wilson's of 40 of 40


def test_translations_without_near_duplicates_and_of_several_runs() -> None:
    truth, fields = translations(0.8, 60)
    _, other = translations(0.5, 60)
    report = evaluate(truth, fields, kind="text", classes=(), duplicates=np.arange(60) < 20)
    rest = METRICS["text"]["bleu"].value(truth[20:], {"answer": fields["answer"][20:]})
    assert report["without_duplicates"]["metrics"]["bleu"]["value"] == pytest.approx(rest)
    rows = np.arange(60)
    runs = [
        RunPredictions("wide", "text", rows, truth, fields),
        RunPredictions("narrow", "text", rows, truth, other),
    ]
    assert compare(runs)["pairs"][0]["word"] == "better"

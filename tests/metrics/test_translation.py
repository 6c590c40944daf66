"""BLEU and chrF against sacrebleu's corpus functions, resample by resample."""

from typing import Any

import numpy as np
import pytest
import sacrebleu

from fathom.metrics import METRICS, measure, prepared
from fathom.metrics.translation import bleu_signature, chrf_signature

WORDS = np.array(
    [
        "Ein",
        "kleines",
        "Mädchen",
        "klettert",
        "in",
        "ein",
        "Spielhaus",
        "aus",
        "Holz",
        ",",
        "12.5",
        "%",
        "sagt",
        "es",
        ":",
        "ja",
        "!",
        "你好",
        ".",
    ]
)
CORPUS: dict[str, Any] = {"bleu": sacrebleu.corpus_bleu, "chrf": sacrebleu.corpus_chrf}


def texts(count: int, several: int = 1, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """References and answers that share some of their words; an odd seed has longer answers."""
    longer = 4 * (seed % 2)
    generator = np.random.default_rng(seed)
    truth, answers = np.empty((count, several), dtype=object), np.empty(count, dtype=object)
    for row in range(count):
        words = generator.choice(WORDS, generator.integers(1, 14))
        for place in range(several):
            truth[row, place] = " ".join(np.where(generator.random(len(words)) < 0.8, words, "rot"))
        kept = words[generator.random(len(words)) < 0.9]
        kept = np.append(kept, WORDS[: generator.integers(0, longer + 1)])
        answers[row] = " ".join(np.where(generator.random(len(kept)) < 0.8, kept, "Haus"))
    return truth, {"answer": answers}


def expected(name: str, truth: np.ndarray, answers: np.ndarray) -> float:
    """sacrebleu's own figure."""
    streams = [list(stream) for stream in truth.T]
    return float(CORPUS[name](answers.tolist(), streams).score)


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("several", [1, 3])
@pytest.mark.parametrize("count", [1, 2, 150])
def test_values_are_those_of_sacrebleu(name: str, several: int, count: int) -> None:
    for seed in range(3 if count > 2 else 20):
        truth, fields = texts(count, several, seed)
        value = METRICS["text"][name].value(truth, fields)
        assert value == pytest.approx(expected(name, truth, fields["answer"]), rel=1e-12)


@pytest.mark.parametrize("name", CORPUS)
def test_a_resample_is_the_corpus_of_its_texts(name: str) -> None:
    truth, fields = texts(40, 2)
    weights = np.random.default_rng(1).integers(0, 3, (6, 40))
    found = METRICS["text"][name].compute(truth, fields, weights)
    for weight, value in zip(weights, found, strict=True):
        rows = np.repeat(np.arange(40), weight)
        assert value == pytest.approx(expected(name, truth[rows], fields["answer"][rows]))


@pytest.mark.parametrize("name", CORPUS)
def test_rows_may_have_different_numbers_of_references(name: str) -> None:
    truth, fields = texts(30, 3)
    truth[::2, 1] = None
    truth[::3, 2] = ""
    value = METRICS["text"][name].value(truth, fields)
    assert value == pytest.approx(expected(name, truth, fields["answer"]), rel=1e-12)


def test_one_reference_needs_no_second_axis() -> None:
    truth, fields = texts(20)
    assert measure("text", truth[:, 0], fields) == measure("text", truth, fields)
    plain = {"answer": fields["answer"].astype(str)}
    assert measure("text", truth[:, 0].astype(str), plain) == measure("text", truth, fields)


@pytest.mark.parametrize(("truth", "answer"), [("ja", ""), ("", "ja"), ("", ""), ("ja", "nein")])
def test_nothing_shared_scores_nothing(truth: str, answer: str) -> None:
    values = measure("text", np.array([truth]), {"answer": np.array([answer])})
    assert values["bleu"] == values["chrf"] == values["rouge1"] == 0


def test_equal_texts_score_all() -> None:
    truth, _ = texts(20)
    values = measure("text", truth, {"answer": truth[:, 0]})
    assert values["bleu"] == values["chrf"] == pytest.approx(100, abs=1e-9)


def test_signatures_are_those_of_sacrebleu() -> None:
    for several in (1, 3):
        truth, fields = texts(10, several)
        streams = [list(stream) for stream in truth.T]
        for name, signature in (("BLEU", bleu_signature), ("CHRF", chrf_signature)):
            metric = getattr(sacrebleu, name)()
            metric.corpus_score(fields["answer"].tolist(), streams)
            assert signature(truth) == str(metric.get_signature())


def test_texts_are_compared_once_however_often_they_are_weighed() -> None:
    """What `prepared` adds is enough: without the texts themselves the values are the same."""
    truth, fields = texts(25, 2)
    complete = prepared("text", truth, fields)
    assert set(complete) == {"answer", "bleu_counts", "chrf_counts", "rouge"}
    again = prepared("text", truth, complete)
    assert all(again[name] is complete[name] for name in complete)
    blank = {**complete, "answer": np.full(25, "")}
    assert measure("text", truth, blank) == measure("text", truth, fields)

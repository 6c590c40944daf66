"""Two columns of text from raw files to runs that summarise, by taking and by writing."""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import fathom
from fathom.api import compare_families
from fathom.errors import OptionError
from fathom.train import Listener, Options
from fathom.train.prepare import prepare

WORDS = ["red", "blue", "cat", "dog", "sees", "the", "tree", "house", "big", "runs", "sleeps"]


def talks(path: Path, count: int, seed: int = 0) -> Path:
    """Dialogues of three turns whose second one is the summary."""
    rng = random.Random(seed)

    def turn(name: str) -> str:
        return f"{name}: " + " ".join(rng.choices(WORDS, k=rng.randint(3, 8)))

    with path.open("w") as file:
        for _ in range(count):
            turns = [turn("Ann"), turn("Bob"), turn("Cat")]
            row = {"talk": "\n".join(turns), "summary": turns[1]}
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("taken")
    data = talks(folder / "talks.jsonl", 160)
    return fathom.train(
        data, budget="20s", updates=40, family="mlp", out=str(folder / "run"), seed=1
    )


def test_few_pairs_are_summarised_by_taking_units(taken: fathom.Run) -> None:
    report = taken.report
    assert report["task"] == "summarisation"
    assert report["verdict"]["sentence"].startswith("ROUGE-1")
    assert report["baseline"]["name"] == "lead"
    assert report["metrics"]["rouge1"]["value"] > report["baseline"]["metrics"]["rouge1"]["value"]
    assert report["difference"]["metric"] == "rouge1"
    shown = json.loads((taken.folder / "explanation.json").read_text())
    assert "summaries" in shown
    assert "translations" not in shown


def test_a_run_summarises_tables_and_lines(taken: fathom.Run, tmp_path: Path) -> None:
    answers = taken.predict(talks(tmp_path / "new.jsonl", 8, seed=3))
    told = pl.read_ndjson(tmp_path / "new.jsonl")
    assert len(answers) == 8
    for answer, talk in zip(answers["answer"], told["talk"], strict=True):
        assert all(part in talk for part in answer.split(": ")[-1:])
    (tmp_path / "new.txt").write_text("Ann: the cat sees. Bob: the dog\nBob: it runs\n")
    assert taken.predict(tmp_path / "new.txt")["answer"][1] == "Bob: it runs"


def test_new_references_are_measured(taken: fathom.Run, tmp_path: Path) -> None:
    report = fathom.evaluate(taken, talks(tmp_path / "more.jsonl", 30, seed=9))
    assert report["rows"] == 30
    assert report["metrics"]["rouge1"]["value"] > 20


def test_how_it_answers_is_said(tmp_path: Path) -> None:
    heard = Listener()
    data = talks(tmp_path / "talks.jsonl", 80)
    prepare(str(data), Options(), heard)
    assert any("--write has them written" in line for line in heard.lines)
    prepare(str(data), Options(extract=False), heard)
    assert "--extract takes them" in heard.lines[-1]


def test_writing_can_be_asked_for_with_a_cell(tmp_path: Path) -> None:
    data = talks(tmp_path / "talks.jsonl", 80)
    run = fathom.train(
        data, budget="20s", updates=3, cell="gru", extract=False, out=str(tmp_path / "run")
    )
    assert run.recipe.family == "rnn"
    assert run.recipe.network == {"text": "rnn", "target": "rnn"}
    assert run.recipe.size["target"]["cell"] == "gru"
    assert run.recipe.data.options.extract is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell": "gru", "family": "transformer"}, "no recurrent cell"),
        ({"cell": "grü"}, "There is no cell"),
        ({"extract": True, "task": "translation"}, "knows no choice to extract"),
    ],
)
def test_choices_that_mean_nothing_are_refused(
    options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    data = talks(tmp_path / "talks.jsonl", 80)
    with pytest.raises(OptionError, match=words):
        fathom.train(data, out=str(tmp_path / "run"), target="summary", **options)


def test_families_are_ranked_on_validation(tmp_path: Path) -> None:
    lines = ["x,y", *(f"{n % 7},{'ab'[n % 7 > 3]}" for n in range(200))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    with pytest.raises(OptionError, match="nothing to compare with one family"):
        compare_families(tmp_path / "t.csv", out=str(tmp_path / "runs"))
    with pytest.raises(OptionError, match="no family for these data 'cnn'"):
        compare_families(tmp_path / "t.csv", "mlp,cnn", out=str(tmp_path / "runs"))


def test_the_comparison_pairs_the_families_on_the_test_part(tmp_path: Path) -> None:
    data = talks(tmp_path / "talks.jsonl", 100)
    place = tmp_path / "runs"
    found = compare_families(data, "mlp,cnn", budget="20s", updates=4, out=str(place))
    assert found["metric"] == "rouge1"
    values = [entry["validation"] for entry in found["ranking"]]
    assert values == sorted(values, reverse=True)
    order = [entry["family"] for entry in found["ranking"]]
    assert [run["name"] for run in found["runs"]] == order
    assert {entry["run"] for entry in found["ranking"]} == {str(place / name) for name in order}
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"]) == tuple(order)
    assert pair["p_holm"] >= pair["p"]

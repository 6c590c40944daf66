"""Tables of texts to runs that classify and count, and to answers on new texts."""

import random
from pathlib import Path

import polars as pl
import pytest

import fathom
from fathom.errors import FathomError

GOOD, BAD = ("lovely", "warm", "brilliant", "moving"), ("dull", "cold", "clumsy", "tedious")
NOUNS = ("film", "story", "cast", "music", "ending")


def reviews(count: int) -> pl.DataFrame:
    """One adjective of three decides; a number and a category that say nothing, and the stars."""
    rng = random.Random(0)
    rows = []
    for number in range(count):
        good = number % 2 == 0
        words = [rng.choice(GOOD if good else BAD), rng.choice(NOUNS), rng.choice(NOUNS)]
        text = (
            f"{rng.choice(('a', 'the', 'this'))} {words[0]} {words[1]} and {words[2]} no {number}"
        )
        stars = 5.0 * good + rng.random()
        rows.append((text, rng.random(), rng.choice(("de", "fr")), "pos" if good else "neg", stars))
    return pl.DataFrame(
        rows, schema=["review", "price", "country", "verdict", "stars"], orient="row"
    )


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("texts")
    reviews(300).select("review", "verdict").write_csv(folder / "reviews.tsv", separator="\t")
    return fathom.train(
        folder / "reviews.tsv", budget="20s", updates=40, out=str(folder / "run"), target="verdict"
    )


def test_the_only_column_beside_texts_is_the_target(texts: fathom.Run) -> None:
    assert texts.recipe.data.targets == ("verdict",)
    assert texts.recipe.network == {"review": "mlp"}
    assert texts.report["metrics"]["accuracy"]["value"] > 0.9
    assert texts.report["baseline"]["name"] == "words"
    assert texts.report["checks"][0]["name"] == "the network adds to its words"


def test_a_file_is_answered_line_by_line(texts: fathom.Run, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("a brilliant cast\na tedious ending\n☃☃☃ 雪\n\nwarm warm\n")
    frame = texts.predict(tmp_path / "new.txt")
    assert frame["answer"].to_list()[:2] == ["pos", "neg"]
    assert frame["answer"].to_list()[-1] == "pos"
    assert "training" in frame["note"][2]


def test_empty_texts_are_told_and_a_lacking_column_is_named(
    texts: fathom.Run, tmp_path: Path
) -> None:
    pl.DataFrame({"review": ["warm", None, ""], "other": [1, 2, 3]}).write_csv(tmp_path / "new.csv")
    frame = texts.predict(tmp_path / "new.csv")
    assert frame["answer"].to_list() == ["pos", None, None]
    assert "no text" in frame["note"][1]
    pl.DataFrame({"price": [1.0, 2.0], "country": ["a", "b"]}).write_csv(tmp_path / "bad.csv")
    with pytest.raises(FathomError, match="review"):
        texts.predict(tmp_path / "bad.csv")


def test_a_loaded_run_answers_the_same(texts: fathom.Run, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("a brilliant cast\na tedious ending\n")
    again = fathom.load(texts.folder).predict(tmp_path / "new.txt")
    assert again.equals(texts.predict(tmp_path / "new.txt"))


def test_numbers_are_told_from_texts_beside_other_columns(tmp_path: Path) -> None:
    data = tmp_path / "mixed.jsonl"
    reviews(300).drop("verdict").write_ndjson(data)
    run = fathom.train(
        data, target="stars", family="cnn", budget="20s", updates=40, out=str(tmp_path / "run")
    )
    assert run.recipe.network == {"row": "mlp", "review": "cnn"}
    assert run.report["metrics"]["r2"]["value"] > 0.5
    new = tmp_path / "new.csv"
    pl.DataFrame(
        {"review": ["lovely music", None], "price": [0.1, None], "country": ["de", ""]}
    ).write_csv(new)
    answers = run.predict(new)["answer"]
    assert answers[0] > 3.0
    assert answers.null_count() == 0

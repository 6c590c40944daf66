"""Texts from raw files to runs that write, translate and can be measured again."""

import json
import math
import random
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest

import fathom
from fathom.console import show_writing
from fathom.decoding.tokens import Sampling
from fathom.errors import OptionError

WORDS = {"red": "rot", "blue": "blau", "cat": "katze", "dog": "hund", "sees": "sieht", "the": "die"}


def sentences(count: int) -> list[str]:
    rng = random.Random(0)
    colours, animals = ["red", "blue"], ["cat", "dog"]
    return [
        f"the {rng.choice(colours)} {rng.choice(animals)} sees the {rng.choice(animals)}"
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("story")
    lines = [f"{line.capitalize()}." for line in sentences(3000)]
    text = "\n".join(" ".join(lines[start : start + 6]) for start in range(0, 3000, 6))
    (folder / "story.txt").write_text(text)
    return fathom.train(folder / "story.txt", budget="20s", updates=60, out=str(folder / "run"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "data").mkdir()
    lines = sentences(400)
    (folder / "data" / "train.en").write_text("\n".join(lines) + "\n")
    german = [" ".join(WORDS[word] for word in line.split()) for line in lines]
    (folder / "data" / "train.de").write_text("\n".join(german) + "\n")
    return fathom.train(folder / "data", budget="20s", updates=150, out=str(folder / "run"))


def test_a_text_is_measured_in_bits_beside_n_grams(story: fathom.Run) -> None:
    report = story.report
    assert report["task"] == "language"
    assert report["metrics"]["bits_per_byte"]["value"] < 2.0
    assert report["baseline"]["name"] in ("kneser_ney", "bzip2", "xz")
    mixture = report["mixture"]
    assert 0 <= mixture["share"] <= 1
    alone = report["metrics"]["bits_per_byte"]["value"]
    assert mixture["metrics"]["bits_per_byte"]["value"] < alone + 0.01


def test_a_blank_behind_the_prompt_belongs_to_the_next_word(story: fathom.Run) -> None:
    for blanks in (" ", "  "):
        texts = story.generate(6, prompt=f"The{blanks}", length=12)
        assert all(0 < len(text) <= 12 for text in texts)
    best = Sampling(temperature=0.0)
    closed, opened = (
        story.generate(1, prompt=prompt, length=9, options=best)[0] for prompt in ("The", "The ")
    )
    assert closed.startswith(f" {opened[:8]}")


def test_what_a_text_costs_is_told_in_bits_per_byte(story: fathom.Run, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("The red cat sees the dog.\nThe blue dog sees the cat.\n")
    told = story.predict(tmp_path / "new.txt").row(0, named=True)
    size = len((tmp_path / "new.txt").read_bytes())
    assert told["bits_per_byte"] == pytest.approx(told["nats"] / math.log(2) / size, rel=0.05)


def test_a_run_writes_the_same_again_whatever_stands_beside_it(story: fathom.Run) -> None:
    several = story.generate(8, prompt="The", length=40)
    assert story.generate(1, prompt="The", length=40) == several[:1]
    assert len(set(several)) > 1
    assert all(0 < len(text) <= 40 for text in several)
    best = story.generate(1, prompt="The", length=8, options=Sampling(temperature=0.0))[0]
    assert best.split()[0] in ("red", "blue")


def test_a_prompt_that_is_too_long_or_unknown_is_told(story: fathom.Run) -> None:
    writer = story.writer(Sampling(), length=5)
    list(writer.stream("The cat. " * 400, 1))
    assert "only its end counts" in writer.notes[0]
    assert len(story.generate(1, prompt="€ ☃ \x00", length=5)) == 1


def test_what_is_told_of_a_prompt_stands_on_a_line_of_its_own(
    story: fathom.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with redirect_stderr(sys.stdout):
        show_writing(story.writer(Sampling(), length=5), "The cat. " * 400, 1, programs=False)
    assert "\nThe prompt has" in capsys.readouterr().out


def test_texts_are_scored_and_strangers_surprise_more(story: fathom.Run, tmp_path: Path) -> None:
    known, strange = tmp_path / "known.txt", tmp_path / "strange.txt"
    known.write_text("The red cat sees the dog.\n" * 20)
    strange.write_text("zqx jkw vvv pqr xyz qqq\n" * 20)
    answers = story.predict([known, strange])
    assert answers["perplexity"][0] < answers["perplexity"][1]


def test_a_text_is_scored_the_same_whatever_stands_before_it(
    story: fathom.Run, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("The red cat sees the dog. " * 20)
    second.write_text("The blue dog sees the cat. The red dog sees the dog.")
    together, alone = story.predict([first, second]), story.predict([second])
    assert together["tokens"][1] == alone["tokens"][0]
    assert together["nats"][1] == pytest.approx(alone["nats"][0], rel=1e-4)


def test_sentences_are_translated_line_by_line(pairs: fathom.Run, tmp_path: Path) -> None:
    assert pairs.report["task"] == "translation"
    assert {"bleu", "chrf"} <= set(pairs.report["metrics"])
    assert "signature" in pairs.report["metrics"]["bleu"]
    (tmp_path / "new.txt").write_text("die rot katze sieht die hund\ndie blau hund sieht die katze")
    answers = pairs.predict(tmp_path / "new.txt")
    assert len(answers) == 2
    assert set(" ".join(answers["answer"]).split()) <= set(WORDS)
    with pytest.raises(OptionError, match="does not write"):
        pairs.generate()


def test_a_text_run_is_whole(story: fathom.Run, pairs: fathom.Run) -> None:
    for run in (story, pairs):
        assert (run.folder / "report.html").stat().st_size > 10_000
        assert json.loads((run.folder / "explanation.json").read_text())["verdict"]
        assert fathom.load(run.folder).report == run.report

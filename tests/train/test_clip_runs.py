"""A folder of sounds to a run that draws new ones, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import fathom
from fathom.errors import OptionError

RATE = 8_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Low and high tones of very different length, and a run that learned them."""
    folder = tmp_path_factory.mktemp("tones")
    (folder / "clips").mkdir()
    source = np.random.default_rng(0)
    for number in range(30):
        pitch, word = ((300.0, "low"), (1_500.0, "high"))[number % 2]
        time = np.arange(round(RATE * source.uniform(0.03, 0.12))) / RATE
        wave = 0.5 * np.sin(2 * np.pi * pitch * source.uniform(0.9, 1.1) * time)
        soundfile.write(folder / "clips" / f"{word}_{number}.wav", wave, RATE)
    fathom.train(
        folder / "clips",
        budget="30s",
        task="generation",
        target=["pitch"],
        pattern="{pitch}_{n}",
        updates=2,
        out=str(folder / "run"),
        cache=str(folder / "cache"),
    )
    return folder


def test_it_is_judged_as_it_sounds(place: Path) -> None:
    report = json.loads((place / "run" / "report.json").read_text())
    assert report["family"] == "diffusion"
    assert {"kid", "label_agreement", "memorisation"} <= set(report["metrics"])
    most = report["ceiling"]["label_agreement"]  # of real clips, played and heard again
    assert 0 <= most["low"] <= most["value"] <= most["high"] <= 1
    assert most["n"] == report["metrics"]["kid"]["n"]
    assert "held-out clips" in report["verdict"]["sentence"]
    recipe = json.loads((place / "run" / "recipe.json").read_text())
    assert not recipe["augment"].get("flip")


def test_clips_of_a_class_become_files(place: Path) -> None:
    run = fathom.load(place / "run")
    many, few = run.draw(3, seed=2, wish="high"), run.draw(1, seed=2, wish="high")
    assert np.array_equal(many[:1], few)
    files = run.draw_into(place / "out", 3, seed=2, wish="high")
    assert [file.name for file in files][::3] == ["sample-0000.wav", "sheet.html"]
    assert soundfile.info(files[0]).samplerate == RATE
    once = files[0].read_bytes()
    assert run.draw_into(place / "again", 1, seed=2, wish="high")[0].read_bytes() == once


def test_what_cannot_be_drawn_is_told(place: Path) -> None:
    run = fathom.load(place / "run")
    with pytest.raises(OptionError, match="class"):
        run.draw(1, wish="middle")
    for count in (0, 10**9):
        with pytest.raises(OptionError, match="at once"):
            run.draw(count)

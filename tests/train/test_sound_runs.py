"""Folders of sounds to finished runs, by the verbs that the command line calls."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import fathom
from fathom.folders import read_json

RATE = 8_000
PITCH = {"low": 300.0, "high": 1_500.0}


def tone(word: str, source: np.random.Generator) -> np.ndarray:
    time = np.arange(round(RATE * source.uniform(0.12, 0.18))) / RATE
    pitch = PITCH[word] * source.uniform(0.95, 1.05)
    return 0.5 * np.sin(2 * np.pi * pitch * time) * np.hanning(len(time))


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """Clips of three tones with pauses, and what they say; some say more than fits into them."""
    source = np.random.default_rng(0)
    pause = np.zeros(round(0.1 * RATE))
    lines = ["file,text"]
    folder = tmp_path / "speech"
    folder.mkdir()
    for number in range(36):
        words = [str(source.choice(list(PITCH))) for _ in range(3)]
        parts = [pause, *(part for word in words for part in (tone(word, source), pause))]
        clip = np.concatenate(parts)
        soundfile.write(
            folder / f"{number}.wav", clip + 0.001 * source.normal(size=len(clip)), RATE
        )
        lines.append(f"{number}.wav,{' '.join(words)}")
    for number in range(3):
        soundfile.write(folder / f"crowded{number}.wav", tone("low", source), RATE)
        lines.append(f"crowded{number}.wav,{' '.join(['low'] * 30)}")
    (folder / "transcripts.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_transcription_from_raw_clips_to_answers(speech: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = fathom.train(
        speech,
        budget="60s",  # of which the rivals' share must be enough on a busy machine
        updates=4,
        out=str(out),
        cache=str(tmp_path / "cache"),
    )
    report = run.report
    assert report["task"] == "transcription"
    assert set(report["metrics"]) == {"wer", "cer"}
    assert report["baseline"]["name"] == "words"
    assert "cannot be learnt from" in {finding["subject"] for finding in report["findings"]}
    shown = set(read_json(out / "explanation.json"))
    assert {"transcripts", "alignment"} <= shown
    assert "how answers are read" in {check["name"] for check in report["checks"]}
    assert "translations" not in shown
    (speech / "broken.wav").write_text("a text")
    answers = run.predict([str(speech / "0.wav"), str(speech / "broken.wav")])
    assert answers["input"].to_list() == ["0.wav", "broken.wav"]
    assert answers["answer"].is_null().to_list() == [False, True]
    assert "no sound" in answers["note"][1]
    (speech / "transcripts.csv").write_text("file,text\n0.wav,low purple\n1.wav,high low low\n")
    found = fathom.evaluate(run, speech)
    assert any("words that training did not see: 'purple'" in line for line in found["said"])


def test_a_class_a_folder(tmp_path: Path) -> None:
    source = np.random.default_rng(1)
    for word in PITCH:
        (tmp_path / "tones" / word).mkdir(parents=True)
        for number in range(16):
            path = tmp_path / "tones" / word / f"{number}.wav"
            soundfile.write(path, tone(word, source), RATE)
    run = fathom.train(
        tmp_path / "tones",
        budget="60s",
        updates=25,
        out=str(tmp_path / "run"),
        cache=str(tmp_path / "cache"),
    )
    names = {entry["name"] for entry in (run.report["baseline"], *run.report["others"])}
    assert names == {"guessing", "margin", "warping"}
    assert run.predict(str(tmp_path / "tones" / "low" / "0.wav"))["answer"].to_list() == ["low"]

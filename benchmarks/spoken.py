"""Recordings of single digits to clips of several in a row, with transcripts and parts."""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CLIPS, HELD_OUT = 1200, 0.2
FEWEST, MOST, PAUSE_S = 3, 7, 0.3


def concatenated(data: Path, folder: Path, seed: int = 0) -> Path:
    """Clips of 3 to 7 digits by one speaker each, a table of transcripts, and split.json beside the
    folder, which is returned.

    Held-out clips are made of recordings that no training clip has; all speakers are in both.
    """
    source = np.random.default_rng(seed)
    files = sorted((data / "spoken_digits" / "recordings").glob("*.wav"))
    named = [file.stem.split("_") for file in files]
    held = source.permutation(len(files)) < HELD_OUT * len(files)
    speakers = sorted({speaker for _, speaker, _ in named})
    rows, parts = [], []
    for number in range(CLIPS):
        test = number < HELD_OUT * CLIPS
        speaker = speakers[number % len(speakers)]
        own = [i for i, n in enumerate(named) if n[1] == speaker and bool(held[i]) == test]
        chosen = source.choice(own, source.integers(FEWEST, MOST + 1))
        pieces, rate = [], 0
        for i in chosen:
            samples, rate = soundfile.read(files[i])
            pause = np.zeros(int(source.uniform(0, PAUSE_S) * rate))
            pieces += [pause, samples]
        soundfile.write(folder / f"{number:04}.wav", np.concatenate(pieces), rate)
        rows.append((f"{number:04}.wav", " ".join(WORDS[int(named[i][0])] for i in chosen)))
        parts.append("test" if test else "valid" if number % 8 == 0 else "train")
    with (folder / "transcripts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "text"), *rows])
    (folder.parent / "split.json").write_text(json.dumps(parts), encoding="utf-8")
    return folder


def beside(folder: Path) -> list[str]:
    """The part of each clip, as `concatenated` wrote it."""
    parts: list[str] = json.loads((folder.parent / "split.json").read_text(encoding="utf-8"))
    return parts

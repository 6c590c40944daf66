"""Drawn clips to a page that plays them and loads nothing."""

import base64
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from fathom.drawn.clips import Player, page, players

RATE = 8_000


def clips(folder: Path, count: int) -> tuple[list[Path], np.ndarray]:
    """Files of tones, each longer than the one before, and a picture for each."""
    files = [folder / f"sample-{number:04}.wav" for number in range(count)]
    for number, file in enumerate(files, 1):
        wave = 0.5 * np.sin(np.arange(800 * number) / 3)
        soundfile.write(file, wave, RATE, subtype="PCM_16")
    return files, np.arange(count * 6, dtype=np.uint8).reshape(count, 2, 3, 1)


def test_the_page_holds_every_sound_and_picture(tmp_path: Path) -> None:
    files, pictures = clips(tmp_path, 3)
    made = list(players(files, pictures))
    assert [round(one.seconds, 3) for one in made] == [0.1, 0.2, 0.3]
    text = page(made, 3)
    held = re.findall(r'src="data:([a-z/]+);base64,([^"]+)"', text)
    assert [kind for kind, _ in held] == ["image/png", "audio/wav"] * 3
    assert base64.b64decode(held[3][1]) == files[1].read_bytes()
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(held[2][1]))))
    assert np.array_equal(shown, pictures[1, :, :, 0])
    assert text.count("<audio controls") == 3
    assert "3 clips drawn by the network" in text
    assert "can be played here" not in text


def test_it_loads_nothing_and_its_style_is_the_one_it_vouches_for() -> None:
    text = page([Player("sample-0000.wav", 0.5, "data:audio/wav;base64,", "data:,")], 1)
    assert "http:" not in text
    assert "https:" not in text
    assert "<script" not in text
    style = text.split("<style>")[1].split("</style>")[0]
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{known}'" in text.replace("&#39;", "'")
    assert "1 clip drawn" in text


def test_names_are_escaped_and_clips_that_are_not_shown_are_told() -> None:
    text = page([Player('"><b>.wav', 0.5, "data:audio/wav;base64,", "data:,")], 1_234)
    assert "<b>" not in text
    assert "1,234 clips" in text
    assert "The first 1 can be played here" in text

"""Few, tiny and motley pictures to runs that draw, each with what had to be said of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fathom
from fathom.train import Listener

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK")
ENDS = {"CMYK": "jpg"}


def motley(folder: Path, count: int) -> None:
    """Pictures of many sizes and modes, one of a single pixel."""
    folder.mkdir(parents=True)
    source = np.random.default_rng(0)
    for number in range(count):
        mode, side = MODES[number % len(MODES)], 1 + 3 * number
        pixels = source.integers(0, 256, (side, side + number % 3, 3), dtype=np.uint8)
        picture = (
            Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 256)
            if mode == "I;16"
            else Image.fromarray(pixels).convert(mode)
        )
        picture.save(folder / f"{number}.{ENDS.get(mode, 'png')}")


def dots(folder: Path, count: int) -> None:
    """Pictures of one pixel."""
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("L", (1, 1), 12 * number).save(folder / f"{number}.png")


def trained(source: Path, family: str, heard: Listener) -> fathom.Run:
    place = source.parent
    return fathom.train(
        source,
        family=family,
        updates=1,
        budget="20s",
        out=str(place / family),
        cache=str(place / "cache"),
        listener=heard,
    )


@pytest.mark.parametrize("family", ["diffusion", "gan"])
def test_twelve_pictures_of_many_sizes_and_modes_are_drawn(tmp_path: Path, family: str) -> None:
    motley(tmp_path / "pictures", 12)
    heard = Listener()
    run = trained(tmp_path / "pictures", family, heard)
    assert run.draw(3).shape[0] == 3
    assert run.draw(3).shape[3] == 3, "grey ones among colours get three channels"
    assert sum("few examples" in line and "repeats them" in line for line in heard.lines) == 1
    assert np.isfinite(run.report["metrics"]["kid"]["value"])


@pytest.mark.parametrize("family", ["diffusion", "gan"])
def test_pictures_of_one_pixel_are_drawn(tmp_path: Path, family: str) -> None:
    dots(tmp_path / "dots", 20)
    run = trained(tmp_path / "dots", family, Listener())
    assert run.draw(2).shape[0] == 2
    assert np.isfinite(run.report["metrics"]["kid"]["value"])


def test_a_class_of_three_is_told_and_can_be_asked_for(tmp_path: Path) -> None:
    for name, count in (("many", 40), ("three", 3)):
        dots(tmp_path / "classes" / name, count)
    heard = Listener()
    run = trained(tmp_path / "classes", "diffusion", heard)
    (line,) = (line for line in heard.lines if "rare class" in line)
    assert "three" in line
    assert run.draw(2, wish="three").shape[0] == 2

"""Drawn pictures to PNG files and one sheet of all."""

import math
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from fathom.drawn.asking import Commission, drawn
from fathom.places import folder

GAP = 2  # pixels between the pictures of a sheet
SHEET = "sheet.png"

Pictures = UInt8[np.ndarray, "N H W C"]


def write_pictures(asked: Commission, out: str | Path) -> list[Path]:
    """Draw into a folder."""
    place = folder(out)
    return write(place, drawn(asked))


def write(out: str | Path, pictures: Pictures, *, stem: str = "sample") -> list[Path]:
    """PNG files `stem-0000.png` ... and the sheet, last; makes the folder."""
    place = folder(out)
    files = names(place, len(pictures), ".png", stem=stem)
    for file, picture in zip(files, pictures, strict=True):
        image(picture).save(file)
    image(sheet(pictures)).save(place / SHEET)
    return [*files, place / SHEET]


def names(place: Path, count: int, end: str, *, stem: str = "sample") -> list[Path]:
    """The files of so many examples, numbered so that they sort."""
    digits = max(4, len(str(count - 1)))
    return [place / f"{stem}-{number:0{digits}}{end}" for number in range(count)]


def sheet(pictures: Pictures, columns: int = 0) -> UInt8[np.ndarray, "h w C"]:
    """All pictures in rows on one white sheet, about square unless `columns` says otherwise."""
    count, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    paper = np.full((rows, height + GAP, columns, width + GAP, channels), 255, dtype=np.uint8)
    for place, picture in enumerate(pictures):
        paper[place // columns, :height, place % columns, :width] = picture
    whole = paper.reshape(rows * (height + GAP), columns * (width + GAP), channels)
    return whole[:-GAP, :-GAP]


def image(picture: UInt8[np.ndarray, "H W C"]) -> Image.Image:
    """One picture of one or three channels."""
    return Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)

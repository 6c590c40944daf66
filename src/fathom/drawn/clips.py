"""Drawn clips to WAV files and one page that plays them all."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.drawn.asking import Commission, drawn
from fathom.drawn.pictures import Pictures, image, names
from fathom.folders import write_text
from fathom.pages import Pages
from fathom.places import folder

PAGE = "sheet.html"
PAGES = Pages("fathom.drawn", style="clips.css")
PLAYED = 200  # clips of the page: it holds their samples


@dataclass(frozen=True)
class Player:
    """A clip of the page: its file, how long it is, and its sound and picture as data addresses."""

    name: str
    seconds: float
    sound: str
    picture: str


def write_clips(asked: Commission, out: str | Path) -> list[Path]:
    """Draw into a folder: `sample-0000.wav` ... and the page of them, last."""
    place, codec = folder(out), asked.codec
    assert isinstance(codec, SpectrumCodec)
    pictures = drawn(asked)
    files = names(place, len(pictures), ".wav")
    for file, picture in zip(files, pictures, strict=True):
        soundfile.write(file, codec.clip(picture), codec.rate, subtype="PCM_16")
    shown = files[:PLAYED]
    text = page(list(players(shown, pictures)), len(files))
    write_text(place / PAGE, text, "draw them again")
    return [*files, place / PAGE]


def players(files: Sequence[Path], pictures: Pictures) -> Iterator[Player]:
    """The clips of written files, beside the pictures they were played from."""
    for file, picture in zip(files, pictures, strict=False):
        buffer = io.BytesIO()
        image(picture).save(buffer, "PNG")
        yield Player(
            file.name,
            soundfile.info(file).duration,
            address("audio/wav", file.read_bytes()),
            address("image/png", buffer.getvalue()),
        )


def address(kind: str, content: bytes) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def page(clips: Sequence[Player], count: int) -> str:
    """The page as one string, which loads nothing and needs no script; count: of all clips."""
    return PAGES.page(
        "clips.html",
        title=f"{count:,} {'clip' if count == 1 else 'clips'} drawn by the network",
        clips=clips,
        count=count,
    )

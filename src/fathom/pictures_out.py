"""Networks that draw pictures to pixels, and pixels to files and one sheet of all."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from jaxtyping import UInt8
from PIL import Image

from fathom.data.batches import Examples
from fathom.data.codecs import Sounding
from fathom.data.fields import Field
from fathom.data.table import Table
from fathom.errors import OptionError
from fathom.members import Member
from fathom.objectives import Draws, Steered
from fathom.objectives.autoencoder import Coding
from fathom.objectives.vae import Variational

AT_ONCE = 64
MOST = 100_000  # pictures of one command
GAP = 2  # pixels between the pictures of a sheet
SHEET = "sheet.png"

Pictures = UInt8[np.ndarray, "N H W C"]


def draws(members: Sequence[Member]) -> bool:
    """Whether trained networks draw pictures."""
    return isinstance(members[0].objective, Draws)


def chosen(member: Member, asked: Mapping[str, Any]) -> Any:
    """The options of what draws, of the words asked for; None where none is."""
    if not asked:
        return None
    if not isinstance(member.objective, Steered):
        raise OptionError(
            "This run has nothing to choose in how it draws.",
            found=", ".join(asked),
            remedy="Leave that out; -n and --seed are all it takes.",
        )
    classes = member.fields.target.codec.spec().classes
    words = dict(asked)
    if "wish" in words:
        if not classes:
            raise OptionError(
                "This run draws without classes.",
                found=str(words["wish"]),
                remedy="Leave out --class, or train with the column of classes as --target.",
            )
        if words["wish"] not in classes:
            raise OptionError.unknown("class", words["wish"], classes)
        words["wish"] = classes.index(words["wish"]) + 1
    return member.objective.asked(words)


def drawn(member: Member, count: int, *, seed: int = 0, options: Any = None) -> Pictures:
    """`count` pictures; equal seed and number give the same one, whatever `count` is."""
    if not 1 <= count <= MOST:
        raise OptionError(
            "So many pictures cannot be drawn at once.",
            found=f"{count:,}",
            remedy=f"Ask for 1 to {MOST:,}.",
        )
    return np.concatenate(list(batches(member, count, seed=seed, options=options)))


def batches(member: Member, count: int, *, seed: int, options: Any) -> Iterator[Pictures]:
    """The same, batch by batch."""
    objective = member.objective
    assert isinstance(objective, Draws)
    codec = member.fields.codecs[objective.drawn]
    member.objective.eval()
    with torch.inference_mode():
        for first in range(0, count, AT_ONCE):
            numbers = torch.arange(first, min(first + AT_ONCE, count))
            yield codec.decode({"value": objective.draw(seed, numbers, options)})


def keeps(members: Sequence[Member]) -> bool:
    """Whether trained networks write pictures again from their codes."""
    objective = members[0].objective
    return isinstance(objective, Coding) and field_of(members[0]).codec.spec().kind == "image"


def field_of(member: Member) -> Field:
    """The field that is kept."""
    return member.fields.inputs[0]


def reconstructed(member: Member, table: Table) -> Pictures:
    """The pictures of a table as their codes tell them."""
    objective = member.objective
    if not isinstance(objective, Coding):
        raise OptionError(
            "This run keeps no pictures.", remedy="Train one: --family autoencoder or vae."
        )
    codec = field_of(member).codec
    examples = Examples(member.fields.encode_inputs(table), {}, member.fields.codecs)
    objective.eval()
    with torch.inference_mode():
        parts = [
            codec.decode({"value": objective.reconstruct(dict(batch.inputs))})
            for batch in examples.rows(np.arange(len(table)), AT_ONCE)
        ]
    return np.concatenate(parts)


def way(member: Member, ends: Table, count: int) -> Pictures:
    """`count` pictures on the way from the code of a table's first picture to its last one's."""
    objective = member.objective
    if not isinstance(objective, Variational) or len(ends) != 2 or len(ends.unusable()):
        raise OptionError(
            "There is no way between these.",
            remedy="Name two pictures, and a run of --family vae: only there codes have no gaps.",
        )
    examples = Examples(member.fields.encode_inputs(ends), {}, member.fields.codecs)
    objective.eval()
    with torch.inference_mode():
        batch = examples.batch(np.arange(2), torch.device("cpu"))
        found = objective.between(dict(batch.inputs), count)
        return np.asarray(field_of(member).codec.decode({"value": found}))


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


def write(folder: str | Path, pictures: Pictures, *, stem: str = "sample") -> list[Path]:
    """PNG files `stem-0000.png` ... and the sheet, last; makes the folder."""
    place = made(folder)
    digits = max(4, len(str(len(pictures) - 1)))
    files = [place / f"{stem}-{number:0{digits}}.png" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        image(picture).save(file)
    image(sheet(pictures)).save(place / SHEET)
    return [*files, place / SHEET]


def write_clips(folder: str | Path, pictures: Pictures, codec: Sounding) -> list[Path]:
    """WAV files `sample-0000.wav` ... of pictures of sounds, and the sheet of all; makes the
    folder.
    """
    place = made(folder)
    digits = max(4, len(str(len(pictures) - 1)))
    files = [place / f"sample-{number:0{digits}}.wav" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        soundfile.write(file, codec.clip(picture), codec.rate, subtype="PCM_16")
    image(sheet(pictures)).save(place / SHEET)
    return [*files, place / SHEET]


def made(folder: str | Path) -> Path:
    """The folder, made where it is not there."""
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise OptionError(
            "--out is a file.", found=str(folder), remedy="Name a folder for what is drawn."
        )
    place.mkdir(parents=True, exist_ok=True)
    return place


def image(picture: UInt8[np.ndarray, "H W C"]) -> Image.Image:
    """One picture of one or three channels."""
    return Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)

"""A folder of sounds, one sub-folder a class or flat, to records; parts may stand above them."""

from pathlib import Path

from fathom.data.sources import labelled
from fathom.data.sources.filed import Filing, read_filed
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import SOUNDS
from fathom.data.sources.raw import Raw
from fathom.data.sources.tree import base_of, label_of
from fathom.data.sources.walk import is_picture, is_sound, walk

FILING = Filing(SOUNDS, "audio", is_sound, fewest=2, grouped=True)


def claims(path: Path) -> Claim | None:
    """A folder below which there are sounds, no pictures, and no table that names them."""
    if not path.is_dir():
        return None
    found = walk(path).files
    files = [file for file in found if is_sound(file)]
    if not files or any(map(is_picture, found)) or labelled.claims(path) is not None:
        return None
    base = base_of(path, files)
    classes = {label_of(file.relative_to(base).parts, False) for file in files} - {None}
    return Claim(
        "recordings", f"sounds in {len(classes)} folders" if len(classes) > 1 else "sounds"
    )


def read(path: Path, options: ReadOptions) -> Raw:
    """Every sound is a record; its class is the first folder below the root or below the part."""
    return read_filed(FILING, path, options)

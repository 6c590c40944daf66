"""A folder of pictures, one sub-folder a class or flat, to records; parts may stand above them."""

from pathlib import Path

from fathom.data.sources import labelled
from fathom.data.sources.filed import Filing, read_filed
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import PICTURES
from fathom.data.sources.raw import Raw
from fathom.data.sources.tree import base_of, label_of
from fathom.data.sources.walk import is_picture, walk

FILING = Filing(PICTURES, "image", is_picture, fewest=1, grouped=False)


def claims(path: Path) -> Claim | None:
    """A folder below which there are pictures."""
    if not path.is_dir():
        return None
    files = [file for file in walk(path).files if is_picture(file)]
    if not files:
        return None
    base = base_of(path, files)
    classes = {label_of(file.relative_to(base).parts, False) for file in files} - {None}
    if len(classes) < 2 and labelled.claims(path) is not None:
        return None
    return Claim("folder", f"pictures in {len(classes)} folders" if classes else "pictures")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every picture is a record; its class is the first folder below the root or below the part."""
    return read_filed(FILING, path, options)

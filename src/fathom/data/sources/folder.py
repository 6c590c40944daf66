"""A folder of pictures, one sub-folder a class or flat, to records; parts may stand above them."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fathom.data.sources import labelled
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import listing
from fathom.data.sources.patterns import pattern_columns
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.tree import base_of, label_of, tree_of
from fathom.data.sources.walk import is_picture, walk
from fathom.data.table import Finding
from fathom.errors import DataError

IMAGE, LABEL = "image", "label"


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
    found = walk(path)
    pictures = [file for file in found.files if is_picture(file)]
    strangers = [
        Finding(
            "set aside",
            "no picture",
            file.relative_to(path).as_posix(),
            "The file is no picture.",
            "Remove it or ignore this.",
        )
        for file in found.files
        if not is_picture(file)
    ]
    if not pictures:
        raise DataError(
            "There are no pictures in the folder.",
            remedy="Put the pictures of each class into a sub-folder of its own.",
            where=str(path),
        )
    tree = tree_of(path, pictures, "picture")
    columns: dict[str, Sequence[str | None]] = {LABEL: tree.labels} if tree.classes else {}
    if options.pattern:
        columns |= pattern_columns(options.pattern, tree.files)
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    raw = Raw(
        frame if columns else pl.DataFrame(height=len(tree.files)),
        tree.files,
        path,
        origins=tuple(file.relative_to(path).as_posix() for file in tree.files),
        pictures={IMAGE: listing(tree.files)},
        parts=tree.parts,
        target=LABEL if tree.classes else "",
        findings=(*found.findings, *strangers, *tree.findings),
        order=(IMAGE, LABEL),
    )
    return sorted_by_part(raw)

"""A folder of sounds, one sub-folder a class or flat, to records; parts may stand above them."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fathom.data.sources import labelled
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import listing
from fathom.data.sources.patterns import named_alike, pattern_columns
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.tree import base_of, label_of, tree_of
from fathom.data.sources.walk import is_picture, is_sound, left_aside, speaks_of_data, walk
from fathom.data.table import Finding
from fathom.data.targets import NAMES
from fathom.errors import DataError

AUDIO, LABEL = "audio", "label"


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
    found = walk(path)
    sounds = [file for file in found.files if is_sound(file)]
    if not sounds:
        raise DataError(
            "There are no sounds in the folder.",
            remedy="Put the sounds of each class into a sub-folder of its own.",
            where=str(path),
        )
    tree = tree_of(path, sounds, "sound")
    labels = tree.labels if len(tree.classes) > 1 else (None,) * len(tree.files)
    columns: dict[str, Sequence[str | None]] = {LABEL: labels} if any(labels) else {}
    named: dict[str, list[str | None]] = {}
    doubts: tuple[Finding, ...] = ()
    if options.pattern:
        named = pattern_columns(options.pattern, tree.files)
    else:
        doubts = named_alike(tree.files, labels, path)
    columns |= named
    asked = {*options.target, *NAMES}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    raw = Raw(
        frame if columns else pl.DataFrame(height=len(tree.files)),
        tree.files,
        path,
        origins=tuple(file.relative_to(path).as_posix() for file in tree.files),
        sounds={AUDIO: listing(tree.files)},
        parts=tree.parts,
        target=LABEL if any(labels) else "",
        findings=(*found.findings, *_strangers(path, found.files), *tree.findings, *doubts),
        order=(AUDIO, LABEL),
        asides={name: "part of the file name" for name in named if name not in asked},
    )
    return sorted_by_part(raw)


def _strangers(root: Path, files: Sequence[Path]) -> list[Finding]:
    """What else lies in the folder."""
    others = [file for file in files if not is_sound(file)]
    return [
        *left_aside(root, others),
        *(
            Finding(
                "set aside",
                "no sound",
                file.relative_to(root).as_posix(),
                "The file is no sound.",
                "Remove it or ignore this.",
            )
            for file in others
            if not speaks_of_data(file)
        ),
    ]

"""A folder whose files are named after parts (train.csv, test.csv) to one set of records."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from fathom.data.parts import PARTS, is_given, part_of_name
from fathom.data.sources.raw import Raw, joined
from fathom.data.table import Part


def files_by_part(folder: Path, suffixes: Collection[str]) -> dict[Part, list[Path]] | None:
    """The files of each part in order, None unless names give a training and another part."""
    found: dict[Part, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        name = path.name.lower().removesuffix(".gz")
        if path.name.startswith(".") or not path.is_file() or not name.endswith(tuple(suffixes)):
            continue
        part = part_of_name(path.name)
        if part is not None:
            found.setdefault(part, []).append(path)
    return found if is_given(found) else None


def read_parts(folder: Path, suffixes: Collection[str], read_file: Callable[[Path], Raw]) -> Raw:
    """Read the files of all parts, in the order train, valid, test."""
    found = files_by_part(folder, suffixes) or {}
    several = []
    for part in PARTS:
        for path in found.get(part, []):
            raw = read_file(path)
            several.append(replace(raw, parts=(part,) * len(raw)))
    return replace(joined(several), root=folder)

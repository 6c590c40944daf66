"""A folder whose files are named after parts (train.csv, test.csv) to one set of records."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from fathom.data.parts import PARTS, part_of_name, settled, untrained
from fathom.data.sources.joining import joined
from fathom.data.sources.raw import Raw
from fathom.data.table import Part


def files_by_part(folder: Path, suffixes: Collection[str]) -> dict[Part, list[Path]] | None:
    """The files of each part in order, by the part that their names speak of.

    None unless names give two parts: training and another, or validation and test.
    """
    found: dict[Part, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        name = path.name.lower().removesuffix(".gz")
        if path.name.startswith(".") or not path.is_file() or not name.endswith(tuple(suffixes)):
            continue
        part = part_of_name(path.name)
        if part is not None:
            found.setdefault(part, []).append(path)
    return found if settled(found) is not None else None


def read_parts(folder: Path, suffixes: Collection[str], read_file: Callable[[Path], Raw]) -> Raw:
    """Read the files of all parts, in the order train, valid, test."""
    found = files_by_part(folder, suffixes) or {}
    meant = settled(found) or {}
    several = []
    for part in PARTS:
        for path in found.get(part, []):
            raw = read_file(path)
            told = untrained(meant, path.name) if meant[part] == "train" else ()
            findings = (*raw.findings, *told)
            several.append(replace(raw, parts=(meant[part],) * len(raw), findings=findings))
    return replace(joined(several), root=folder)

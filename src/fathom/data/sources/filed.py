"""A folder of pictures or of sounds to records: a file each, its class and part by the folders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fathom.data.sources.options import ReadOptions
from fathom.data.sources.paths import Medium, listing
from fathom.data.sources.patterns import named_alike, pattern_columns
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.tree import tree_of
from fathom.data.sources.walk import left_aside, speaks_of_data, walk
from fathom.data.table import Finding
from fathom.data.targets import NAMES
from fathom.errors import DataError

LABEL = "label"


@dataclass(frozen=True)
class Filing:
    """How files of a medium become records.

    column: of the files; is_one: whether a file is of the medium; fewest: sub-folders that make
    classes. grouped: names of files may tell speakers and sessions: such parts of names are
    proposed, and asked for by a pattern they are no inputs.
    """

    medium: Medium
    column: str
    is_one: Callable[[Path], bool]
    fewest: int
    grouped: bool


def read_filed(filing: Filing, path: Path, options: ReadOptions) -> Raw:
    """Every file is a record; its class is the first folder below the root or below the part."""
    found, noun = walk(path), filing.medium.noun
    files = [file for file in found.files if filing.is_one(file)]
    if not files:
        raise DataError(
            f"There are no {noun}s in the folder.",
            remedy=f"Put the {noun}s of each class into a sub-folder of its own.",
            where=str(path),
        )
    tree = tree_of(path, files, noun)
    classed = len(tree.classes) >= filing.fewest
    columns: dict[str, Sequence[str | None]] = {LABEL: tree.labels} if classed else {}
    named = pattern_columns(options.pattern, tree.files) if options.pattern else {}
    columns |= named
    doubts: tuple[Finding, ...] = ()
    if filing.grouped and not options.pattern:
        unclassed: Sequence[str | None] = [None] * len(tree.files)
        doubts = named_alike(tree.files, tree.labels if classed else unclassed, path)
    asked = {*options.target, *NAMES}
    asides = [name for name in named if name not in asked] if filing.grouped else []
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    own = set(files)
    strangers = _strangers(noun, path, [file for file in found.files if file not in own])
    raw = Raw(
        frame if columns else pl.DataFrame(height=len(tree.files)),
        tree.files,
        path,
        origins=tuple(file.relative_to(path).as_posix() for file in tree.files),
        parts=tree.parts,
        target=LABEL if classed else "",
        findings=(*found.findings, *strangers, *tree.findings, *doubts),
        order=(filing.column, LABEL),
        asides=dict.fromkeys(asides, "part of the file name"),
    )
    return sorted_by_part(filing.medium.add(raw, filing.column, listing(tree.files)))


def _strangers(noun: str, root: Path, others: Sequence[Path]) -> list[Finding]:
    """What else lies in the folder."""
    return [
        *left_aside(root, others),
        *(
            Finding(
                "set aside",
                f"no {noun}",
                file.relative_to(root).as_posix(),
                f"The file is no {noun}.",
                "Remove it or ignore this.",
            )
            for file in others
            if not speaks_of_data(file)
        ),
    ]

"""Plain text to records: every line that is not blank is an item for itself, as names are."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fathom.data.sources.cutting import lines
from fathom.data.sources.encoding import pieces, survey
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.writing import Writing, empty_file, form_of, no_text, writing
from fathom.data.table import Finding, Part

TEXT = "text"
WHY = "one item a line"


def claims(path: Path) -> Claim | None:
    """A file of many short lines that stand for themselves, or such files named after parts."""
    return Claim("lines", "short items, one a line") if form_of(path) == "lines" else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every line that is not blank is a record, in order."""
    found = writing(path)
    cells, origins, counts, findings = items_of(found)
    if not cells:
        raise no_text(path)
    parts: list[Part | None] = []
    for count, part in zip(counts, found.parts or (), strict=False):
        parts += [part] * count
    reason = f"{len(cells):,} short lines, each read as an item for itself."
    remedy = "Pass --as text if they follow each other as one text."
    findings.append(Finding("note", "short items", path.name, reason, remedy))
    return Raw(
        pl.DataFrame({TEXT: pl.Series(cells, dtype=pl.String)}),
        found.files,
        found.root,
        origins=tuple(origins),
        parts=tuple(parts) if found.parts else None,
        findings=(*found.findings, *findings),
        texts={TEXT: WHY},
    )


def items_of(found: Writing) -> tuple[list[str], list[str], list[int], list[Finding]]:
    """The lines of all files but blank ones, where each stands, how many are of each file, and what
    was noticed.
    """
    cells: list[str] = []
    origins: list[str] = []
    counts: list[int] = []
    findings: list[Finding] = []
    for file in found.files:
        place = found.place(file)
        encoding = survey(file)
        findings += encoding.findings(place)
        every = list(lines(pieces(file, encoding)))
        kept = [number for number, line in enumerate(every) if not line.isspace() and line]
        cells += [every[number] for number in kept]
        origins += [f"{place} line {number + 1}" for number in kept]
        counts.append(len(kept))
        findings += _blank(every, kept, place)
    return cells, origins, counts, findings


def _blank(every: Sequence[str], kept: Sequence[int], place: str) -> list[Finding]:
    """A word on the blank lines of a file."""
    if not kept:
        return [empty_file(place)]
    count = len(every) - len(kept)
    if not count:
        return []
    first = next(n for n, number in enumerate((*kept, -1)) if n != number)
    reason = f"{count:,} blank lines hold no item; the first is line {first + 1}."
    return [Finding("set aside", "empty texts", place, reason, "Remove them, or ignore this.")]

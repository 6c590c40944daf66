"""Plain text to records: consecutive blocks of about 2,000 characters, in order, file by file."""

from itertools import islice
from pathlib import Path

import polars as pl

from fathom.data.sources.cutting import blocks
from fathom.data.sources.encoding import pieces, survey
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.writing import empty_file, form_of, no_text, not_read, writing
from fathom.data.table import Finding, Part
from fathom.errors import DataError

TEXT = "text"
AT_ONCE = 8192
LONG_LINE = 100_000


def claims(path: Path) -> Claim | None:
    """A file of running text by its ending and its lines, or a folder of nothing else."""
    return Claim("text", "running text") if form_of(path) == "text" else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every block is a record; joined they are the text of the files, line ends included.

    A file shorter than a block is one record. Raises DataError where there is no text at all.
    """
    found = writing(path)
    findings = list(found.findings)
    cells = [pl.Series(TEXT, [], dtype=pl.String)]
    origins: list[str] = []
    parts: list[Part | None] = []
    for number, file in enumerate(found.files):
        try:
            several, places, noticed = _blocks_of(file, found.place(file))
        except DataError as problem:
            if len(found.files) == 1:
                raise
            findings.append(not_read(found.place(file), problem))
            continue
        cells += several
        origins += places
        findings += noticed
        parts += [found.parts[number] if found.parts else None] * len(places)
    text = pl.concat(cells, rechunk=False)
    if not text.str.contains(r"\S").any():
        raise no_text(path)
    reason = f"{len(text):,} blocks of about 2,000 characters that follow each other."
    remedy = "Pass --as lines if each line stands for itself."
    if len(found.files) > 1 and not found.parts:
        remedy += " Pass --as lists if each file is also a class."
    findings.append(Finding("note", "running text", path.name, reason, remedy))
    return Raw(
        pl.DataFrame({TEXT: text}),
        found.files,
        found.root,
        origins=tuple(origins),
        parts=tuple(parts) if found.parts else None,
        findings=tuple(findings),
        texts={TEXT: "plain text"},
        running=True,
    )


def _blocks_of(file: Path, place: str) -> tuple[list[pl.Series], list[str], list[Finding]]:
    """The blocks of one file, where each begins, and what was noticed."""
    encoding = survey(file)
    findings = list(encoding.findings(place))
    cells: list[pl.Series] = []
    origins: list[str] = []
    longest = 0
    cut = blocks(pieces(file, encoding))
    while several := list(islice(cut, AT_ONCE)):
        cells.append(pl.Series(TEXT, [block.text for block in several], dtype=pl.String))
        origins += [block.origin(place) for block in several]
        longest = max(longest, *(block.column for block in several))
    if not origins:
        findings.append(empty_file(place))
    if longest > LONG_LINE:
        reason = f"A line has more than {longest:,} characters; it is cut at blanks or anywhere."
        findings.append(Finding("note", "long line", place, reason))
    return cells, origins, findings

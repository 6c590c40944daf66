"""A folder of pictures or sounds and one table that names them, with labels or transcripts, to
records.
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from fathom.data.sources import delimited
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import MEDIA, Index, Medium, with_media
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import walk
from fathom.data.table import Finding
from fathom.errors import DataError, FathomError

TABLES = (".csv", ".tsv")
EXAMPLES = 3
TRANSCRIPTS = "metadata.csv"  # of LJSpeech: id|text|normalised text, no header, quotes are text


def claims(path: Path) -> Claim | None:
    """A folder with one table whose cells name the folder's pictures or sounds."""
    table = _table(path) if path.is_dir() else None
    if table is None or not _media(path):
        return None
    try:
        raw = _read(table)
    except FathomError:
        return None
    head = replace(raw, frame=raw.frame.head(200), origins=raw.origins[:200], findings=())
    named = with_media(head, {}, stems=True)
    nouns = [medium.noun for medium in MEDIA if medium.of(named)]
    return Claim("labelled", f"{nouns[0]}s named by {table.name}") if nouns else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every row of the table is a record; files that it does not name are told."""
    table = _table(path)
    if table is None:
        raise DataError(
            "The folder holds no table, or several.",
            remedy="Keep one CSV file of names and labels beside the pictures or sounds.",
            where=str(path),
        )
    raw = with_media(_read(table), options.kinds, stems=True)
    used = set(raw.files)
    for medium in _media(path):
        places = Index.of(path, medium.endings).places.values()
        spare = [file for file in dict.fromkeys(places) if file not in used]
        if spare:
            listed = ", ".join(file.relative_to(path).as_posix() for file in spare[:EXAMPLES])
            more = ", ..." if len(spare) > EXAMPLES else ""
            reason = f"{len(spare):,} {medium.noun}s are not named by the table ({listed}{more})."
            subject = f"{medium.noun}s without a row"
            finding = Finding("note", subject, table.name, reason, "Add rows for them.")
            raw = replace(raw, findings=(*raw.findings, finding))
    others = [name for name in raw.frame.columns if raw.frame[name].dtype == pl.String]
    target = others[0] if raw.frame.width == 1 else raw.target
    single = len(raw.pictures) + len(raw.sounds) == 1
    return replace(raw, target=target if single else "")


def _media(path: Path) -> list[Medium]:
    """The sorts of media that lie in a folder."""
    endings = {file.suffix.lower() for file in walk(path).files}
    return [medium for medium in MEDIA if endings & medium.endings]


def _read(table: Path) -> Raw:
    """The table as it is; the transcripts of LJSpeech have a form of their own."""
    if table.name == TRANSCRIPTS:
        lines = [line.split("|") for line in _lines(table)]
        if lines and {len(cells) for cells in lines} == {3}:
            names = ("clip", "as_written", "text")
            columns = dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))
            return Raw(
                pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)).drop("as_written"),
                (table,),
                table.parent,
                origins=tuple(f"{table.name} line {n + 1}" for n in range(len(lines))),
                texts={"text": "transcripts, with numbers and abbreviations spelled out"},
                target="text",
            )
    return delimited.read_file(table)


def _lines(table: Path) -> list[str]:
    """The lines of a file in UTF-8; none where it is not."""
    try:
        return [line for line in table.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []


def _table(path: Path) -> Path | None:
    tables = [
        file for file in sorted(path.iterdir()) if file.suffix.lower() in TABLES and file.is_file()
    ]
    return tables[0] if len(tables) == 1 else None

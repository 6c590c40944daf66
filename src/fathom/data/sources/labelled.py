"""A folder of pictures and one table that names them, with labels, to records."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from fathom.data.pictures import EXTENSIONS
from fathom.data.sources import delimited
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paths import Index, with_pictures
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import walk
from fathom.data.table import Finding
from fathom.errors import DataError, FathomError

TABLES = (".csv", ".tsv")
EXAMPLES = 3


def claims(path: Path) -> Claim | None:
    """A folder with one table whose cells name the folder's pictures."""
    table = _table(path) if path.is_dir() else None
    if table is None or not any(file.suffix.lower() in EXTENSIONS for file in walk(path).files):
        return None
    try:
        raw = delimited.read_file(table)
    except FathomError:
        return None
    head = replace(raw, frame=raw.frame.head(200), origins=raw.origins[:200], findings=())
    named = with_pictures(head, {}, stems=True).pictures
    return Claim("labelled", f"pictures named by {table.name}") if named else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every row of the table is a record; pictures that it does not name are told."""
    table = _table(path)
    if table is None:
        raise DataError(
            "The folder holds no table, or several.",
            remedy="Keep one CSV file of picture names and labels beside the pictures.",
            where=str(path),
        )
    raw = with_pictures(delimited.read_file(table), options.kinds, stems=True)
    used = set(raw.files)
    spare = [file for file in dict.fromkeys(Index.of(path).places.values()) if file not in used]
    if spare:
        listed = ", ".join(file.relative_to(path).as_posix() for file in spare[:EXAMPLES])
        more = ", ..." if len(spare) > EXAMPLES else ""
        reason = f"{len(spare):,} pictures are not named by the table ({listed}{more})."
        finding = Finding(
            "note", "pictures without a row", table.name, reason, "Add rows for them."
        )
        raw = replace(raw, findings=(*raw.findings, finding))
    others = [name for name in raw.frame.columns if raw.frame[name].dtype == pl.String]
    target = others[0] if raw.frame.width == 1 else ""
    return replace(raw, target=target if len(raw.pictures) == 1 else "")


def _table(path: Path) -> Path | None:
    tables = [
        file for file in sorted(path.iterdir()) if file.suffix.lower() in TABLES and file.is_file()
    ]
    return tables[0] if len(tables) == 1 else None

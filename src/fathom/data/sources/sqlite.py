"""A table of an SQLite database, opened for reading only, to records."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from fathom.data.pictures import picture_format
from fathom.data.sources.cells import series_of
from fathom.data.sources.decoded import Listing
from fathom.data.sources.header import unique_names
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import first_bytes
from fathom.data.sources.within import chosen
from fathom.data.table import Finding
from fathom.errors import DataError

MAGIC = b"SQLite format 3\0"
TABLES = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
    "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
)


def claims(path: Path) -> Claim | None:
    """An SQLite database by its first bytes."""
    if path.is_dir() or first_bytes(path, len(MAGIC)) != MAGIC:
        return None
    return Claim("sqlite", "an SQLite database")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every row is a record; of several tables `file.db#table` chooses one."""
    try:
        with closing(sqlite3.connect(_address(path), uri=True)) as base:
            base.text_factory = _decoded
            tables = [name for (name,) in base.execute(TABLES)]
            table = chosen(path, tables, options.inner, "table")
            quoted = table.replace('"', '""')
            found = base.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608
            columns = [column[0] for column in found.description]
            rows = found.fetchall()
    except sqlite3.Error as problem:
        raise DataError(
            "The file does not read as an SQLite database.",
            remedy="Fetch it again, or export the table as CSV.",
            where=str(path),
            found=str(problem),
        ) from problem
    place = path.name if len(tables) == 1 else f"{path.name}#{table}"
    names, renamed = unique_names(columns, place, True)
    cells = {name: [row[number] for row in rows] for number, name in enumerate(names)}
    binary = {name for name, own in cells.items() if any(isinstance(cell, bytes) for cell in own)}
    pictures = {name: _listed(cells[name]) for name in names if _are_pictures(cells[name])}
    plain = {name: series_of(own) for name, own in cells.items() if name not in binary}
    log = path.with_name(path.name + "-wal")
    return Raw(
        pl.DataFrame(plain) if plain else pl.DataFrame(height=len(rows)),
        (path, log) if log.is_file() else (path,),
        path.parent,
        origins=tuple(f"{place} row {row}" for row in range(1, len(rows) + 1)),
        pictures=pictures,
        findings=(*renamed, *map(_set_aside, sorted(binary - set(pictures)))),
        order=names,
    )


def _address(path: Path) -> str:
    """The database as an address that lets nothing be written, nor a file be made beside it.

    Where a log of changes lies beside it, it is read too, as another program may still write.
    """
    log = path.with_name(path.name + "-wal")
    fixed = "" if log.is_file() and log.stat().st_size else "&immutable=1"
    return f"file:{quote(str(path.absolute()))}?mode=ro{fixed}"


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _are_pictures(cells: Sequence[Any]) -> bool:
    held = [cell for cell in cells if isinstance(cell, bytes)][:20]
    return any(picture_format(cell[:16]) for cell in held)


def _listed(cells: Sequence[Any]) -> Listing:
    kept = [cell if isinstance(cell, bytes) else None for cell in cells]
    return lambda: kept


def _set_aside(name: str) -> Finding:
    reason = "The column holds binary data that are no pictures."
    return Finding("set aside", "binary column", name, reason, "Leave it out.")

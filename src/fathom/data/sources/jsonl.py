"""JSON Lines (one object a line) to records; lines that do not read are set aside."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from fathom.data.sources.cells import series_of, whole
from fathom.data.sources.encoding import read_text
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paired import files_by_part, read_parts
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding
from fathom.errors import DataError

SUFFIXES = (".jsonl", ".ndjson", ".json")


def claims(path: Path) -> Claim | None:
    """A file of JSON objects by its name, or a folder of such files named after parts."""
    if path.is_dir():
        paired = files_by_part(path, SUFFIXES)
        return Claim("jsonl", "JSON Lines files named after their parts") if paired else None
    name = path.name.lower().removesuffix(".gz")
    return Claim("jsonl", "JSON objects, one a line") if name.endswith(SUFFIXES) else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every object is a record; a file that is one list of objects reads too."""
    if path.is_dir():
        return read_parts(path, SUFFIXES, read_file)
    return read_file(path)


def read_file(path: Path) -> Raw:
    """Read one file."""
    text, findings = read_text(path)
    if text.lstrip().startswith("["):
        objects = _as_list(text, path)
        origins = [f"{path.name} item {number}" for number in range(1, len(objects) + 1)]
    else:
        numbered = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        objects = [_object(line) for _, line in numbered]
        origins = [f"{path.name} line {number}" for number, _ in numbered]
    if not any(isinstance(one, dict) for one in objects):
        raise DataError(
            "The file holds no JSON objects.",
            remedy='Write one object a line, such as {"age": 3, "label": "cat"}.',
            where=str(path),
        )
    broken = [
        Finding(
            "set aside", "broken line", origins[row], "The line is no JSON object.", "Mend it.", row
        )
        for row, one in enumerate(objects)
        if not isinstance(one, dict)
    ]
    rows: list[dict[str, Any]] = [one if isinstance(one, dict) else {} for one in objects]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {whole(name): series_of([row.get(name) for row in rows]) for name in names}
    frame = pl.DataFrame(columns)
    return Raw(frame, (path,), path.parent, origins=tuple(origins), findings=(*findings, *broken))


def _as_list(text: str, path: Path) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise DataError(
            "The file does not read as JSON.",
            remedy="Mend it, or write one object a line.",
            where=str(path),
            found=str(problem),
        ) from problem
    return list(content)


def _object(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None

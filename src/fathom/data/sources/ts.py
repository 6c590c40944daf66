"""`.ts` files of the UCR and UEA archive to records: a series a line, and its class.

Channels are parted by ":", values by ","; with a class label it comes last. "?" and "NaN" are gaps.
NAME_TRAIN.ts and NAME_TEST.ts in one folder are given parts.
"""

import math
from pathlib import Path

import polars as pl

from fathom.data.parts import part_of_name
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.walk import walk
from fathom.data.table import Finding
from fathom.errors import DataError

SERIES, LABEL = "series", "label"
VALUES = pl.List(pl.List(pl.Float32))


def claims(path: Path) -> Claim | None:
    """A file that ends in .ts and has an @data line, or a folder of such files alone."""
    if path.is_dir():
        files = walk(path).files
        found = bool(files) and all(map(is_series, files))
    else:
        found = is_series(path)
    return Claim("ts", "series of the UCR and UEA archive", whole=path.is_dir()) if found else None


def is_series(path: Path) -> bool:
    """Whether a file looks like one; `.ts` is also the ending of programs and of videos."""
    if path.suffix.lower() != ".ts" or not path.is_file():
        return False
    with path.open("rb") as file:
        return b"@data" in file.read(1 << 20).lower()


def read(path: Path, options: ReadOptions) -> Raw:
    """Every line after @data is a record."""
    files = tuple(walk(path).files) if path.is_dir() else (path,)
    cells: list[list[list[float]] | None] = []
    labels: list[str | None] = []
    origins: list[str] = []
    parts = []
    findings: list[Finding] = []
    labelled = False
    for file in files:
        header, lines = halves(file)
        named = header.get("classlabel", "false").lower().startswith("true")
        labelled |= named
        for number, line in lines:
            place = f"{file.name} line {number}"
            fields = line.split(":")
            labels.append(fields.pop().strip() if named and len(fields) > 1 else None)
            cell, fault = channels(fields)
            if fault:
                findings.append(
                    Finding("set aside", "broken series", place, fault, "Mend it.", len(cells))
                )
            cells.append(cell)
            origins.append(place)
            parts.append(part_of_name(file.stem))
    _one_width(cells, path)
    frame = {SERIES: pl.Series(cells, dtype=VALUES)}
    if labelled:
        frame[LABEL] = pl.Series(labels, dtype=pl.String)
    given = tuple(parts) if len(set(parts)) > 1 and None not in parts else None
    return sorted_by_part(
        Raw(
            pl.DataFrame(frame),
            files,
            path if path.is_dir() else path.parent,
            origins=tuple(origins),
            parts=given,
            target=LABEL if labelled else "",
            findings=tuple(findings),
        )
    )


def halves(file: Path) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The header's words by name, lower case, and the numbered lines after @data."""
    text = file.read_text(encoding="utf-8", errors="replace").splitlines()
    header: dict[str, str] = {}
    for number, line in enumerate(text, 1):
        if line.lower().startswith("@data"):
            rest = enumerate(text[number:], number + 1)
            return header, [(k, each) for k, each in rest if each.strip()]
        if line.startswith("@"):
            name, _, value = line[1:].partition(" ")
            header[name.lower()] = value.strip()
    raise DataError(
        "The file has no line @data.", where=str(file), remedy="Name a .ts file of series."
    )


def channels(fields: list[str]) -> tuple[list[list[float]] | None, str]:
    """The values of each channel, all of one length; else None and what is wrong."""
    try:
        found = [
            [math.nan if v.strip().lower() in ("?", "nan", "") else float(v) for v in f.split(",")]
            for f in fields
        ]
    except ValueError as error:
        return None, f"It holds what is no number ({error})."
    if not found or len({len(channel) for channel in found}) > 1:
        return None, "Its channels are of unequal length."
    if all(math.isnan(value) for channel in found for value in channel):
        return None, "It holds no value."
    return found, ""


def _one_width(cells: list[list[list[float]] | None], path: Path) -> None:
    widths = {len(cell) for cell in cells if cell is not None}
    if len(widths) > 1:
        raise DataError(
            "The series have different numbers of channels.",
            where=str(path),
            found=", ".join(map(str, sorted(widths))),
            remedy="Keep series of one kind together.",
        )

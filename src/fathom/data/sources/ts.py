"""`.ts` files of the UCR and UEA archive to records: a series a line, and its class.

Channels are parted by ":", values by ","; with a class label it comes last. "?" and "NaN" are gaps.
NAME_TRAIN.ts and NAME_TEST.ts in one folder are given parts.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from fathom.data.parts import part_of_name
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.walk import walk
from fathom.data.table import Finding, Part
from fathom.errors import DataError

SERIES, LABEL = "series", "label"
VALUES = pl.List(pl.List(pl.Float32))


class Record(NamedTuple):
    """One line: its channels, its class, where it stands, its part, and what is wrong with it."""

    series: list[list[float]] | None
    label: str | None
    origin: str
    part: Part | None
    fault: str


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
    records = [record for file in files for record in records_of(file)]
    _one_width([record.series for record in records], path)
    frame = {SERIES: pl.Series([record.series for record in records], dtype=VALUES)}
    labelled = any(record.label is not None for record in records)
    if labelled:
        frame[LABEL] = pl.Series([record.label for record in records], dtype=pl.String)
    parts = tuple(record.part for record in records if record.part is not None)
    return sorted_by_part(
        Raw(
            pl.DataFrame(frame),
            files,
            path if path.is_dir() else path.parent,
            origins=tuple(record.origin for record in records),
            parts=parts if len(set(parts)) > 1 and len(parts) == len(records) else None,
            target=LABEL if labelled else "",
            findings=tuple(
                Finding("set aside", "broken series", one.origin, one.fault, "Mend it.", row)
                for row, one in enumerate(records)
                if one.fault
            ),
        )
    )


def records_of(file: Path) -> Iterator[Record]:
    """A record a line."""
    header, lines = halves(file)
    labelled = header.get("classlabel", "false").lower().startswith("true")
    for number, line in lines:
        fields = line.split(":")
        label = fields.pop().strip() if labelled and len(fields) > 1 else None
        series, fault = channels(fields)
        yield Record(series, label, f"{file.name} line {number}", part_of_name(file.stem), fault)


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
    if any(math.isinf(value) for channel in found for value in channel):
        return None, "It holds what is no finite number."
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

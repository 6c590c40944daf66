"""Delimited text (CSV, TSV, kin) to records: delimiter, header, quotes, ragged rows found out."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import polars as pl

from fathom.data.sources.classes import NAMES, with_class_names
from fathom.data.sources.encoding import is_bare_text, read_head, read_text
from fathom.data.sources.header import has_header, unique_names
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paired import files_by_part, read_parts
from fathom.data.sources.raw import Raw
from fathom.data.sources.regular import regular_columns
from fathom.data.sources.walk import left_aside, speaks_of_data
from fathom.data.table import Finding
from fathom.errors import DataError

SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
UNSURE = (".txt", ".dat", ".data")  # tables only where the first rows look like one
AGREEING = 0.95
LONGEST_CELL = 2**31 - 1  # characters: the module's own limit, of all its readers, is 131,072
ORDER = "\t;,|"
SNIFFED = 300
CONSISTENT = 0.6


class Reader(Protocol):
    """What `csv.reader` gives: rows, and the number of the last line read."""

    @property
    def line_num(self) -> int:
        """Lines read so far."""
        ...

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True)
class Form:
    """How a file is written: delimiter, and whether quotes group cells."""

    delimiter: str
    quoted: bool = True

    def reader(self, text: str, *, strict: bool = False) -> "Reader":
        """A standard reader over the text; a cell may be as long as all of it, a document."""
        csv.field_size_limit(max(csv.field_size_limit(), min(len(text), LONGEST_CELL)))
        lines = io.StringIO(text, newline="")
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, strict=strict)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)


def claims(path: Path) -> Claim | None:
    """A delimited file by its name or its look, or a folder of such files named after parts.

    A folder with one such file, but for class names and words about the data, is that file.
    """
    if path.is_dir():
        if _parted(path):
            return Claim("csv", "tables named after their parts")
        return Claim("csv", "a table in a folder") if _only_table(path) else None
    name = path.name.lower().removesuffix(".gz")
    unsure = name.endswith(UNSURE) or is_bare_text(path)
    if not (name.endswith(SUFFIXES) or (unsure and _looks_like_a_table(path))):
        return None
    return Claim("csv", "a table as delimited text")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every line after the header is a record; those of another length are set aside."""
    if not path.is_dir():
        return with_class_names(read_file(path), path.parent)
    table = _only_table(path)
    if table is not None and not _parted(path):
        raw = with_class_names(read_file(table), path)
        return replace(raw, findings=(*raw.findings, *left_aside(path, sorted(path.iterdir()))))
    parts = read_parts(path, _parted(path) or SUFFIXES, lambda file: read_file(file))
    return with_class_names(parts, path)


def read_file(path: Path, expected: Collection[str] = ()) -> Raw:
    """Read one file; a first line that holds an `expected` column name is its header."""
    text, findings = read_text(path)
    place = path.name
    if not text.strip():
        raise DataError("The file is empty.", remedy="Name a file with rows.", where=str(path))
    form = sniff(text, path) or Form(",")
    whole = regular_columns(text, form.delimiter)
    if whole is not None:
        header, names, renamed = _names(whole.head(SNIFFED).rows(), whole.width, expected, path)
        frame = whole[int(header) :].rename(dict(zip(whole.columns, names, strict=True)))
        lines: Sequence[int] = range(1 + int(header), whole.height + 1)
    else:
        form, said = settle_quotes(form, text, path)
        rows, lines = parse(form, text, path)
        width = Counter(map(len, rows[:10_000])).most_common(1)[0][0]
        header, names, renamed = _names(rows[:SNIFFED], width, expected, path)
        lines = lines[int(header) :]
        frame, ragged = _frame(names, rows[int(header) :], lines, place)
        findings = (*findings, *said, *ragged)
    return Raw(
        frame,
        (path,),
        path.parent,
        origins=tuple([f"{place} line {line}" for line in lines]),
        decimal_comma=form.delimiter != ",",
        findings=(*findings, *renamed),
    )


def _names(
    rows: Sequence[Sequence[str]], width: int, expected: Collection[str], path: Path
) -> tuple[bool, tuple[str, ...], list[Finding]]:
    """Whether the first row names the columns, their names, and what was changed about them."""
    first = rows[0]
    header = bool(set(expected) & {cell.strip() for cell in first}) or has_header(rows)
    names, renamed = unique_names(first if header else [""] * width, path.name, header)
    return header, names, renamed


def sniff(text: str, path: Path, *, agreeing: float = CONSISTENT) -> Form | None:
    """The delimiter that cuts most of the first rows into equally many cells, two or more."""
    lines = text[: SNIFFED * 1000]
    best, score = None, 0.0
    order = "\t" + ORDER if path.name.lower().endswith((".tsv", ".tab")) else ORDER
    for delimiter in order:
        form = Form(delimiter)
        try:
            rows = [row for _, row in zip(range(SNIFFED), form.reader(lines), strict=False) if row]
        except csv.Error:
            continue
        width, count = Counter(map(len, rows)).most_common(1)[0]
        share = count / len(rows)
        if width > 1 and share >= agreeing and share > score + 0.02:
            best, score = form, share
    return best


def settle_quotes(form: Form, text: str, path: Path) -> tuple[Form, tuple[Finding, ...]]:
    """Keep quotes where they read strictly; else decide by which way leaves fewer odd rows."""
    if '"' not in text:
        return form, ()
    try:
        for _ in form.reader(text, strict=True):
            pass
    except csv.Error:
        pass
    else:
        return form, ()
    bare = Form(form.delimiter, quoted=False)
    if _odd(bare, text) > _odd(form, text):
        return form, ()
    reason = "Quotation marks do not close; they were read as plain characters."
    return bare, (
        Finding("note", "quotation marks", path.name, reason, "Check a row that holds them."),
    )


def parse(form: Form, text: str, path: Path) -> tuple[list[list[str]], list[int]]:
    """All rows that are not blank, and the line each begins on."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = form.reader(text)
    line = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as problem:
        raise DataError(
            "The file does not read as a table.",
            remedy="Check the quotation marks around that line.",
            where=f"{path} line {line}",
            found=str(problem),
        ) from problem
    return rows, lines


def _frame(
    names: Sequence[str], rows: list[list[str]], lines: Sequence[int], place: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows as text columns; rows of another length keep their place, empty and set aside."""
    width = len(names)
    findings = []
    for number, row in enumerate(rows):
        if len(row) != width:
            reason = f"The row has {len(row)} cells, not {width}."
            remedy = "Mend the row: perhaps a cell with the delimiter lacks its quotation marks."
            findings.append(
                Finding(
                    "set aside",
                    "ragged row",
                    f"{place} line {lines[number]}",
                    reason,
                    remedy,
                    number,
                )
            )
            rows[number] = [""] * width
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    data = {
        name: pl.Series(cells, dtype=pl.String) for name, cells in zip(names, columns, strict=True)
    }
    return pl.DataFrame(data), findings


def _parted(folder: Path) -> tuple[str, ...]:
    """The endings of a folder's tables that are named after parts; none where there are no such."""
    if files_by_part(folder, SUFFIXES):
        return SUFFIXES
    unsure = files_by_part(folder, UNSURE)
    named = [path for paths in (unsure or {}).values() for path in paths]
    return UNSURE if named and all(map(_looks_like_a_table, named)) else ()


def _only_table(folder: Path) -> Path | None:
    """The one table of a folder that else holds but names of classes and words about the data."""
    entries = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    files = [path for path in entries if path.name not in NAMES and not speaks_of_data(path)]
    alone = len(files) == 1 and files[0].is_file()
    return files[0] if alone and claims(files[0]) is not None else None


def _looks_like_a_table(path: Path) -> bool:
    try:
        text = read_head(path)
    except DataError:
        return False
    several = len(text.strip().splitlines()) > 1  # one line with commas is no table
    return several and sniff(text, path, agreeing=AGREEING) is not None


def _odd(form: Form, text: str) -> int:
    """Rows that are not of the usual length, and cells that swallowed many lines."""
    try:
        rows = list(form.reader(text))
    except csv.Error:
        return 10**9
    widths = Counter(len(row) for row in rows if row)
    swallowed = sum(cell.count("\n") for row in rows for cell in row if "\n" in cell)
    return len(rows) - max(widths.values(), default=0) + swallowed

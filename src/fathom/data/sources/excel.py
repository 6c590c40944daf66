"""Excel and OpenDocument sheets to records; the reader is the extra `excel`."""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from fathom.data.sources.header import has_header, unique_names
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.within import chosen
from fathom.errors import DataError

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SNIFFED = 300


def claims(path: Path) -> Claim | None:
    """A workbook by its ending."""
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        return None
    return Claim("excel", "a workbook of sheets")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every row below the header is a record; of several sheets `file.xlsx#Sheet` chooses one."""
    reader = _reader()
    try:
        book = reader.read_excel(path)
        filled = [name for name in book.sheet_names if _is_filled(book, name)]
        sheet = chosen(path, filled, options.inner, "sheet")
        frame, header = _frame(path, sheet)
    except (reader.FastExcelError, PolarsError, OSError) as problem:
        raise DataError(
            "The file does not read as a workbook.",
            remedy="Open it in the program that wrote it and save it again, or save it as CSV.",
            where=str(path),
            found=str(problem).splitlines()[0][:200],
        ) from problem
    place = path.name if len(filled) == 1 else f"{path.name}#{sheet}"
    names, renamed = unique_names(header or [""] * frame.width, place, bool(header))
    first = 2 if header else 1
    return Raw(
        frame.rename(dict(zip(frame.columns, names, strict=True))),
        (path,),
        path.parent,
        origins=tuple(f"{place} row {row}" for row in range(first, first + len(frame))),
        findings=tuple(renamed),
    )


def _frame(path: Path, sheet: str) -> tuple[pl.DataFrame, list[str]]:
    """The rows with their types, and the names in the first row where it holds names."""
    text = {"n_rows": SNIFFED, "dtypes": "string"}
    head = pl.read_excel(path, sheet_name=sheet, has_header=False, read_options=text)
    cells = [["" if cell is None else cell for cell in row] for row in head.rows()]
    header = has_header(cells)
    frame = pl.read_excel(path, sheet_name=sheet, has_header=header, infer_schema_length=None)
    return frame, cells[0] if header else []


def _is_filled(book: Any, name: str) -> bool:
    return bool(book.load_sheet(name, header_row=None, n_rows=1).height)


def _reader() -> Any:
    # It warns of every empty column, which is told here anyway.
    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    try:
        return import_module("fastexcel")
    except ImportError as problem:
        raise DataError(
            "Workbooks are read by an extra that is not installed.",
            remedy="Type: pip install 'fathom-dl[excel]', or save the sheet as CSV.",
        ) from problem

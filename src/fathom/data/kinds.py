"""Raw cells of one column to values of one kind, with the reason and what was noticed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from fathom.data.dates import as_dates, dates, parse
from fathom.data.media import Media
from fathom.data.table import Column, Finding, Kind
from fathom.errors import DataError

MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "missing")
)
# What words are counted by. Where nothing parts them, few are reckoned, so that a name of four
# Chinese characters or a dozen Thai letters is no text yet.
PARTING = (
    (r"\s+", 1.0),
    (r"[\p{Han}\p{Hiragana}\p{Katakana}]", 1 / 3),
    (r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]", 1 / 12),
)
ID_NAMES = re.compile(r"(^|[\s_.-])(id|uuid|guid|key|index|rownum|row_number)$", re.IGNORECASE)
LEADING_ZERO = r"^[+-]?0\d"
DOT_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
COMMA_NUMBER = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?([eE][+-]?\d+)?$"
THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
YEARMONTHDAY = r"^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])$"
NOT_FINITE = r"(?i)^[+-]?(inf|infinity|∞)$"
FEW = 20
ID_SHARE = 0.6  # distinct values over known ones: beyond it too few repeat to learn from
NUMBER_SHARE = 0.9
TEXT_WORDS = 3.0
TEXT_LETTERS = 40.0


@dataclass(frozen=True)
class Reading:
    """How cells are read: marks of a missing value (lower case), and whether commas are decimal.

    asked: the marks that hold in a text too, where "none" and "-" are words: the user's own.
    """

    marks: frozenset[str] = MISSING
    decimal_comma: bool = False
    asked: frozenset[str] = frozenset(("",))

    def with_marks(self, more: Iterable[str]) -> "Reading":
        """The same with the user's own marks as well."""
        own = frozenset(mark.strip().lower() for mark in more)
        return replace(self, marks=self.marks | own, asked=self.asked | own)


def read_column(
    name: str, raw: pl.Series, asked: Kind | None, reading: Reading
) -> tuple[Column, tuple[Finding, ...]]:
    """Infer the kind from all rows, or take the one asked for; what does not fit is missing."""
    cells = values = plain(raw)
    findings: list[Finding] = []
    marked = ""
    if values.dtype == pl.String:
        marks = reading.asked if asked in ("text", "reference") else reading.marks
        values, marked = without_marks(cells, marks)
    if asked is not None:
        findings += _marked(name, marked)
        column, lost = as_kind(Column(name, _kind_of(values), values), asked, reading)
        findings += _lost(name, values, column, lost, asked)
        if lost and lost == len(values) - values.null_count():
            raise DataError(
                f"No cell of the column {name!r} reads as {asked}.",
                remedy=f"Leave --column {name}={asked} out, or name another kind.",
                found=", ".join(repr(str(cell)[:30]) for cell in values.drop_nulls().head(3)),
            )
        return replace(column, why="you said so", constant=is_constant(column)), tuple(findings)
    if isinstance(raw.dtype, (pl.Categorical, pl.Enum)):
        column = Column(name, "category", values, "stored as categories")
    elif values.dtype == pl.String:
        column = _of_strings(name, values, reading)
    else:
        column = _of_typed(name, values)
    if column.kind == "text":
        values, marked = without_marks(cells, reading.asked)
        column = replace(column, values=values)
    findings += _marked(name, marked)
    if isinstance(column.values, pl.Series) and column.kind in ("number", "date"):
        findings += _lost(name, values, column, None, column.kind)
    return replace(column, constant=is_constant(column)), tuple(findings)


def as_aside(values: pl.Series, why: str) -> Column:
    """A column that tells where rows come from: kept as names, to group by, and not learnt from."""
    kept = values.cast(pl.String)
    constant = len(kept) > 1 and kept.drop_nulls().n_unique() < 2
    return Column(values.name, "id", kept, why, constant)


def is_constant(column: Column) -> bool:
    """Whether all known values are equal (or none is known), in two rows or more."""
    if isinstance(column.values, Media) or len(column) < 2:
        return False
    return column.values.drop_nulls().n_unique() < 2


def plain(raw: pl.Series) -> pl.Series:
    """One of Float64, Int64, Boolean, Datetime, String for any column type; lists become "a|b"."""
    dtype = raw.dtype
    if dtype in (pl.String, pl.Boolean, pl.Int64, pl.Float64):
        return raw
    if dtype.is_integer():
        return raw.cast(pl.Int64, strict=False)
    if dtype.is_numeric() or dtype == pl.Duration:
        return raw.cast(pl.Float64, strict=False)
    if isinstance(dtype, pl.Datetime):
        unzoned = (
            raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else raw
        )
        return unzoned.cast(pl.Datetime("us"))
    if dtype == pl.Date:
        return raw.cast(pl.Datetime("us"))
    if isinstance(dtype, pl.List):
        return raw.cast(pl.List(pl.String)).list.join("|")
    if isinstance(dtype, pl.Struct):
        return raw.struct.json_encode()
    return raw.cast(pl.String, strict=False)


def without_marks(values: pl.Series, marks: frozenset[str]) -> tuple[pl.Series, str]:
    """Strip blanks and turn marks into null; also tell which marks stood how often."""
    stripped = values.str.strip_chars()
    hit = stripped.str.to_lowercase().is_in(list(marks)).fill_null(False)
    if not hit.any():
        return stripped, ""
    seen = stripped.filter(hit).rename("mark").value_counts(sort=True, name="count")
    told = ", ".join(
        f"{mark!r} {count:,} times" if mark else f"empty {count:,} times"
        for mark, count in seen.head(4).iter_rows()
    )
    only_empty = len(seen) == 1 and seen["mark"][0] == ""
    return stripped.set(hit, None), "" if only_empty else told


def numbers(values: pl.Series, reading: Reading) -> pl.Series:
    """Cells as Float64, null where no finite number; thousands and decimal commas are read."""
    if values.dtype == pl.Boolean:
        return values.cast(pl.Float64)
    if values.dtype != pl.String:
        cast = values.cast(pl.Float64, strict=False)
        return cast.set(~cast.is_finite().fill_null(True), None)
    known = values.drop_nulls()
    text = values
    if reading.decimal_comma:
        text = with_dots(values)
    elif not reading.decimal_comma and _has(known, ","):
        grouped = values.str.contains(THOUSANDS).fill_null(False)
        text = values.zip_with(~grouped, values.str.replace_all(",", "", literal=True))
    cast = text.cast(pl.Float64, strict=False)
    return cast.set(~cast.is_finite().fill_null(True), None)


def with_dots(values: pl.Series) -> pl.Series:
    """Decimal commas to dots, unless a cell with a decimal dot says that commas are none."""
    known = values.drop_nulls()
    dotted = known.str.contains(".", literal=True) & known.str.contains(DOT_NUMBER)
    if not _has(known, ",") or (dotted & ~known.str.contains(COMMA_NUMBER)).any():
        return values
    fits = values.str.strip_chars().str.contains(COMMA_NUMBER).fill_null(False)
    dots = values.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return values.zip_with(~fits, dots)


def as_kind(column: Column, kind: Kind, reading: Reading | None = None) -> tuple[Column, int]:
    """The same values as another kind, and how many known values did not fit and were lost."""
    reading = reading or Reading()
    if column.kind == kind and _fits(column):
        return column, 0
    values = column.values
    if isinstance(values, Media) or kind in ("image", "audio", "binary"):
        raise DataError(
            f"The column {column.name!r} cannot be read as {kind}.",
            remedy="Name another kind with --column NAME=KIND.",
            found=column.kind,
        )
    if kind == "number":
        new = numbers(values, reading)
    elif kind == "date":
        new = as_dates(values)
    else:
        new = names(values)
    return Column(column.name, kind, new, column.why), new.null_count() - values.null_count()


def names(values: pl.Series) -> pl.Series:
    """Cells as text; whole numbers without their ".0"."""
    if values.dtype.is_float():
        known = values.set(values.is_nan().fill_null(False), None)
        whole = bool(((known % 1) == 0).all()) and known.abs().max() is not None
        if whole and float(known.abs().max()) < 2**53:  # type: ignore[arg-type]
            return known.cast(pl.Int64).cast(pl.String)
    return values.cast(pl.String)


def _fits(column: Column) -> bool:
    wanted = {"number": pl.Float64, "date": pl.Datetime("us")}.get(column.kind, pl.String)
    return isinstance(column.values, Media) or column.values.dtype == wanted


def _kind_of(values: pl.Series) -> Kind:
    """The kind that a storage type stands for before any cell is looked at."""
    if values.dtype.is_numeric():
        return "number"
    return "date" if isinstance(values.dtype, pl.Datetime) else "category"


def _of_strings(name: str, values: pl.Series, reading: Reading) -> Column:
    known = values.drop_nulls()
    if not len(known):
        return Column(name, "category", values, "it holds no values")
    if known.str.contains(r"^\d+$").all() and known.str.contains(LEADING_ZERO).any():
        return _of_names(name, values, "codes with leading zeros")
    found = numbers(values, reading)
    misfits = _misfits(values, found)
    kept = len(known) - misfits
    if misfits == 0 or (kept >= NUMBER_SHARE * len(known) and found.n_unique() > FEW + 1):
        if known.str.contains(YEARMONTHDAY).all():
            days = parse(values, "%Y%m%d")
            if days.null_count() == values.null_count() and days.n_unique() > 2:
                return Column(name, "date", days, "written as yearmonthday")
        return _of_numbers(name, found, bool(known.str.contains(r"^[+-]?\d+$").all()), misfits)
    moments = dates(values)
    if moments is not None:
        return Column(name, "date", moments[0], f"written as {moments[1]}")
    return _of_names(name, values, "")


def _misfits(values: pl.Series, found: pl.Series) -> int:
    """How many cells are no numbers at all; numbers too large for a float are not among them."""
    if found.null_count() == values.null_count():
        return 0
    odd = values.filter(found.is_null()).drop_nulls()
    return int((~(odd.str.contains(NOT_FINITE) | odd.str.contains(DOT_NUMBER))).sum())


def _of_typed(name: str, values: pl.Series) -> Column:
    if values.dtype == pl.Boolean:
        return Column(name, "category", values.cast(pl.String), "true or false")
    if isinstance(values.dtype, pl.Datetime):
        return Column(name, "date", values, "stored as dates")
    return _of_numbers(name, numbers(values, Reading()), values.dtype == pl.Int64, 0)


def _of_numbers(name: str, values: pl.Series, whole: bool, misfits: int) -> Column:
    """Numbers, unless whole numbers count the rows or an id's name says that they name them."""
    known = values.drop_nulls()
    distinct = known.n_unique()
    if whole and len(known) >= FEW and distinct == len(known) == len(values):
        steps = known.diff().drop_nulls()
        if bool((steps == 1).all()):
            return Column(name, "id", names(values), "it counts the rows")
        if ID_NAMES.search(name):
            return Column(name, "id", names(values), "each value stands once, and its name says id")
    if misfits:
        return Column(name, "number", values, f"numbers, but for {misfits:,} cells")
    return Column(name, "number", values, "whole numbers" if whole else "numbers")


def _of_names(name: str, values: pl.Series, why: str) -> Column:
    """Text, id or category by how long and how repeated the cells are."""
    known = values.drop_nulls()
    distinct = known.n_unique()
    words = 1.0
    for pattern, share in PARTING:
        words += share * float(known.str.count_matches(pattern).mean() or 0.0)  # type: ignore[arg-type]
    letters = float(known.str.len_chars().mean() or 0.0)  # type: ignore[arg-type]
    wordy = words >= TEXT_WORDS or letters > TEXT_LETTERS
    if wordy and distinct > FEW and distinct > 0.1 * len(known):
        return Column(name, "text", values, f"{words:.0f} words on average, mostly different")
    if distinct >= ID_SHARE * len(known) and len(known) >= FEW:
        return Column(name, "id", values, why or "most values stand once or twice")
    return Column(name, "category", values, why or f"{distinct:,} different names")


def _marked(name: str, marked: str) -> list[Finding]:
    """A word on the marks that were read as missing, as `without_marks` tells them."""
    if not marked:
        return []
    return [Finding("note", "missing values", name, f"Read as missing: {marked}.")]


def _lost(
    name: str, before: pl.Series, column: Column, lost: int | None, kind: Kind
) -> list[Finding]:
    """What was told apart from missing before and is missing now."""
    after = column.values
    if isinstance(after, Media):
        return []
    gone = after.is_null() & before.is_not_null()
    if lost == 0 or not gone.any():
        return []
    cells = before.filter(gone).cast(pl.String)
    example = ", ".join(repr(cell[:30]) for cell in cells.unique(maintain_order=True).head(3))
    row = int(gone.arg_true()[0])
    remedy = "Mend the cells, or pass --missing VALUE to say that they are meant, "
    return [
        Finding(
            "warning",
            "cells that do not fit",
            name,
            f"{len(cells):,} cells are no finite {kind} and count as missing: {example} "
            f"(first in row {row}).",
            remedy + f"or --column {name}=category.",
        )
    ]


def _has(values: pl.Series, mark: str) -> bool:
    return bool(values.str.contains(mark, literal=True).any())

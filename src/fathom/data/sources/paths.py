"""Columns that name picture files to columns of pictures, found below the table's folder only."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from fathom.data.pictures import EXTENSIONS, Item
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import walk
from fathom.data.table import Finding, Kind
from fathom.errors import DataError

SHARE = 0.5
LOOKS = r"(?i)\.(" + "|".join(suffix[1:] for suffix in EXTENSIONS) + r")$"


@dataclass(frozen=True)
class Index:
    """Picture files below a folder by relative path, by name and by name without extension."""

    places: Mapping[str, Path]

    @classmethod
    def of(cls, root: Path) -> "Index":
        """List a folder; a name that several files share stands for none of them."""
        places: dict[str, Path] = {}
        shared: set[str] = set()
        pictures = [file for file in walk(root).files if file.suffix.lower() in EXTENSIONS]
        for file in pictures:
            places[_key(file.relative_to(root).as_posix())] = file
            places[_key(file.absolute().as_posix())] = file
        for file in pictures:
            for name in (file.name, file.stem):
                other = places.setdefault(_key(name), file)
                if other != file and other.relative_to(root).as_posix() != name:
                    shared.add(_key(name))
        return cls({name: file for name, file in places.items() if name not in shared})

    def find(self, cell: str | None) -> Path | None:
        """The file that a cell names."""
        return None if cell is None else self.places.get(_key(cell))


def with_pictures(
    raw: Raw, kinds: Mapping[str, Kind], *, stems: bool = False, exact: bool = False
) -> Raw:
    """Turn columns of file names into pictures.

    stems: names without an extension count too. exact: only columns said to be images are turned,
    and none is left as names.
    """
    index: Index | None = None
    for series in raw.frame:
        asked = kinds.get(series.name)
        known_text = series.name in raw.texts and asked is None
        if (
            asked not in (None, "image")
            or (exact and asked is None)
            or known_text
            or series.dtype.is_nested()
        ):
            continue
        cells = series.cast(pl.String).str.strip_chars()
        known = cells.drop_nulls()
        likely = len(known) and known.str.contains(LOOKS).mean() >= 0.9  # type: ignore[operator]
        if not (asked or likely or stems) or not len(known):
            continue
        index = index or Index.of(raw.root)
        files = [index.find(cell) for cell in cells]
        found = sum(file is not None for file in files)
        if asked is None and found < SHARE * len(known):
            if likely and not stems and not raw.pictures:
                raw = replace(raw, findings=(*raw.findings, _absent(series.name, raw.root)))
            continue
        if asked and not found and not exact:
            raise DataError(
                f"No file that the column {series.name!r} names was found.",
                remedy="Write the names as they are below the table's folder.",
                where=str(raw.root),
                found=str(known[0]),
            )
        raw = _turned(raw, series.name, cells, files)
    return raw


def _turned(raw: Raw, name: str, cells: pl.Series, files: Sequence[Path | None]) -> Raw:
    findings = [
        Finding(
            "set aside",
            "picture not found",
            raw.origins[row],
            f"There is no picture {cell!r} below the table's folder.",
            "Add the file, or mend its name.",
            row,
        )
        for row, (cell, file) in enumerate(zip(cells, files, strict=True))
        if file is None and cell
    ]
    return replace(
        raw,
        frame=raw.frame.drop(name) if raw.frame.width > 1 else pl.DataFrame(height=len(raw)),
        pictures={**raw.pictures, name: listing(files)},
        files=(*raw.files, *dict.fromkeys(file for file in files if file is not None)),
        findings=(*raw.findings, *findings),
        order=raw.order or tuple(raw.frame.columns),
    )


def listing(files: Sequence[Path | None]) -> Callable[[], Sequence[Item]]:
    """The files as a function, as `Raw.pictures` holds them."""

    def listed() -> Sequence[Item]:
        return files

    return listed


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/").removeprefix("./"))


def _absent(name: str, root: Path) -> Finding:
    reason = f"The cells look like names of pictures, but most of those files are not below {root}."
    remedy = "Put the table beside the pictures, or ignore this if names are all you have."
    return Finding("warning", "pictures not found", name, reason, remedy)

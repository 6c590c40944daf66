"""Columns that name picture or sound files to columns of these, found below the table's folder
only.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from fathom.data.pictures import EXTENSIONS, Item
from fathom.data.sounds import EXTENSIONS as SOUND_EXTENSIONS
from fathom.data.sources.decoded import Listing
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import walk
from fathom.data.table import Finding, Kind
from fathom.errors import DataError

SHARE = 0.5
TRANSCRIPTS = ("sentence", "text", "transcript", "transcription", "utterance")


@dataclass(frozen=True)
class Medium:
    """A sort of files that cells may name.

    kind: of their column; noun: what one is called; endings: of their names; of: the columns of a
    `Raw` that list such files; add: the same `Raw` with one more.
    """

    kind: Kind
    noun: str
    endings: frozenset[str]
    of: Callable[[Raw], Mapping[str, object]]
    add: Callable[[Raw, str, Listing], Raw]

    @property
    def looks(self) -> str:
        """The pattern of a cell that names one."""
        return r"(?i)\.(" + "|".join(sorted(ending[1:] for ending in self.endings)) + r")$"


PICTURES = Medium(
    "image",
    "picture",
    frozenset(EXTENSIONS),
    lambda raw: raw.pictures,
    lambda raw, name, files: replace(raw, pictures={**raw.pictures, name: files}),
)
SOUNDS = Medium(
    "audio",
    "sound",
    frozenset(SOUND_EXTENSIONS),
    lambda raw: raw.sounds,
    lambda raw, name, files: replace(raw, sounds={**raw.sounds, name: files}),
)
MEDIA = (PICTURES, SOUNDS)


@dataclass(frozen=True)
class Index:
    """Files below a folder by relative path, by name and by name without extension."""

    places: Mapping[str, Path]

    @classmethod
    def of(cls, root: Path, endings: frozenset[str] = PICTURES.endings) -> "Index":
        """List a folder; a name that several files share stands for none of them."""
        places: dict[str, Path] = {}
        shared: set[str] = set()
        chosen = [file for file in walk(root).files if file.suffix.lower() in endings]
        for file in chosen:
            places[_key(file.relative_to(root).as_posix())] = file
            places[_key(file.absolute().as_posix())] = file
        for file in chosen:
            for name in (file.name, file.stem):
                other = places.setdefault(_key(name), file)
                if other != file and other.relative_to(root).as_posix() != name:
                    shared.add(_key(name))
        return cls({name: file for name, file in places.items() if name not in shared})

    def find(self, cell: str | None) -> Path | None:
        """The file that a cell names."""
        return None if cell is None else self.places.get(_key(cell))


def with_media(
    raw: Raw, kinds: Mapping[str, Kind], *, stems: bool = False, exact: bool = False
) -> Raw:
    """Turn columns of file names into pictures or sounds.

    stems: names without an extension count too. exact: only columns said to be media are turned,
    and none is left as names.
    """
    for medium in MEDIA:
        raw = _with_medium(raw, medium, kinds, stems=stems, exact=exact)
    return _with_transcripts(raw)


def _with_transcripts(raw: Raw) -> Raw:
    """Columns beside sounds that are called transcripts are texts, however few words they hold."""
    if not raw.sounds:
        return raw
    said = [name for name in raw.frame.columns if name.strip().lower() in TRANSCRIPTS]
    reasons = dict.fromkeys(said, "what is said, by its name")
    return replace(raw, texts=reasons | dict(raw.texts))


def _with_medium(
    raw: Raw, medium: Medium, kinds: Mapping[str, Kind], *, stems: bool, exact: bool
) -> Raw:
    index: Index | None = None
    for series in raw.frame:
        asked = kinds.get(series.name)
        known_text = series.name in raw.texts and asked is None
        if (
            asked not in (None, medium.kind)
            or (exact and asked is None)
            or known_text
            or series.dtype.is_nested()
        ):
            continue
        cells = series.cast(pl.String).str.strip_chars()
        known = cells.drop_nulls()
        likely = len(known) and known.str.contains(medium.looks).mean() >= 0.9  # type: ignore[operator]
        if not (asked or likely or stems) or not len(known):
            continue
        index = index or Index.of(raw.root, medium.endings)
        files = [index.find(cell) for cell in cells]
        found = sum(file is not None for file in files)
        if asked is None and found < SHARE * len(known):
            if likely and not stems and not medium.of(raw):
                raw = replace(raw, findings=(*raw.findings, _absent(series.name, medium, raw.root)))
            continue
        if asked and not found and not exact:
            raise DataError(
                f"No file that the column {series.name!r} names was found.",
                remedy="Write the names as they are below the table's folder.",
                where=str(raw.root),
                found=str(known[0]),
            )
        raw = _turned(raw, medium, series.name, files)
    return raw


def _turned(raw: Raw, medium: Medium, name: str, files: Sequence[Path | None]) -> Raw:
    cells = raw.frame[name].cast(pl.String).str.strip_chars()
    findings = [
        Finding(
            "set aside",
            f"{medium.noun} not found",
            raw.origins[row],
            f"There is no {medium.noun} {cell!r} below the table's folder.",
            "Add the file, or mend its name.",
            row,
        )
        for row, (cell, file) in enumerate(zip(cells, files, strict=True))
        if file is None and cell
    ]
    return replace(
        medium.add(raw, name, listing(files)),
        frame=raw.frame.drop(name) if raw.frame.width > 1 else pl.DataFrame(height=len(raw)),
        files=(*raw.files, *dict.fromkeys(file for file in files if file is not None)),
        findings=(*raw.findings, *findings),
        order=raw.order or tuple(raw.frame.columns),
    )


def listing(files: Sequence[Path | None]) -> Callable[[], Sequence[Item]]:
    """The files as a function, as `Raw.pictures` and `Raw.sounds` hold them."""

    def listed() -> Sequence[Item]:
        return files

    return listed


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/").removeprefix("./"))


def _absent(name: str, medium: Medium, root: Path) -> Finding:
    reason = (
        f"The cells look like names of {medium.noun}s, but most of those files are not below "
        f"{root}."
    )
    remedy = f"Put the table beside the {medium.noun}s, or ignore this if names are all you have."
    return Finding("warning", f"{medium.noun}s not found", name, reason, remedy)

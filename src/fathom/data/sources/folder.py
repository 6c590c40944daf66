"""A folder of pictures, one sub-folder a class or flat, to records; parts may stand above them."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fathom.data.parts import PARTS, is_given, part_of_value
from fathom.data.pictures import Item
from fathom.data.sources import labelled
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.walk import is_picture, walk
from fathom.data.table import Finding, Part
from fathom.errors import DataError, OptionError
from fathom.visible import decodable

IMAGE, LABEL = "image", "label"


def claims(path: Path) -> Claim | None:
    """A folder below which there are pictures."""
    if not path.is_dir():
        return None
    files = [file for file in walk(path).files if is_picture(file)]
    if not files:
        return None
    base = _base(path, files)
    classes = {_label(file.relative_to(base).parts, False) for file in files} - {None}
    if len(classes) < 2 and labelled.claims(path) is not None:
        return None
    return Claim("folder", f"pictures in {len(classes)} folders" if classes else "pictures")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every picture is a record; its class is the first folder below the root or below the part."""
    found = walk(path)
    findings = list(found.findings)
    files = [file for file in found.files if is_picture(file)]
    for file in found.files:
        if not is_picture(file):
            place = file.relative_to(path).as_posix()
            findings.append(
                Finding(
                    "set aside",
                    "no picture",
                    place,
                    "The file is no picture.",
                    "Remove it or ignore this.",
                )
            )
    if not files:
        raise DataError(
            "There are no pictures in the folder.",
            remedy="Put the pictures of each class into a sub-folder of its own.",
            where=str(path),
        )
    base = _base(path, files)
    places = [file.relative_to(base).parts for file in files]
    given = is_given(part_of_value(place[0]) for place in places if len(place) > 1)
    parts: list[Part | None] = [part_of_value(place[0]) if given else None for place in places]
    if given:
        files, places, parts, outside = _within_parts(files, places, parts)
        findings += [_outside(file.relative_to(path).as_posix()) for file in outside]
    labels = [_label(place, given) for place in places]
    classes = tuple(sorted({label for label in labels if label is not None}))
    _refuse_twins(path, classes)
    findings += _case_twins(path, classes) + _nested(path, places, 2 + given)
    columns: dict[str, list[str | None]] = {LABEL: labels} if classes else {}
    if classes and None in labels:
        findings += [
            Finding(
                "set aside",
                "no class",
                file.relative_to(path).as_posix(),
                "The picture lies beside the class folders.",
                "Move it into one of them.",
                row,
            )
            for row, (file, label) in enumerate(zip(files, labels, strict=True))
            if label is None
        ]
    if options.pattern:
        columns |= _pattern_columns(options.pattern, files)

    def listed() -> Sequence[Item]:
        return files

    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    raw = Raw(
        frame if columns else pl.DataFrame(height=len(files)),
        tuple(files),
        path,
        origins=tuple(file.relative_to(path).as_posix() for file in files),
        pictures={IMAGE: listed},
        parts=tuple(parts) if given else None,
        target=LABEL if classes else "",
        findings=tuple(findings),
        order=(IMAGE, LABEL),
    )
    return sorted_by_part(raw)


def _base(path: Path, files: Sequence[Path]) -> Path:
    """The folder that holds the classes or parts, below folders that only wrap others."""
    base = path
    while True:
        tops = {file.relative_to(base).parts[0] for file in files}
        if len(tops) != 1 or any(len(file.relative_to(base).parts) < 3 for file in files):
            return base
        base = base / tops.pop()


def _within_parts(
    files: Sequence[Path], places: Sequence[tuple[str, ...]], parts: Sequence[Part | None]
) -> tuple[list[Path], list[tuple[str, ...]], list[Part | None], list[Path]]:
    """Only what lies inside the folders of parts, and the rest."""
    kept = [row for row, part in enumerate(parts) if part is not None and len(places[row]) > 1]
    inside = set(kept)
    outside = [file for row, file in enumerate(files) if row not in inside]
    return [files[r] for r in kept], [places[r] for r in kept], [parts[r] for r in kept], outside


def _label(place: tuple[str, ...], given: bool) -> str | None:
    below = place[1:] if given else place
    return decodable(below[0]) if len(below) > 1 else None


def _refuse_twins(path: Path, classes: Sequence[str]) -> None:
    """Names that look alike and differ only in Unicode form would be two classes by accident."""
    forms: dict[str, str] = {}
    for name in classes:
        twin = forms.setdefault(unicodedata.normalize("NFC", name), name)
        if twin != name:
            raise DataError(
                "Two class folders have the same name in different Unicode forms.",
                remedy="Rename one of them, or put their pictures together.",
                where=str(path),
                found=f"{twin!a} and {name!a}",
            )


def _case_twins(path: Path, classes: Sequence[str]) -> list[Finding]:
    alike: dict[str, list[str]] = {}
    for name in classes:
        alike.setdefault(name.casefold().strip(), []).append(name)
    return [
        Finding(
            "warning",
            "similar class names",
            str(path),
            f"Classes differ only in case or blanks: {', '.join(map(repr, twins))}.",
            "Rename the folders if they mean the same.",
        )
        for twins in alike.values()
        if len(twins) > 1
    ]


def _nested(path: Path, places: Sequence[tuple[str, ...]], depth: int) -> list[Finding]:
    deep = sum(len(place) > depth for place in places)
    if not deep:
        return []
    reason = (
        f"{deep:,} pictures lie deeper than their class folder; the upper folder is their class."
    )
    return [Finding("note", "nested folders", str(path), reason)]


def _outside(place: str) -> Finding:
    reason = f"The file lies outside the folders {', '.join(PARTS[:3])} (or their other names)."
    return Finding("set aside", "outside the parts", place, reason, "Move it into one of them.")


def _pattern_columns(pattern: str, files: Sequence[Path]) -> dict[str, list[str | None]]:
    """Columns from file names: "{digit}_{speaker}_{n}" on "3_lucas_7.png" gives 3, lucas and 7."""
    pieces = re.split(r"\{(\w+)\}", pattern)
    if len(pieces) < 3 or len(set(pieces[1::2])) != len(pieces[1::2]):
        raise OptionError(
            f"The pattern {pattern!r} names no columns.",
            remedy="Write it like '{digit}_{speaker}_{n}'.",
        )
    expression = "".join(
        f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
    )
    matches = [re.fullmatch(expression, file.stem) for file in files]
    if not any(matches):
        raise OptionError(
            f"No file name fits the pattern {pattern!r}.",
            remedy="Compare it with a file name without its extension.",
            found=files[0].stem,
        )
    return {name: [decodable(m[name]) if m else None for m in matches] for name in pieces[1::2]}

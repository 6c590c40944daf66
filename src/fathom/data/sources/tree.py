"""Files below a folder to their classes and parts, as the folders above them name these."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fathom.data.parts import PARTS, is_given, part_of_value, settled, untrained
from fathom.data.table import Finding, Part
from fathom.errors import DataError
from fathom.visible import decodable


@dataclass(frozen=True)
class Tree:
    """Files with the class of each, None where it lies beside the class folders, and its part.

    classes: all names, sorted; parts: None where no folders name parts.
    """

    files: tuple[Path, ...]
    labels: tuple[str | None, ...]
    classes: tuple[str, ...]
    parts: tuple[Part | None, ...] | None
    findings: tuple[Finding, ...]


def tree_of(root: Path, files: Sequence[Path], noun: str) -> Tree:
    """The class of each file is the first folder below the root, or below the folder of a part.

    noun: what the files are ("picture"). Raises DataError where class names differ only in Unicode
    form.
    """
    base = base_of(root, files)
    places = [file.relative_to(base).parts for file in files]
    meant = parts_of(places)
    given = meant is not None
    parts: list[Part | None] = []
    findings: list[Finding] = []
    if meant is not None:
        named = [part_of_value(place[0]) for place in places]
        parts = [meant[part] if part is not None else None for part in named]
        files, places, parts, outside = _within_parts(files, places, parts)
        findings += [_outside(file.relative_to(root).as_posix()) for file in outside]
        findings += untrained(meant, str(root))
    labels = tuple(label_of(place, given) for place in places)
    classes = tuple(sorted({label for label in labels if label is not None}))
    _refuse_twins(root, classes)
    findings += _case_twins(root, classes) + _nested(root, places, 2 + given, noun)
    if classes:
        findings += _without_class(root, files, labels, noun)
    return Tree(tuple(files), labels, classes, tuple(parts) if given else None, tuple(findings))


def base_of(root: Path, files: Sequence[Path]) -> Path:
    """The folder that holds the classes or parts, below folders that only wrap others."""
    base = root
    while True:
        tops = {file.relative_to(base).parts[0] for file in files}
        if len(tops) != 1 or any(len(file.relative_to(base).parts) < 3 for file in files):
            return base
        base = base / tops.pop()


def parts_of(places: Sequence[tuple[str, ...]]) -> Mapping[Part, Part] | None:
    """What the parts that the first folders name are used as, None where they name none."""
    named = [part_of_value(place[0]) for place in places if len(place) > 1]
    # Folders called valid and test alone may be classes, unless classes lie below them.
    deep = all(len(place) > 2 for place in places)
    return settled(named) if deep or is_given(named) else None


def label_of(place: tuple[str, ...], given: bool) -> str | None:
    """The class of a file at a place below the base; given: the first folder names a part."""
    below = place[1:] if given else place
    return decodable(below[0]) if len(below) > 1 else None


def _within_parts(
    files: Sequence[Path], places: Sequence[tuple[str, ...]], parts: Sequence[Part | None]
) -> tuple[list[Path], list[tuple[str, ...]], list[Part | None], list[Path]]:
    """Only what lies inside the folders of parts, and the rest."""
    kept = [row for row, part in enumerate(parts) if part is not None and len(places[row]) > 1]
    inside = set(kept)
    outside = [file for row, file in enumerate(files) if row not in inside]
    return [files[r] for r in kept], [places[r] for r in kept], [parts[r] for r in kept], outside


def _refuse_twins(path: Path, classes: Sequence[str]) -> None:
    """Names that look alike and differ only in Unicode form would be two classes by accident."""
    forms: dict[str, str] = {}
    for name in classes:
        twin = forms.setdefault(unicodedata.normalize("NFC", name), name)
        if twin != name:
            raise DataError(
                "Two class folders have the same name in different Unicode forms.",
                remedy="Rename one of them, or put their files together.",
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


def _nested(path: Path, places: Sequence[tuple[str, ...]], depth: int, noun: str) -> list[Finding]:
    deep = sum(len(place) > depth for place in places)
    if not deep:
        return []
    reason = (
        f"{deep:,} {noun}s lie deeper than their class folder; the upper folder is their class."
    )
    return [Finding("note", "nested folders", str(path), reason)]


def _without_class(
    root: Path, files: Sequence[Path], labels: Sequence[str | None], noun: str
) -> list[Finding]:
    return [
        Finding(
            "set aside",
            "no class",
            file.relative_to(root).as_posix(),
            f"The {noun} lies beside the class folders.",
            "Move it into one of them.",
            row,
        )
        for row, (file, label) in enumerate(zip(files, labels, strict=True))
        if label is None
    ]


def _outside(place: str) -> Finding:
    reason = f"The file lies outside the folders {', '.join(PARTS[:3])} (or their other names)."
    return Finding("set aside", "outside the parts", place, reason, "Move it into one of them.")

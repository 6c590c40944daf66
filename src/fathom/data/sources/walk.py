"""A folder to the files below it, sorted, and what was left out: hidden, links, special files."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fathom.data.pictures import EXTENSIONS, picture_format
from fathom.data.sounds import EXTENSIONS as SOUND_EXTENSIONS
from fathom.data.sounds import sound_format
from fathom.data.table import Finding
from fathom.errors import DataError

EXAMPLES = 3
SYSTEM_FILES = frozenset(("thumbs.db", "desktop.ini"))
ABOUT = ("readme", "licence", "license", "notice", "changelog", "copying", "authors")


@dataclass(frozen=True)
class Walk:
    """Regular files below a root, in a stable order, and what was left out."""

    files: tuple[Path, ...]
    findings: tuple[Finding, ...]


def walk(root: Path) -> Walk:
    """List files below a folder; no link is followed to a folder or out of the root."""
    files: list[Path] = []
    hidden: list[str] = []
    links: list[Path] = []
    special: list[Path] = []
    real = root.resolve()
    for entry in _entries(root):
        path = Path(entry.path)
        if entry.name.startswith(".") or entry.name.lower() in SYSTEM_FILES:
            hidden.append(path.relative_to(root).as_posix())
        elif entry.is_symlink():
            inside = path.is_file() and path.resolve().is_relative_to(real)
            (files if inside else links).append(path)
        elif entry.is_file(follow_symlinks=False):
            files.append(path)
        elif not entry.is_dir(follow_symlinks=False):
            special.append(path)
    findings = []
    if hidden:
        listed = ", ".join(hidden[:EXAMPLES]) + (", ..." if len(hidden) > EXAMPLES else "")
        reason = f"{len(hidden):,} hidden files or folders were left out ({listed})."
        findings.append(Finding("note", "hidden files", str(root), reason))
    for path in links:
        reason = "The link leads out of the folder, to a folder or nowhere; it was not followed."
        remedy = "Copy the files into the folder."
        findings.append(
            Finding("set aside", "link", path.relative_to(root).as_posix(), reason, remedy)
        )
    for path in special:
        reason = "It is neither a file nor a folder."
        findings.append(
            Finding("set aside", "special file", path.relative_to(root).as_posix(), reason)
        )
    return Walk(tuple(files), tuple(findings))


def refuse_special(path: Path) -> None:
    """Raise for a pipe, socket or device: reading one may never end, and it is empty afterwards."""
    if not (path.is_file() or path.is_dir()):
        raise DataError(
            "It is neither a file nor a folder.",
            remedy="Save the data to a file and name that.",
            where=str(path),
        )


def speaks_of_data(path: Path) -> bool:
    """Whether a file's name says that it tells about the data instead of being some."""
    return path.stem.lower().split(".")[0] in ABOUT


def left_aside(root: Path, files: Iterable[Path]) -> list[Finding]:
    """A note on each file that tells about the data."""
    reason = "The file tells about the data and is no part of them."
    return [
        Finding("note", "about the data", file.relative_to(root).as_posix(), reason)
        for file in files
        if speaks_of_data(file)
    ]


def is_picture(path: Path) -> bool:
    """Whether the name or the first bytes say picture."""
    if path.suffix.lower() in EXTENSIONS:
        return True
    return picture_format(first_bytes(path)) is not None


def is_sound(path: Path) -> bool:
    """Whether the name or the first bytes say sound."""
    if path.suffix.lower() in SOUND_EXTENSIONS:
        return True
    return sound_format(first_bytes(path)) is not None


def first_bytes(path: Path, count: int = 16) -> bytes:
    """The first bytes of a file, b"" when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _entries(root: Path) -> Iterator[os.DirEntry[str]]:
    """All entries below a folder in name order; hidden folders are named but not entered."""
    with os.scandir(root) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _entries(Path(entry.path))

"""A path to the files of plain text in it, and to how they are meant: one text, items, classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.data.parts import PARTS, part_of_name, part_of_value, settled, untrained
from fathom.data.sources import delimited
from fathom.data.sources.encoding import STRAY_ZEROS, is_bare_text, read_head
from fathom.data.sources.tree import base_of, label_of, parts_of
from fathom.data.sources.walk import left_aside, speaks_of_data, walk
from fathom.data.table import Finding, Part
from fathom.errors import DataError

Form = Literal["text", "lines", "lists", "documents"]
SUFFIXES = (".txt", ".text", ".md", ".rst", ".tex")
SEEN = 16 * 2**20  # bytes of a file by which its form is decided: all, but of very long ones
FEWEST = 20
BLANK = 0.05
TYPICAL, LONG = 60, 120  # characters of a line
NAME_WORDS, NAME_LETTERS = 3, 30
INDENTED, OPEN, CONTINUED, LOWER = 0.05, 0.1, 0.1, 0.9


@dataclass(frozen=True)
class Writing:
    """Files of plain text in the order of their parts, and what was left out.

    parts: of each file, None where names and folders give none.
    """

    root: Path
    files: tuple[Path, ...]
    parts: tuple[Part, ...] | None
    findings: tuple[Finding, ...]

    def place(self, file: Path) -> str:
        """A file's name as it is told."""
        return file.relative_to(self.root).as_posix()


def is_writing(path: Path) -> bool:
    """Whether a file is plain text by its ending, or without one by its first bytes."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(SUFFIXES) or is_bare_text(path)


def form_of(path: Path) -> Form | None:
    """How plain text is meant that is no table: decided by names and folders, then by all lines."""
    if not path.is_dir():
        if not is_writing(path) or delimited.claims(path) is not None:
            return None
        return "lines" if is_list(path) else "text"
    files = [file for file in walk(path).files if not speaks_of_data(file)]
    if not files or not all(map(is_writing, files)) or _tables(files):
        return None
    if len(_classes(path, files)) > 1:
        return "documents"
    if not all(map(is_list, files)):
        return "text"
    one = len(files) == 1 or _named(path, files) is not None
    return "lines" if one else "lists"


def writing(path: Path) -> Writing:
    """The text files of a path by parts; what is left out is told."""
    if not path.is_dir():
        return Writing(path.parent, (path,), None, ())
    files, left = texts_in(path)
    named = _named(path, files)
    if named is None:
        return Writing(path, tuple(files), None, left)
    meant = settled(named) or {}
    order = sorted(range(len(files)), key=lambda place: PARTS.index(named[place]))
    ordered = tuple(files[place] for place in order)
    parts = tuple(meant[named[place]] for place in order)
    told = untrained(meant, ordered[0].relative_to(path).as_posix())
    return Writing(path, ordered, parts, (*left, *told))


def texts_in(folder: Path) -> tuple[list[Path], tuple[Finding, ...]]:
    """The text files below a folder without those about the data, and a word on all others."""
    found = walk(folder)
    texts = [file for file in found.files if is_writing(file)]
    files = [file for file in texts if not speaks_of_data(file)] or texts
    if not files:
        raise DataError(
            "There are no text files in the folder.",
            remedy=f"Name a file, or a folder of files that end in {', '.join(SUFFIXES)}.",
            where=str(folder),
        )
    kept = set(files)
    told = left_aside(folder, (file for file in found.files if file not in kept))
    strangers = [
        Finding(
            "set aside",
            "no text",
            file.relative_to(folder).as_posix(),
            "The file is not part of the texts.",
            "Ignore this, or name the file itself.",
        )
        for file in found.files
        if file not in kept and not speaks_of_data(file)
    ]
    return files, (*found.findings, *told, *strangers)


def is_list(path: Path) -> bool:
    """Whether a text's lines stand each for itself: many, short, hardly a blank one, no sentences
    that run across them. Names of up to three words are a list whatever their marks.
    """
    try:
        text = read_head(path, SEEN, zeros=STRAY_ZEROS)
    except DataError:
        return False
    text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    codes = np.frombuffer((text.rstrip() + "\n").encode("utf-8", "replace"), dtype=np.uint8)
    ends = np.flatnonzero(codes == ord("\n"))
    if len(ends) < FEWEST:
        return False
    starts = np.concatenate([[0], ends[:-1] + 1])
    filled = _counted(codes > ord(" "), starts, ends) > 0
    letters = _counted((codes & 0xC0) != 0x80, starts, ends)[filled]
    if (~filled).mean() > BLANK or np.median(letters) >= TYPICAL:
        return False
    first, last = codes[starts[filled]], codes[ends[filled] - 1]
    if np.quantile(letters, 0.95) > LONG or np.isin(first, _bytes(" \t")).mean() > INDENTED:
        return False
    words = _counted(codes == ord(" "), starts, ends)[filled] + 1
    named = np.median(words) <= NAME_WORDS and np.median(letters) <= NAME_LETTERS
    return bool(named or not _run_across(first, last))


def _run_across(first: np.ndarray, last: np.ndarray) -> bool:
    """Whether sentences go on in the next line, by the first and last byte of each line."""
    if np.isin(last, _bytes(",;:-")).mean() > OPEN:
        return True
    lower = (first >= ord("a")) & (first <= ord("z"))
    goes_on = lower[1:] & ~np.isin(last[:-1], _bytes(".!?\"')"))
    # Where nearly all lines begin in lower case, that tells nothing.
    return bool(goes_on.mean() > CONTINUED and lower.mean() < LOWER)


def _counted(mask: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many bytes of each line are marked True."""
    total = np.concatenate([[0], np.cumsum(mask, dtype=np.int32)])
    return np.asarray(total[ends] - total[starts])


def _bytes(characters: str) -> list[int]:
    return list(characters.encode())


def _tables(files: Sequence[Path]) -> bool:
    """Whether one of the first files is a table: then the folder is no text."""
    return any(delimited.claims(file) is not None for file in files[:8])


def _classes(path: Path, files: Sequence[Path]) -> set[str]:
    """Names of the folders that hold texts, without those that name parts."""
    base = base_of(path, files)
    places = [file.relative_to(base).parts for file in files]
    given = parts_of(places) is not None
    labels = {label_of(place, given) for place in places}
    return {label for label in labels if label is not None and part_of_value(label) is None}


def _named(path: Path, files: Sequence[Path]) -> list[Part] | None:
    """The part of each file by its folder or name; None unless every file has one."""
    base = base_of(path, files)
    named: list[Part] = []
    for file in files:
        place = file.relative_to(base).parts
        part = part_of_value(place[0]) if len(place) > 1 else part_of_name(place[0])
        if part is None:
            return None
        named.append(part)
    return named if settled(named) is not None else None


def empty_file(place: str) -> Finding:
    """A word on a file without any text."""
    return Finding("set aside", "empty file", place, "There is no text in it.", "Remove it.")


def not_read(place: str, problem: DataError, row: int = -1) -> Finding:
    """A word on a file that does not read as text, among others that do."""
    remedy = "Remove it, or store it as UTF-8."
    return Finding("set aside", "no text", place, problem.what, remedy, row)


def no_text(path: Path) -> DataError:
    """Nothing but blanks in all files."""
    return DataError(
        "There is no text in it, only blanks or nothing.",
        remedy="Name a file with text.",
        where=str(path),
    )

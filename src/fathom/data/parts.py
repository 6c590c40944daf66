"""Names of folders, files, columns and values to the part they speak of."""

import re
from collections.abc import Iterable, Mapping

import polars as pl

from fathom.data.table import Finding, Part

PARTS: tuple[Part, ...] = ("train", "valid", "test", "unused")
WORDS: dict[str, Part] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "valid"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
}
COLUMN_NAMES = ("split", "part", "partition", "subset", "set", "usage")


def part_of_value(value: str | None) -> Part | None:
    """The part that a whole word names, in any case; None when it names none."""
    return WORDS.get(value.strip().lower()) if value is not None else None


def part_of_name(name: str) -> Part | None:
    """The part named by one of the words of a file or folder name ("t10k-images-idx3" -> test)."""
    for word in re.split(r"[\W_]+", name.lower()):
        if word in WORDS:
            return WORDS[word]
    return None


def is_given(parts: Iterable[Part | None]) -> bool:
    """Whether names make up parts: at least two different ones, one of them the training part."""
    named = {part for part in parts if part is not None}
    return "train" in named and len(named) >= 2


def settled(parts: Iterable[Part | None]) -> Mapping[Part, Part] | None:
    """What each named part is used as; None where the names make up no parts.

    Where validation and test are all there is, validation is trained on.
    """
    named = {part for part in parts if part is not None}
    if named == {"valid", "test"}:
        return {"valid": "train", "test": "test"}
    return {part: part for part in named} if is_given(named) else None


def untrained(meant: Mapping[Part, Part], place: str) -> tuple[Finding, ...]:
    """A word on the place that is trained on although it is named after validation."""
    if meant.get("valid") != "train":
        return ()
    reason = "Nothing is named after a training part; this is trained on."
    remedy = "Add a training part if you have one."
    return (Finding("warning", "given parts", place, reason, remedy),)


def part_column(frame: pl.DataFrame) -> str | None:
    """The column that says which part each row is in: called "split" or so, all values parts."""
    for name in frame.columns:
        if name.strip().lower() not in COLUMN_NAMES or frame[name].dtype != pl.String:
            continue
        values = frame[name].unique().to_list()
        parts = {part_of_value(value) for value in values[:13]}
        if len(values) <= 12 and None not in parts and is_given(parts):
            return name
    return None

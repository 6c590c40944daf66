"""File names to columns, as a pattern says, and to the pattern that they seem to follow."""

import re
from collections.abc import Sequence
from pathlib import Path

from fathom.data.table import Finding
from fathom.errors import OptionError
from fathom.visible import decodable

SEPARATORS = "_-"
FEWEST = 20  # file names in which a pattern is looked for
GROUP_ROWS = (2.0, 500.0)  # files a value, on average, where it names a person or a session


def pattern_columns(pattern: str, files: Sequence[Path]) -> dict[str, list[str | None]]:
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


def named_alike(
    files: Sequence[Path], labels: Sequence[str | None], root: Path
) -> tuple[Finding, ...]:
    """A word on what the names of files seem to tell, with the options to type.

    labels: the class of each file by its folder. A part of the names that takes few values, each in
    files of several classes, may be a speaker, a session or a fold: files that share it are more
    alike than new ones will be. Without classes by folder, several such parts are all listed: one
    of them may be the class.
    """
    split = [re.split(f"[{SEPARATORS}]", file.stem) for file in files]
    if len(split) < FEWEST or len({len(parts) for parts in split}) > 1 or len(split[0]) < 2:
        return ()
    places = [[parts[place] for parts in split] for place in range(len(split[0]))]
    grouping = [place for place, values in enumerate(places) if _groups(values, places, labels)]
    if not grouping:
        return ()
    names = [chr(ord("a") + place) for place in range(len(places))]
    meant = "perhaps a speaker, a session or a fold"
    use = "--group group, so that none is heard in training and in the test."
    if len(grouping) == 1:
        names[grouping[0]] = "group"
    else:
        meant = "perhaps classes, or a speaker, a session or a fold"
        use = "with --target for the part that is asked for, --group for the speaker or session."
    marks = re.findall(f"[{SEPARATORS}]", files[0].stem)
    written = "".join(f"{{{n}}}{mark}" for n, mark in zip(names, [*marks, ""], strict=True))
    taken = " and ".join(_taken(place, places[place]) for place in grouping)
    return (
        Finding(
            "warning",
            "groups in file names",
            str(root),
            f"Names such as {files[0].name!r} have {len(places)} parts; {taken}, {meant}.",
            f"Pass --pattern '{written}' {use}",
        ),
    )


def _taken(place: int, parts: Sequence[str]) -> str:
    """The values that a part of the names takes, in words."""
    values = sorted(set(parts))
    listed = ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")
    return f"part {place + 1} takes {len(values):,} values ({listed})"


def _groups(
    values: Sequence[str], places: Sequence[Sequence[str]], labels: Sequence[str | None]
) -> bool:
    """Whether a part of the names repeats over classes, by words rather than as a count."""
    distinct = len(set(values))
    mean = len(values) / distinct
    if distinct < 2 or not GROUP_ROWS[0] <= mean <= GROUP_ROWS[1]:
        return False
    classes = labels if len({label for label in labels if label}) > 1 else None
    if classes is None:  # the class is another part of the name: words name a speaker, not digits
        return not any(value.isdecimal() for value in set(values))
    crossed = len(set(zip(values, classes, strict=True)))
    return crossed >= 2 * distinct and distinct <= FEWEST

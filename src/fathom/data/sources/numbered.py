"""Column names of several files to those that mean the same: summary, and summary1 to summary3."""

import re
from collections.abc import Collection, Sequence

NUMBERED = re.compile(r"(.+?)[ _.-]?(\d+)")


def numbered_names(
    own: Sequence[str], every: Sequence[Collection[str]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """How a file's columns are to be renamed, and for each new name the further numbers left out.

    A name of other files that this one has only with numbers, which no other file has, is given
    to the lowest number: several people may have answered what one answered elsewhere.
    """
    lacking = {name for names in every for name in names} - set(own)
    found: dict[str, list[tuple[int, str]]] = {}
    for name in own:
        match = NUMBERED.fullmatch(name)
        others = sum(name in names for names in every) > 1
        if match and match[1] in lacking and not others:
            found.setdefault(match[1], []).append((int(match[2]), name))
    ordered = {name: [each for _, each in sorted(pairs)] for name, pairs in found.items()}
    return (
        {names[0]: name for name, names in ordered.items()},
        {name: names[1:] for name, names in ordered.items()},
    )

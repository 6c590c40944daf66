"""What a training begins with to its files and a copy beside the checkpoints; a changed file is
refused when the training is resumed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fathom.errors import RunError
from fathom.folders import read_json, write_text
from fathom.run_folder import CODECS, RECIPE, SPLIT
from fathom.train.looping import CHECKPOINTS

BEGUN = "begun"
SHOWN = 5


def begin(folder: Path, *, codecs: str, split: str, recipe: str) -> None:
    """Write the three files and their copies; the recipe comes last and makes the run resumable."""
    copies = folder / CHECKPOINTS / BEGUN
    copies.mkdir(parents=True, exist_ok=True)
    contents = {CODECS: codecs, SPLIT: split, RECIPE: recipe}
    for place in (copies, folder):
        for name, content in contents.items():
            write_text(place / name, content)


def refuse_changes(folder: Path, *, accept: bool) -> None:
    """Raise RunError, listing the differences, when a file is not what the training began with."""
    copies = folder / CHECKPOINTS / BEGUN
    if accept or not copies.is_dir():
        return
    for name in (RECIPE, CODECS, SPLIT):
        if (copies / name).read_bytes() == (folder / name).read_bytes():
            continue
        differences = list(changes(read_json(copies / name), read_json(folder / name)))
        if differences or name == CODECS:  # the order of columns is the network's
            more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
            raise RunError(
                f"The file {name} changed since this run began, so it cannot go on as it was.",
                where=str(folder),
                found="; ".join(differences[:SHOWN] or ["another order"]) + more,
                remedy="Restore it, train anew, or accept the change with --accept-changes.",
            )


def changes(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Each differing value of two JSON contents as "key.key: before -> after"."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in (*before, *(key for key in after if key not in before)):
            yield from changes(before.get(key), after.get(key), f"{place}.{key}".lstrip("."))
    elif before != after:
        yield f"{place or 'content'}: {shortened(before)} -> {shortened(after)}"


def shortened(value: Any) -> str:
    """A value in at most 40 characters."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"

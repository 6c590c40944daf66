"""Trained networks to what they draw, in files: the table of contents of the forms it comes in."""

from collections.abc import Callable, Mapping
from pathlib import Path

from fathom.drawn.asking import Commission
from fathom.drawn.clips import write_clips
from fathom.drawn.pictures import write_pictures
from fathom.drawn.rows import write_rows

WRITERS: Mapping[str, Callable[[Commission, str | Path], list[Path]]] = {
    "clips": write_clips,
    "pictures": write_pictures,
    "rows": write_rows,
}
"""What draws a commission into a folder or file and names all files, the one that shows all of it
last; by what the drawn examples are called (`Drawable.items`).
"""

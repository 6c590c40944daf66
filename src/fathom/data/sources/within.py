"""What "#" chooses inside a file or folder: `shop.db#orders`, `book.xlsx#Sheet1`, `texts#en-de`."""

from collections.abc import Sequence
from pathlib import Path

from fathom.errors import DataError, OptionError


def outer_and_inner(source: str) -> tuple[Path, str]:
    """A path and what stands after its last "#"; an existing path wins over that reading."""
    path = Path(source).expanduser()
    outer, mark, inner = source.rpartition("#")
    if mark and outer and not path.exists() and Path(outer).expanduser().exists():
        return Path(outer).expanduser(), inner
    return path, ""


def chosen(path: Path, names: Sequence[str], asked: str, thing: str) -> str:
    """The one of several tables or sheets that was asked for, or the only one.

    Raises OptionError where there are several, with what to type.
    """
    if asked:
        if asked not in names:
            raise OptionError.unknown(thing, asked, names)
        return asked
    if len(names) == 1:
        return names[0]
    if not names:
        raise DataError(
            f"There is no {thing} with rows in it.",
            remedy="Name a file that holds some.",
            where=str(path),
        )
    raise OptionError(
        f"The file holds several {thing}s.",
        remedy=f"Name one after a #, such as {f'{path}#{names[0]}'!r}.",
        where=str(path),
        found=", ".join(names[:20]) + (", ..." if len(names) > 20 else ""),
    )

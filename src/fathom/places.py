"""The names that users give to what is to be written, checked before any work begins."""

from pathlib import Path

from fathom.errors import OptionError


def folder(out: str | Path) -> Path:
    """The folder, made where it is not there."""
    place = Path(out)
    if place.exists() and not place.is_dir():
        raise OptionError(
            "--out is a file.", found=str(out), remedy="Name a folder for what is drawn."
        )
    place.mkdir(parents=True, exist_ok=True)
    return place


def table_file(out: str | Path) -> Path:
    """The .csv or .json file of answers or rows."""
    path = Path(out)
    if path.suffix.lower() not in (".csv", ".json"):
        raise OptionError(
            "--out takes a file that ends in .csv or .json.",
            found=str(out),
            remedy="Write for example --out answers.csv.",
        )
    if not path.parent.is_dir() or path.is_dir():
        raise OptionError(
            "There is no folder for the answers." if not path.is_dir() else "--out is a folder.",
            found=str(out),
            remedy="Make the folder, or name a file in another one.",
        )
    return path

"""Words that several verbs share, and how they are read."""

import json
import sys
from typing import Annotated, Any

import typer

RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")]
Source = Annotated[str, typer.Argument(metavar="DATA", help="A path, or a sample's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Target = Annotated[
    list[str] | None, typer.Option("--target", help="The column to predict; repeat for several.")
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=KIND", help="Overrule a column's kind."),
]
Missing = Annotated[
    list[str] | None, typer.Option("--missing", help="Another mark for a missing value.")
]
Format = Annotated[str | None, typer.Option("--as", help="The raw format, when several fit.")]
Cache = Annotated[str | None, typer.Option(help="Where decoded data are kept.")]


def kinds(columns: list[str] | None) -> dict[str, Any]:
    """`NAME=KIND` words to a mapping; the kind is checked where the data are read."""
    from fathom.errors import OptionError

    found: dict[str, str] = {}
    for word in columns or ():
        name, mark, kind = word.rpartition("=")
        if not (name and mark):
            raise OptionError(
                "--column takes NAME=KIND.",
                found=word,
                remedy="Write for example --column zip=category.",
            )
        if found.setdefault(name, kind) != kind:
            raise OptionError(
                f"The column {name!r} is given two kinds.",
                found=f"{found[name]} and {kind}",
                remedy="Keep one of them.",
            )
    return found


def write_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")

"""Words that several verbs share, and how they are read."""

import json
import sys
from typing import Annotated, Any

import typer

RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")]
Source = Annotated[str, typer.Argument(metavar="DATA", help="A path, or a sample's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Group = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Rows of one value stay in one part.")
]
Horizon = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Rows ahead to forecast; makes it forecasting."),
]
Pattern = Annotated[
    str | None, typer.Option(metavar="PATTERN", help="Columns in file names, as {class}_{n}.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Where all random draws come from.")]
Target = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="COLUMN", help="The column to predict; repeat for several."),
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="TASK",
        help="The question: classification, regression, language, translation, summarisation, "
        "transcription, forecasting, generation, compression or anomaly.",
    ),
]
Updates = Annotated[int | None, typer.Option(min=1, metavar="N", help="Exact number of updates.")]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="NAME=KIND", help="Overrule a column's kind, as zip=category does."
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", metavar="MARK", help="Another mark for a missing value."),
]
Format = Annotated[
    str | None, typer.Option("--as", metavar="FORMAT", help="The raw format, when several fit.")
]
Cache = Annotated[str | None, typer.Option(metavar="FOLDER", help="Where decoded data are kept.")]


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

"""The words of the command line, each declared once: what it is called, what it takes, what it
tells; and how those that several verbs share are read.
"""

import json
import sys
from collections.abc import Collection
from typing import Annotated, Any

import typer

# What is pointed at, and how the answer is written.
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")]
Source = Annotated[str, typer.Argument(metavar="DATA", help="A path, or a sample's name.")]

# Facts: how the source is read.
Cache = Annotated[str | None, typer.Option(metavar="FOLDER", help="Where decoded data are kept.")]
Format = Annotated[
    str | None, typer.Option("--as", metavar="FORMAT", help="The raw format, when several fit.")
]
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
Pattern = Annotated[
    str | None, typer.Option(metavar="PATTERN", help="Columns in file names, as {class}_{n}.")
]

# Facts: what is asked.
Horizon = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Rows ahead to forecast; makes it forecasting."),
]
Normal = Annotated[
    str | None, typer.Option(metavar="VALUE", help="The target's value in clean rows.")
]
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

# Facts: what is held out.
Folds = Annotated[
    str | None, typer.Option(metavar="K|COLUMN", help="Hold out each row once, by K networks.")
]
Group = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Rows of one value stay in one part.")
]
Split = Annotated[
    str | None, typer.Option(metavar="FILE", help="Gives each row's part, as split.json does.")
]
Test = Annotated[str | None, typer.Option(metavar="DATA", help="A given test part.")]
Time = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Dates: the latest rows are the test part.")
]

# Choices, none of which is needed.
Cell = Annotated[
    str | None,
    typer.Option(metavar="CELL", help="Of a recurrent network: elman, lstm, gru or mingru."),
]
Code = Annotated[int | None, typer.Option(min=1, metavar="N", help="How many numbers a code has.")]
Extract = Annotated[
    bool | None,
    typer.Option("--extract/--write", help="Summaries: parts of the text, or new sentences."),
]
Family = Annotated[
    str | None,
    typer.Option(
        metavar="FAMILY", help="mlp, cnn, rnn, transformer, autoencoder, vae, gan or diffusion."
    ),
]
Network = Annotated[
    str | None,
    typer.Option(metavar="NETWORK", help="Inside an autoencoder, vae, gan or diffusion."),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Where all random draws come from.")]
Updates = Annotated[int | None, typer.Option(min=1, metavar="N", help="Exact number of updates.")]


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


def stated(context: typer.Context) -> list[str]:
    """The options that were typed, in the order of the verb's help."""
    found = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        typed = source is not None and source.name == "COMMANDLINE"
        if typed and parameter.param_type_name == "option":
            found.append(parameter.opts[0])
    return found


def refuse(does: str, typed: Collection[str], odd: Collection[str]) -> None:
    """Raise OptionError where one was typed of the options that mean nothing to what is done."""
    from fathom.errors import OptionError

    found = [name for name in typed if name in odd]
    if found:
        raise OptionError(
            f"What {does} takes no such option.",
            found=" and ".join(found),
            remedy="Leave that out.",
        )


def write_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")

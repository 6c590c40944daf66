"""The verbs that train."""

from time import perf_counter
from typing import Annotated

import typer

from fathom.cli.words import (
    Cache,
    Format,
    Group,
    Horizon,
    Json,
    Kinds,
    Missing,
    Pattern,
    RunFolder,
    Source,
    Target,
    Task,
    Updates,
    kinds,
)

STARTED = perf_counter()


def train(
    context: typer.Context,
    data: Source,
    target: Target = None,
    task: Task = None,
    family: Annotated[
        str | None,
        typer.Option(
            metavar="FAMILY",
            help="mlp, cnn, rnn, transformer, autoencoder, vae, gan or diffusion.",
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(metavar="NETWORK", help="Inside an autoencoder, vae, gan or diffusion."),
    ] = None,
    code: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many numbers a code has.")
    ] = None,
    normal: Annotated[
        str | None, typer.Option(metavar="VALUE", help="The target's value in clean rows.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Ceiling for the whole command: 30s, 5m or 1h; 5m by default."
        ),
    ] = None,
    updates: Updates = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Where all random draws come from; 0 by default."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="A run or recipe.json to repeat, to the same weights."),
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Repeat although the data changed.")
    ] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The run folder to make.")
    ] = None,
    test: Annotated[str | None, typer.Option(metavar="DATA", help="A given test part.")] = None,
    split: Annotated[
        str | None, typer.Option(metavar="FILE", help="Gives each row's part, as split.json does.")
    ] = None,
    group: Group = None,
    folds: Annotated[
        str | None,
        typer.Option(metavar="K|COLUMN", help="Hold out each row once, by K networks."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Dates: the latest rows are the test part.")
    ] = None,
    horizon: Horizon = None,
    cell: Annotated[
        str | None,
        typer.Option(metavar="CELL", help="Of a recurrent network: elman, lstm, gru or mingru."),
    ] = None,
    extract: Annotated[
        bool | None,
        typer.Option("--extract/--write", help="Summaries: parts of the text, or new sentences."),
    ] = None,
    pattern: Pattern = None,
    column: Kinds = None,
    missing: Missing = None,
    as_format: Format = None,
    cache: Cache = None,
    json_: Json = False,
) -> None:
    """Train a network on raw data and measure it honestly."""
    from fathom import api
    from fathom.console import show_result
    from fathom.progress import listener

    # A word that is not named in what follows goes on as it is, to the field of its name.
    read = {"kinds": kinds(column), "missing": tuple(missing or ())}
    stated = context.params | read
    run = api.train(
        data,
        target=target or (),
        budget=budget,
        recipe=recipe,
        accept=accept_changes,
        listener=listener(programs=json_),
        started=STARTED,
        **{name: stated[name] for name in api.CHOICES if stated[name] not in (None, (), {})},
    )
    show_result(run, programs=json_)


def resume(
    run: RunFolder,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Go on although data or recipe changed.")
    ] = False,
    json_: Json = False,
) -> None:
    """Go on after any stop, to the same weights."""
    from fathom import api
    from fathom.console import show_result
    from fathom.progress import listener

    finished = api.resume(run, listener=listener(programs=json_), accept=accept_changes)
    show_result(finished, programs=json_)

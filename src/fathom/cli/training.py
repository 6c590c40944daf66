"""The verbs that train."""

from time import perf_counter
from typing import Annotated

import typer

from fathom.cli.words import Cache, Format, Json, Kinds, Missing, RunFolder, Source, Target, kinds

STARTED = perf_counter()


def train(
    context: typer.Context,
    data: Source,
    target: Target = None,
    task: Annotated[str | None, typer.Option(help="The question, e.g. regression.")] = None,
    family: Annotated[str | None, typer.Option(help="The kind of network, e.g. mlp.")] = None,
    network: Annotated[
        str | None, typer.Option(help="The backbone of an autoencoder, vae or diffusion.")
    ] = None,
    code: Annotated[int | None, typer.Option(min=1, help="Numbers of a code.")] = None,
    normal: Annotated[
        str | None, typer.Option(metavar="VALUE", help="The target's value in clean rows.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Ceiling for the whole command.", show_default="5m")
    ] = None,
    updates: Annotated[int | None, typer.Option(min=1, help="Exact number of updates.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Where all random draws come from.", show_default="0")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A run or recipe.json to repeat, to the same weights.")
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Repeat although the data changed.")
    ] = False,
    out: Annotated[str | None, typer.Option(help="The run folder to make.")] = None,
    test: Annotated[str | None, typer.Option(help="A given test part.")] = None,
    split: Annotated[str | None, typer.Option(help="A file that gives each row's part.")] = None,
    group: Annotated[str | None, typer.Option(help="Column whose values stay together.")] = None,
    folds: Annotated[
        str | None,
        typer.Option(metavar="K|COLUMN", help="Hold out each row once, by K networks."),
    ] = None,
    time: Annotated[str | None, typer.Option(help="Date column to split by.")] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Rows ahead to forecast; makes it forecasting.")
    ] = None,
    cell: Annotated[
        str | None, typer.Option(help="Of a recurrent network: elman, lstm, gru or mingru.")
    ] = None,
    extract: Annotated[
        bool | None,
        typer.Option("--extract/--write", help="Summaries: parts of the text, or new sentences."),
    ] = None,
    pattern: Annotated[str | None, typer.Option(help="Columns in file names, {class}_{n}.")] = None,
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

"""The verb that adds to data."""

from typing import Annotated

import typer

from fathom.cli.words import Cache, Format, Json, Source, Target, write_json


def augment(
    data: Source,
    target: Target = None,
    run: Annotated[
        str | None, typer.Option(metavar="GENERATOR", help="A run of the same data that draws.")
    ] = None,
    wish: Annotated[str | None, typer.Option("--class", help="Add to this class alone.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="Pictures to add to each class.")] = None,
    rounds: Annotated[int, typer.Option(help="Pairs of classifiers that tell the gain.")] = 3,
    budget: Annotated[str, typer.Option(help="Ceiling for the whole command.")] = "5m",
    updates: Annotated[int | None, typer.Option(min=1, help="Exact number of updates.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws come from.")] = 0,
    out: Annotated[str | None, typer.Option(help="The folder to make.")] = None,
    as_format: Format = None,
    cache: Cache = None,
    json_: Json = False,
) -> None:
    """Add drawn pictures to small classes, and measure whether a classifier gains by them."""
    from fathom import api
    from fathom.console import show_augmentation
    from fathom.progress import listener

    found = api.augment(
        data,
        target=target or (),
        budget=budget,
        run=run,
        wish=wish,
        count=n,
        rounds=rounds,
        listener=listener(programs=json_),
        updates=updates,
        seed=seed,
        out=out,
        as_format=as_format,
        cache=cache,
    )
    write_json(found) if json_ else show_augmentation(found)

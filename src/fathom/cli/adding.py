"""The verb that adds to data."""

from typing import Annotated

import typer

from fathom.cli.words import Cache, Format, Json, Seed, Source, Target, Updates, write_json


def augment(
    data: Source,
    target: Target = None,
    run: Annotated[
        str | None, typer.Option(metavar="GENERATOR", help="A run of the same data that draws.")
    ] = None,
    wish: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="Add to this class alone.")
    ] = None,
    n: Annotated[
        int | None, typer.Option("-n", metavar="N", help="Pictures to add to each class.")
    ] = None,
    rounds: Annotated[
        int, typer.Option(metavar="N", help="Pairs of classifiers that tell the gain.")
    ] = 3,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="Ceiling for the whole command.")
    ] = "5m",
    updates: Updates = None,
    seed: Seed = 0,
    out: Annotated[str | None, typer.Option(metavar="FOLDER", help="The folder to make.")] = None,
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

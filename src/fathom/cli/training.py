"""The verbs that train."""

from time import perf_counter
from typing import Annotated

import typer

from fathom.cli.words import (
    Cache,
    Cell,
    Code,
    Extract,
    Family,
    Folds,
    Format,
    Group,
    Horizon,
    Json,
    Kinds,
    Missing,
    Network,
    Normal,
    Pattern,
    RunFolder,
    Source,
    Split,
    Target,
    Task,
    Test,
    Time,
    Updates,
    kinds,
)

STARTED = perf_counter()

# None where nothing is said: beside a recipe, which says them all, they are refused.
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Ceiling for the whole command: 30s, 5m or 1h; 5m by default."
    ),
]
Recipe = Annotated[
    str | None,
    typer.Option(metavar="RUN", help="A run or recipe.json to repeat, to the same weights."),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Where all random draws come from; 0 by default."),
]


def train(
    context: typer.Context,
    data: Source,
    target: Target = None,
    task: Task = None,
    family: Family = None,
    network: Network = None,
    code: Code = None,
    normal: Normal = None,
    budget: Budget = None,
    updates: Updates = None,
    seed: Seed = None,
    recipe: Recipe = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Repeat although the data changed.")
    ] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The run folder to make.")
    ] = None,
    test: Test = None,
    split: Split = None,
    group: Group = None,
    folds: Folds = None,
    time: Time = None,
    horizon: Horizon = None,
    cell: Cell = None,
    extract: Extract = None,
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

"""The verbs that look: at data, runs and the machine."""

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
    Seed,
    Source,
    Target,
    Task,
    Updates,
    kinds,
    refuse,
    stated,
    write_json,
)


def inspect(
    data: Source,
    target: Target = None,
    column: Kinds = None,
    missing: Missing = None,
    as_format: Format = None,
    cache: Cache = None,
    json_: Json = False,
) -> None:
    """Tell what the data are, what is wrong with them and what can be asked of them."""
    from fathom import api
    from fathom.console import show_inspection

    summary = api.inspect(
        data,
        target=target or (),
        as_format=as_format,
        kinds=kinds(column),
        missing=missing or (),
        cache=cache,
    )
    write_json(summary) if json_ else show_inspection(summary)


def evaluate(
    run: RunFolder,
    data: Annotated[str | None, typer.Argument(help="New labelled data.")] = None,
    samples: Annotated[int | None, typer.Option(help="Judge so many drawn examples.")] = None,
    json_: Json = False,
) -> None:
    """Print the stored result, or measure the run on new labelled data or more samples."""
    from fathom import api
    from fathom.console import show_report

    report = api.evaluate(run, data, samples=samples)
    write_json(report) if json_ else show_report(report)


def compare(
    context: typer.Context,
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...|DATA", help="Runs of the same data, or data.")
    ],
    families: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Train these on DATA: all, or names with commas."),
    ] = None,
    target: Target = None,
    task: Task = None,
    budget: Annotated[str, typer.Option(metavar="TIME", help="Ceiling for each family.")] = "5m",
    updates: Updates = None,
    seed: Seed = 0,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The folder of the runs.")
    ] = None,
    group: Group = None,
    horizon: Horizon = None,
    pattern: Pattern = None,
    column: Kinds = None,
    missing: Missing = None,
    as_format: Format = None,
    cache: Cache = None,
    json_: Json = False,
) -> None:
    """Compare runs on the test rows they share, with paired tests; or all families on data."""
    from fathom import api
    from fathom.console import show_comparison
    from fathom.progress import listener

    if families is None:
        typed = stated(context)
        refuse("compares finished runs", typed, set(typed) - {"--json"})
        found = api.compare(runs)
    else:
        found = api.compare_families(
            only(runs),
            families,
            target=target or (),
            budget=budget,
            listener=listener(programs=json_),
            task=task,
            updates=updates,
            seed=seed,
            out=out,
            group=group,
            horizon=horizon,
            pattern=pattern,
            kinds=kinds(column),
            missing=tuple(missing or ()),
            as_format=as_format,
            cache=cache,
        )
    write_json(found) if json_ else show_comparison(found)


def samples(json_: Json = False) -> None:
    """List the sample data sets that come inside installed packages."""
    from fathom import api
    from fathom.console import show_table

    found = api.samples()
    write_json(found.to_dicts()) if json_ else show_table(found, "Samples")


def doctor(json_: Json = False) -> None:
    """Tell what this machine has: devices, fast paths, versions."""
    from fathom.console import show_pairs
    from fathom.doctor import examine

    found = examine()
    write_json(found) if json_ else show_pairs(found)


def only(sources: list[str]) -> str:
    """The one source that families are compared on."""
    from fathom.errors import OptionError

    if len(sources) > 1:
        raise OptionError(
            "--families trains on one source.",
            found=", ".join(sources),
            remedy="Name the data alone, or leave out --families to compare runs.",
        )
    return sources[0]

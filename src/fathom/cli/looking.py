"""The verbs that look: at data, runs and the machine."""

from typing import Annotated

import typer

from fathom.cli.words import (
    Cache,
    Format,
    Json,
    Kinds,
    Missing,
    RunFolder,
    Source,
    Target,
    kinds,
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
    samples: Annotated[int | None, typer.Option(help="Judge so many drawn pictures.")] = None,
    json_: Json = False,
) -> None:
    """Print the stored result, or measure the run on new labelled data or more samples."""
    from fathom import api
    from fathom.console import show_report

    report = api.evaluate(run, data, samples=samples)
    write_json(report) if json_ else show_report(report)


def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...|DATA", help="Runs of the same data, or data.")
    ],
    families: Annotated[
        str | None, typer.Option(help="Train these on DATA: all, or names with commas.")
    ] = None,
    target: Target = None,
    task: Annotated[str | None, typer.Option(help="The question, e.g. regression.")] = None,
    budget: Annotated[str, typer.Option(help="Ceiling for each family.")] = "5m",
    updates: Annotated[
        int | None, typer.Option(min=1, help="Exact number of updates of each family.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws come from.")] = 0,
    out: Annotated[str | None, typer.Option(help="The folder of the runs.")] = None,
    cache: Cache = None,
    json_: Json = False,
) -> None:
    """Compare runs on the test rows they share, with paired tests; or all families on data."""
    from fathom import api
    from fathom.console import show_comparison
    from fathom.progress import listener

    if families is None:
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

"""The command `fathom`: words from the terminal to the verbs of the API, results to the
terminal.
"""

import json
import os
import signal
import sys
import time
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

STARTED = time.perf_counter()
STOPS = (signal.SIGINT, signal.SIGTERM)


class Verbs(TyperGroup):
    """The group of all verbs; it tells how to go on after Ctrl-C, where typer ends in silence."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            sys.stderr.write(f"\nfathom: stopped. {stop}".rstrip() + "\n")
            raise typer.Exit(130) from stop


app = typer.Typer(
    name="fathom",
    cls=Verbs,
    help="Raw data to a trained, honestly measured network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts three times as fast
)


def tell_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"fathom {version('fathom-dl')}\n")
        raise typer.Exit


@app.callback()
def fathom(
    version: Annotated[
        bool,
        typer.Option("--version", callback=tell_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Raw data to a trained, honestly measured network."""


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


@app.command()
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


@app.command()
def train(
    data: Source,
    target: Target = None,
    task: Annotated[str | None, typer.Option(help="The question, e.g. regression.")] = None,
    family: Annotated[str | None, typer.Option(help="The kind of network, e.g. mlp.")] = None,
    network: Annotated[
        str | None, typer.Option(help="The backbone of an autoencoder or vae.")
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
    by_time: Annotated[str | None, typer.Option("--time", help="Date column to split by.")] = None,
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

    words = {
        "task": task,
        "family": family,
        "network": network,
        "cell": cell,
        "extract": extract,
        "code": code,
        "normal": normal,
        "updates": updates,
        "seed": seed,
        "out": out,
        "test": test,
        "split": split,
        "group": group,
        "folds": folds,
        "time": by_time,
        "horizon": horizon,
        "pattern": pattern,
        "kinds": kinds(column) or None,
        "missing": tuple(missing or ()) or None,
        "as_format": as_format,
        "cache": cache,
    }
    run = api.train(
        data,
        target=target or (),
        budget=budget,
        recipe=recipe,
        accept=accept_changes,
        listener=listener(programs=json_),
        started=STARTED,
        **{name: word for name, word in words.items() if word is not None},
    )
    show_result(run, programs=json_)


@app.command()
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


@app.command()
def predict(
    run: RunFolder,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Files or folders; none: what follows a series."),
    ] = None,
    out: Annotated[str | None, typer.Option(help="Write a .csv or .json file.")] = None,
    json_: Json = False,
) -> None:
    """Answer pictures, folders or tables."""
    from fathom.console import answer_file, beside, show_answers, show_pictures
    from fathom.run import load

    if out is not None:
        answer_file(out)
    loaded = load(run)
    show_answers(loaded.predict(inputs or []), out=out, programs=json_)
    if out is not None and loaded.keeps:
        show_pictures(loaded.reconstruct(inputs or []), beside(out), programs=json_)


@app.command()
def generate(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=1, help="How many texts or pictures.")] = 1,
    prompt: Annotated[str, typer.Option(help="What they begin with.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Most characters of each.")] = 500,
    temperature: Annotated[float, typer.Option(help="0: the best token each time.")] = 0.8,
    top_k: Annotated[int, typer.Option(help="Only the k best tokens; 0: all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Only the best that hold this probability.")] = 1.0,
    min_p: Annotated[float, typer.Option(help="Only those so probable beside the best.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws come from.")] = 0,
    out: Annotated[str, typer.Option(help="The folder that pictures go to.")] = "generated",
    wish: Annotated[str | None, typer.Option("--class", help="The class of pictures.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps to a picture.")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="How typical of its class a picture is; 1: as it comes.")
    ] = None,
    between: Annotated[
        tuple[str, str] | None, typer.Option(help="Two pictures: draw the way between them.")
    ] = None,
    json_: Json = False,
) -> None:
    """Write new text, as it comes, or draw new pictures."""
    from fathom.console import show_pictures, show_writing
    from fathom.decoding.tokens import Sampling
    from fathom.run import load

    loaded = load(run)
    if between is not None:
        show_pictures(loaded.between(*between, n), out, programs=json_)
        return
    if loaded.draws:
        pictures = loaded.draw(n, seed=seed, wish=wish, steps=steps, guidance=guidance)
        show_pictures(pictures, out, programs=json_)
        return
    options = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    writer = loaded.writer(options, seed=seed, length=length)
    show_writing(writer, prompt, n, programs=json_)


@app.command()
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


@app.command()
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
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws come from.")] = 0,
    out: Annotated[str | None, typer.Option(help="The folder of the runs.")] = None,
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
            seed=seed,
            out=out,
        )
    write_json(found) if json_ else show_comparison(found)


@app.command()
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


@app.command()
def samples(json_: Json = False) -> None:
    """List the sample data sets that come inside installed packages."""
    from fathom import api
    from fathom.console import show_table

    found = api.samples()
    write_json(found.to_dicts()) if json_ else show_table(found, "Samples")


@app.command()
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


def main() -> None:
    """Run the command; a user's error is one message and exit code 2, a signal ends it softly."""
    from fathom.errors import FathomError

    for number in STOPS:
        signal.signal(number, _end)
    try:
        app(standalone_mode=True)
    except FathomError as error:
        sys.stderr.write(f"fathom: {error}\n")
        sys.exit(error.code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _end(number: int, frame: object) -> None:
    """The first signal unwinds softly; a second one ends the process at once."""
    for each in STOPS:
        signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt

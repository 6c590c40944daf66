"""The verbs that use a run."""

from collections.abc import Mapping
from typing import Annotated

import typer

from fathom.cli.words import Json, RunFolder

BETWEEN = 8  # pictures, both ends included


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
    from fathom.console import beside, show_answers, show_forecasts, show_pictures, show_scores
    from fathom.places import table_file
    from fathom.run import load

    if out is not None:
        table_file(out)
    loaded = load(run)
    if loaded.forecasts:
        show_forecasts(loaded, inputs or [], out=out, programs=json_)
        return
    if loaded.watches:
        show_scores(loaded, inputs or [], out=out, programs=json_)
        return
    show_answers(loaded.predict(inputs or []), out=out, programs=json_)
    if out is not None and loaded.keeps:
        show_pictures(loaded.reconstruct(inputs or []), beside(out), programs=json_)


def generate(
    run: RunFolder,
    n: Annotated[
        int | None,
        typer.Option(
            "-n", min=1, help="How many texts, pictures, clips or rows: 1; 8 between two pictures."
        ),
    ] = None,
    prompt: Annotated[str, typer.Option(help="What they begin with.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Most characters of each.")] = 500,
    temperature: Annotated[float, typer.Option(help="0: the best token each time.")] = 0.8,
    top_k: Annotated[int, typer.Option(help="Only the k best tokens; 0: all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Only the best that hold this probability.")] = 1.0,
    min_p: Annotated[float, typer.Option(help="Only those so probable beside the best.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws come from.")] = 0,
    out: Annotated[
        str, typer.Option(help="The folder, or the .csv file of rows, for what is drawn.")
    ] = "generated",
    wish: Annotated[
        str | None, typer.Option("--class", help="The class of all that is drawn.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps to a picture, clip or row.")
    ] = None,
    guidance: Annotated[
        float | None, typer.Option(help="How typical of its class each is; 1: as it comes.")
    ] = None,
    between: Annotated[
        tuple[str, str] | None, typer.Option(help="Two pictures: draw the way between them.")
    ] = None,
    json_: Json = False,
) -> None:
    """Write new text, as it comes, or draw new pictures, clips or rows of a table."""
    from fathom.console import show_drawn, show_pictures, show_writing
    from fathom.decoding.tokens import Sampling
    from fathom.explain.wording import plural
    from fathom.run import load

    loaded = load(run)
    drawing = {"--class": wish, "--steps": steps, "--guidance": guidance}
    if between is not None:
        refuse("goes from one picture to another", {**drawing, "--prompt": prompt})
        show_pictures(loaded.between(*between, n or BETWEEN), out, programs=json_)
        return
    count = n or 1
    if loaded.items:
        refuse(f"draws {loaded.items}", {"--prompt": prompt})
        files = loaded.draw_into(out, count, seed=seed, wish=wish, steps=steps, guidance=guidance)
        show_drawn(files, plural(count, loaded.items), programs=json_)
        return
    refuse("writes text", drawing if loaded.writes else {})
    options = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    writer = loaded.writer(options, seed=seed, length=length)
    show_writing(writer, prompt, count, programs=json_)


def refuse(does: str, options: Mapping[str, object]) -> None:
    """Raise OptionError where options were given that mean nothing to what the run does."""
    from fathom.errors import OptionError

    given = [name for name, value in options.items() if value not in (None, "")]
    if given:
        raise OptionError(
            f"What {does} takes no such option.",
            found=" and ".join(given),
            remedy="Leave that out.",
        )

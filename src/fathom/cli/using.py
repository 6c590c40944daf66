"""The verbs that use a run."""

from collections.abc import Mapping
from typing import Annotated

import typer

from fathom.cli.words import Json, RunFolder, Seed


def predict(
    run: RunFolder,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Files or folders; none: what follows a series."),
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a .csv or .json file.")
    ] = None,
    json_: Json = False,
) -> None:
    """Answer new data: files, folders or tables like those of the training."""
    from fathom.console import answer_file, beside, show_answers, show_pictures
    from fathom.run import load

    if out is not None:
        answer_file(out)
    loaded = load(run)
    show_answers(loaded.predict(inputs or []), out=out, programs=json_)
    if out is not None and loaded.keeps:
        show_pictures(loaded.reconstruct(inputs or []), beside(out), programs=json_)


def generate(
    run: RunFolder,
    n: Annotated[
        int,
        typer.Option("-n", min=1, metavar="N", help="How many texts, pictures, sounds or rows."),
    ] = 1,
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="What a text begins with.")] = "",
    length: Annotated[
        int, typer.Option(min=1, metavar="N", help="Most characters of a text.")
    ] = 500,
    temperature: Annotated[
        float, typer.Option(metavar="X", help="How bold a text is; 0: the likeliest each time.")
    ] = 0.8,
    top_k: Annotated[
        int, typer.Option(metavar="N", help="Choose among the N likeliest tokens; 0: all.")
    ] = 0,
    top_p: Annotated[
        float,
        typer.Option(metavar="X", help="Choose among the likeliest that hold this probability."),
    ] = 1.0,
    min_p: Annotated[
        float,
        typer.Option(metavar="X", help="Choose among those that are so likely beside the best."),
    ] = 0.05,
    seed: Seed = 0,
    out: Annotated[
        str,
        typer.Option(
            metavar="PLACE", help="The folder, or the .csv file of rows, for what is drawn."
        ),
    ] = "generated",
    wish: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="The class of all that is drawn.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Steps to a picture, sound or row.")
    ] = None,
    guidance: Annotated[
        float | None,
        typer.Option(metavar="X", help="How typical of its class a picture is; 1: as it comes."),
    ] = None,
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two pictures: draw the way between them."),
    ] = None,
    json_: Json = False,
) -> None:
    """Write new text, as it comes, or draw new pictures, sounds or rows of a table."""
    from fathom.console import rows_file, show_drawn, show_pictures, show_rows, show_writing
    from fathom.decoding.tokens import Sampling
    from fathom.run import load

    loaded = load(run)
    if loaded.writes:
        refuse_given("writes", {"--class": wish, "--steps": steps, "--guidance": guidance})
    elif loaded.draws or loaded.lists:
        refuse_given("draws", {"--prompt": prompt or None})
    if between is not None:
        show_pictures(loaded.between(*between, n), out, programs=json_)
        return
    if loaded.lists:
        place = rows_file(out)
        rows = loaded.rows(n, seed=seed, wish=wish, steps=steps, guidance=guidance)
        show_rows(rows, place, programs=json_)
        return
    if loaded.draws:
        pictures = loaded.draw(n, seed=seed, wish=wish, steps=steps, guidance=guidance)
        show_drawn(loaded.write_drawn(pictures, out), out, programs=json_)
        return
    options = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    writer = loaded.writer(options, seed=seed, length=length)
    show_writing(writer, prompt, n, programs=json_)


def refuse_given(does: str, given: Mapping[str, object]) -> None:
    """Raise OptionError where an option was given that means nothing to a run."""
    from fathom.errors import OptionError

    named = [option for option, value in given.items() if value is not None]
    if named:
        raise OptionError(
            f"A run that {does} takes no {' and no '.join(named)}.", remedy="Leave it out."
        )

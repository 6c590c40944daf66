"""The command `fathom`: words from the terminal to the verbs of the API, results to the
terminal.
"""

import os
import signal
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fathom.cli.adding import augment
from fathom.cli.looking import compare, doctor, evaluate, inspect, samples
from fathom.cli.training import resume, train
from fathom.cli.using import generate, predict

STOPS = (signal.SIGINT, signal.SIGTERM)
VERBS = (inspect, train, resume, predict, generate, augment, evaluate, compare, samples, doctor)


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


for verb in VERBS:
    app.command()(verb)


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

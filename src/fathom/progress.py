"""A training's decisions and progress to the terminal: a live bar, plain lines elsewhere, JSON for
programs.

Apart from `console`: it needs everything that trains, which an answer should not wait for.
"""

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fathom.console import put, words
from fathom.train.listener import Listener, Tick
from fathom.visible import visible

PLAIN_EVERY_S = 5.0


def listener(*, programs: bool) -> Listener:
    """What shows a training: JSON lines, a live bar, or plain lines."""
    if programs:
        return JsonLines()
    console = Console(stderr=True, highlight=False)
    return Live(console) if console.is_terminal else Plain()


class JsonLines(Listener):
    """One JSON object a line on standard output."""

    def say(self, line: str) -> None:
        """A decision, as {"say": ...}."""
        put(json.dumps({"say": line}, ensure_ascii=False))

    def tick(self, tick: Tick) -> None:
        """A validation, as log.jsonl has it, or an event; single updates are in log.jsonl alone."""
        told: dict[str, Any] = {}
        if tick.value is not None:
            told["metrics"] = {tick.metric: tick.value}  # one may be called loss, too
        if tick.event:
            told["event"] = tick.event
        if told:
            known = {"update": tick.update, "of": tick.updates, "loss": tick.loss}
            put(json.dumps(known | told))


class Plain(Listener):
    """Lines on standard error, progress at most every five seconds."""

    latest = 0.0

    def say(self, line: str) -> None:
        """A decision, as it is."""
        sys.stderr.write(visible(line) + "\n")

    def tick(self, tick: Tick) -> None:
        """Now and then a line of progress."""
        if time.monotonic() - self.latest < PLAIN_EVERY_S:
            return
        self.latest = time.monotonic()
        self.say(progress_line(tick))


class Live(Listener):
    """A bar with loss, latest validation metric and time left."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.bar: Progress | None = None
        self.task: Any = None
        self.metric = ""

    def say(self, line: str) -> None:
        """A decision above the bar."""
        self.console.print(Text(visible(line)))

    def tick(self, tick: Tick) -> None:
        """Move the bar."""
        if self.bar is None:
            self.bar = Progress(
                TextColumn("training"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TextColumn("{task.fields[told]}"),
                TimeRemainingColumn(),
                console=self.console,
                refresh_per_second=4,
            )
            self.task = self.bar.add_task("", total=tick.updates, told="")
            self.bar.start()
        if tick.value is not None:
            self.metric = f"{words(tick.metric)} {tick.value:.4g} on validation"
        self.bar.update(
            self.task, completed=tick.update, told=f"loss {tick.loss:.4g}  {self.metric}"
        )

    def done(self) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def progress_line(tick: Tick) -> str:
    """Progress as one plain line."""
    metric = ""
    if tick.value is not None:
        metric = f", {words(tick.metric)} {tick.value:.4g} on validation"
    return (
        f"update {tick.update:,} of {tick.updates:,}: loss {tick.loss:.4g}{metric}, "
        f"{tick.left_s:.0f} s left"
    )

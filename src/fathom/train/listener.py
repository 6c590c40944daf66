"""What a training tells while it goes; the command line draws it, Python stays silent by
default.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tick:
    """One sign of life: how far, the mean loss, the latest validation metric, seconds left."""

    update: int
    updates: int
    loss: float
    metric: str = ""
    value: float | None = None
    left_s: float = 0.0
    event: str = ""


@dataclass
class Listener:
    """Takes what is said; this one says nothing."""

    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """A decision or a result, one line of text."""
        self.lines.append(line)

    def tick(self, tick: Tick) -> None:
        """Progress, many times a second at most."""

    def done(self) -> None:
        """Training is over; a progress display may close."""

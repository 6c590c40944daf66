"""Validation results over time to what to do: keep this moment, start the decay, stop, or go on."""

from dataclasses import dataclass
from typing import Any, Literal

Advice = Literal["keep", "decay", "stop", ""]

RISING = 1.01
TOLERATED = 1.02


@dataclass
class Watch:
    """Remembers the best validation loss; its memory is JSON, so that a resumed run decides alike.

    With `patience` the best moment is kept and training stops after that many looks without gain.
    Without it the last moment counts, unless it is clearly (2 %) worse than the best; and a loss 1
    % above the best at three looks running, before the decay began, starts the decay from the best
    moment.
    """

    patience: int
    last: int
    decay_from: int
    best: float = float("inf")
    since: int = 0
    rising: int = 0
    decayed: bool = False

    def see(self, update: int, loss: float) -> Advice:
        """What a validation loss after an update asks for."""
        better = loss < self.best
        self.since = 0 if better else self.since + 1
        self.rising = self.rising + 1 if loss > RISING * self.best else 0
        if better or (update >= self.last and not self.patience and loss <= TOLERATED * self.best):
            self.best = min(self.best, loss)
            return "keep"
        if self.patience and self.since >= self.patience:
            return "stop"
        if not self.patience and not self.decayed and self.rising >= 3 and update < self.decay_from:
            self.decayed = True
            return "decay"
        return ""

    def numbers(self) -> dict[str, Any]:
        """Its memory as JSON."""
        best = self.best if self.best < float("inf") else None
        return {"best": best, "since": self.since, "rising": self.rising, "decayed": self.decayed}

    def restore(self, numbers: dict[str, Any]) -> None:
        """Go on from `numbers`."""
        self.best = float("inf") if numbers["best"] is None else numbers["best"]
        self.since, self.rising = numbers["since"], numbers["rising"]
        self.decayed = numbers["decayed"]

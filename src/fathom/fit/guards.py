"""Losses and gradient norms to decisions: go on, skip this update, go back and halve the rate,
give up.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import torch

from fathom.data.batches import Batch
from fathom.errors import ResourceError
from fathom.objectives import Loss, Objective

REMEMBERED = 50
SPIKE = 10.0
LASTING = 1.3


class Guards:
    """Keeps the last 50 norms and losses; all its memory is JSON, so that a resumed run decides
    alike.

    An update is skipped when its loss or gradient norm is not finite, or the norm exceeds ten
    times its running median and ten times the median of the first 50 (late in training, norms near
    zero jump by nature: a rare hard example is no accident). Three skips in 50 updates, or a mean
    loss above 1.3 times the best for 2 % of the updates, ask for going back.
    """

    most_halvings = 3

    def __init__(self, updates: int) -> None:
        self.updates = updates
        self.norms: dict[str, list[float]] = {}
        self.usual: dict[str, float] = {}
        self.skips: list[int] = []
        self.known: list[int] = []
        self.losses: list[float] = []
        self.lowest = math.inf
        self.high = 0
        self.seen = 0
        self.halvings = 0
        self.notes: list[str] = []

    @property
    def rate(self) -> float:
        """The factor on the rate after the halvings so far."""
        return 0.5**self.halvings

    def judge(self, step: str, update: int, losses: dict[str, float], norm: float) -> str:
        """Why this update must be skipped, or ""."""
        self.seen += 1
        norms = self.norms.setdefault(step, [])
        reason = ""
        if not all(math.isfinite(value) for value in losses.values()):
            reason = "the loss is not a finite number"
        elif not math.isfinite(norm):
            reason = "the gradient is not a finite number"
        elif len(norms) == REMEMBERED and norm > SPIKE * self.median(step):
            reason = f"gradient norm {norm:.3g}, over ten times its median"
        if reason and update not in self.known:
            self.skips.append(self.seen)
            self.known.append(update)
        if math.isfinite(norm):
            norms.append(norm)
            del norms[:-REMEMBERED]
            if len(norms) == REMEMBERED and step not in self.usual:
                self.usual[step] = statistics.median(norms)
        return reason

    def median(self, step: str) -> float:
        """The larger of the running median norm and that of the first 50."""
        return max(self.usual[step], statistics.median(self.norms[step]))

    def must_roll_back(self, losses: dict[str, float]) -> bool:
        """Three skips in 50 updates, or a lasting spike of the mean loss."""
        self.skips = [at for at in self.skips if at > self.seen - REMEMBERED]
        total = sum(losses.values())
        if math.isfinite(total):
            self.losses.append(total)
            del self.losses[:-REMEMBERED]
        if len(self.losses) == REMEMBERED:
            mean = statistics.fmean(self.losses)
            self.high = self.high + 1 if mean > LASTING * self.lowest + 1e-3 else 0
            self.lowest = min(self.lowest, mean)
        return len(self.skips) >= 3 or self.high > max(REMEMBERED, self.updates // 50)

    def halved(self) -> "Guards":
        """Fresh memory with one more halving; raises ResourceError after the third."""
        if self.halvings >= self.most_halvings:
            raise ResourceError(
                "Training does not hold: losses or gradients were not finite, or rose for good, "
                "even after the rate was halved three times.",
                remedy="Look at the skipped examples in log.jsonl; inputs of extreme size are the "
                "usual cause.",
            )
        fresh = Guards(self.updates)
        fresh.halvings = self.halvings + 1
        fresh.known = self.known
        return fresh

    def note(self, text: str) -> None:
        """Something the loop decided, to be told with the next update."""
        self.notes.append(text)

    def told(self) -> str:
        """The notes since the last call, joined."""
        text = "; ".join(self.notes)
        self.notes = []
        return text

    def numbers(self) -> dict[str, Any]:
        """All its memory, as JSON values."""
        return {
            "norms": self.norms,
            "usual": self.usual,
            "skips": self.skips,
            "known": self.known,
            "losses": self.losses,
            "lowest": self.lowest if math.isfinite(self.lowest) else None,
            "high": self.high,
            "seen": self.seen,
            "halvings": self.halvings,
        }

    @classmethod
    def from_numbers(cls, updates: int, numbers: dict[str, Any]) -> "Guards":
        """The guards that wrote `numbers`."""
        guards = cls(updates)
        guards.norms = {name: list(values) for name, values in numbers["norms"].items()}
        guards.usual = dict(numbers["usual"])
        guards.skips = list(numbers["skips"])
        guards.known = list(numbers["known"])
        guards.losses = list(numbers["losses"])
        guards.lowest = math.inf if numbers["lowest"] is None else numbers["lowest"]
        guards.high, guards.seen = numbers["high"], numbers["seen"]
        guards.halvings = numbers["halvings"]
        return guards


@torch.no_grad()
def culprits(
    objective: Objective, loss: Callable[[Batch], Loss], batch: Batch, most: int = 5
) -> list[int]:
    """Table rows whose own loss is not finite, found by halving the batch; at most `most`."""
    training = objective.training
    objective.eval()
    found: list[int] = []
    waiting = [batch]
    while waiting and len(found) < most:
        piece = waiting.pop()
        if bool(torch.isfinite(loss(piece).total)):
            continue
        if len(piece) == 1:
            found.append(int(piece.index[0]))
        else:
            waiting.extend(reversed(piece.split(2)))
    objective.train(training)
    return found

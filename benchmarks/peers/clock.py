"""Updates and looks at held-out data to a peer's result as a line of JSON; needs nothing."""

import json
import time


class Clock:
    """Seconds of training until a value reaches the bar; looking does not count.

    every: updates between two looks. lower: whether a lower value is better.
    """

    def __init__(self, bar: float, *, every: int, lower: bool = False) -> None:
        self.bar, self.every, self.lower = bar, every, lower
        self.training_s = 0.0
        self.updates = 0
        self.value = float("inf") if lower else 0.0
        self.started = time.perf_counter()

    def resume(self) -> None:
        """Training goes on."""
        self.started = time.perf_counter()

    def pause(self) -> None:
        """Training stands still."""
        self.training_s += time.perf_counter() - self.started

    def due(self) -> bool:
        """One more update is done; is it time to look?"""
        self.updates += 1
        return self.updates % self.every == 0

    def reached(self, value: float) -> bool:
        """Keep what was seen; is the bar reached?"""
        self.value = value
        return value <= self.bar if self.lower else value >= self.bar

    def tell(self) -> None:
        """Print the result for the benchmark to read."""
        result = {
            "training_s": round(self.training_s, 3),
            "updates": self.updates,
            "value": round(self.value, 5),
            "reached": self.reached(self.value),
        }
        print(json.dumps(result), flush=True)

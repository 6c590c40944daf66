"""An update's number to the factor on every rate: warm-up, constant, linear decay."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Trapezoid over `updates`: rises over the first `warmup`, falls over the last `decay` to
    `floor`.

    Warmup-stable-decay (Hu et al. 2024, arXiv:2404.06395, section 4): the decay can begin at any
    time, which is what early stopping and a time promise need. warmup, decay: shares of the
    updates.
    """

    updates: int
    warmup: float
    decay: float
    floor: float

    @property
    def decay_updates(self) -> int:
        """How many updates the decay takes."""
        return max(1, round(self.decay * self.updates)) if self.decay > 0 else 0

    def factor(self, update: int, end: int) -> float:
        """The factor for an update (0-based) of a training that ends after `end` updates."""
        warm = round(self.warmup * self.updates)
        if update < warm:
            return (update + 1) / (warm + 1)
        start = end - self.decay_updates
        if update < start or self.decay_updates == 0:
            return 1.0
        done = (update - start) / self.decay_updates
        return 1.0 - (1.0 - self.floor) * done

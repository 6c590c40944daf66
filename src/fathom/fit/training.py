"""The settings of a training loop, and the state from which it can go on."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Training:
    """How `fit` trains; every number is fixed before the first update.

    updates: how many; batch: examples per update; parts: a batch is scored in that many pieces.
    warmup, decay, floor: of the schedule; averaging: half-life of the averaged weights in updates.
    clip: largest gradient norm, 0 for none; rate: factor on every group's rate.
    evaluations: numbers of finished updates after which validation is looked at; valid_rows: how many of
    its rows, before the last one. patience: evaluations without gain that end the training, 0: never.
    checkpoint_every: updates between checkpoints. threads: 0 leaves torch's choice.
    """

    updates: int
    batch: int
    seed: int = 0
    parts: int = 1
    warmup: float = 0.02
    decay: float = 0.5
    floor: float = 0.05
    averaging: float = 0.0
    clip: float = 1.0
    rate: float = 1.0
    evaluations: tuple[int, ...] = ()
    valid_rows: int = 5000
    patience: int = 0
    checkpoint_every: int = 100
    threads: int = 0


@dataclass
class State:
    """Everything the loop needs to go on: named tensors, and numbers that JSON can hold."""

    tensors: dict[str, Tensor]
    numbers: dict[str, Any] = field(default_factory=dict)

    def under(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names start with `prefix/`, without it."""
        start = f"{prefix}/"
        return {n.removeprefix(start): t for n, t in self.tensors.items() if n.startswith(start)}

    def nested(self, prefix: str) -> "State | None":
        """A state stored inside this one, if there is one."""
        numbers = self.numbers.get(prefix)
        return None if numbers is None else State(self.under(prefix), dict(numbers))

    def nest(self, prefix: str, inner: "State") -> None:
        """Store a state inside this one."""
        self.tensors |= {f"{prefix}/{name}": tensor for name, tensor in inner.tensors.items()}
        self.numbers[prefix] = inner.numbers

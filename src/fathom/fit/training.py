"""The settings of a training loop, and the state from which it can go on."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, Field
from torch import Tensor

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10**9)]


class Training(BaseModel, frozen=True, extra="forbid"):
    """How `fit` trains; every number is fixed before the first update.

    updates: how many; batch: examples per update; parts: a batch is scored in that many pieces.
    warmup, decay, floor: of the schedule; averaging: half-life of the averaged weights in updates.
    clip: largest gradient norm, 0 for none; rate: factor on every group's rate; memory: updates
    that a momentum looks back over at most, 0: as many as its group says.
    evaluations: numbers of finished updates after which validation is looked at, on `valid_rows`
    of its rows. patience: evaluations without gain that end the training, 0: never.
    checkpoint_every: updates between checkpoints. threads: of torch, since results depend on it.
    """

    updates: Count
    batch: Count
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    parts: Count = 1
    warmup: Share = 0.02
    decay: Share = 0.5
    floor: Share = 0.05
    averaging: Annotated[float, Field(ge=0, le=10**9)] = 0.0
    clip: Annotated[float, Field(ge=0, le=10**9)] = 1.0
    rate: Annotated[float, Field(gt=0, le=1000)] = 1.0
    memory: Annotated[float, Field(ge=0, le=10**9)] = 0.0
    evaluations: tuple[Count, ...] = ()
    valid_rows: Count = 5000
    patience: Annotated[int, Field(ge=0, le=10**6)] = 0
    checkpoint_every: Count = 100
    threads: Annotated[int, Field(ge=1, le=4096)] = 1


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

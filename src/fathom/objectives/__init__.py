"""What is learnt: an objective owns the loss and how the answer is read out. The contract."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.networks import Group

Tensors = dict[str, Tensor]
UNSET = 1e30  # a limit before `calibrate`: infinity would become nan when weights are averaged


@dataclass(frozen=True)
class Loss:
    """A sum and what it sums over, so that parts of a batch add up exactly.

    total: differentiable sum; count: number of scored items (weights add up here); parts: detached
    sums for the log.
    """

    total: Float[Tensor, ""]
    count: Float[Tensor, ""]
    parts: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One thing that a trained objective checked of itself, and whether it is as it should be."""

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Step:
    """One optimizer's turn: whose parameters move, and by which loss."""

    name: str
    module: nn.Module
    loss: Callable[[Batch], Loss]
    repeats: int = 1


class Objective(nn.Module):
    """Networks and what they learn.

    couples: an example's loss depends on others in the batch (BatchNorm, contrastive losses), so
    parts of a batch do not add up to the batch. slow: an answer takes many steps, so that during
    training validation looks at the loss alone. looks: passes through the network that an answer
    takes; 0 where their number is not known. untrained: how long a trained answer takes, as a share
    of an untrained one: what is written without knowing when to end takes about twice the steps.
    """

    couples = False
    slow = False
    looks = 0
    untrained = 0.6

    def initialise(self, batch: Batch) -> None:
        """See up to 5,000 training examples once, before the first update."""

    def loss(self, batch: Batch) -> Loss:
        """Score a batch; draws random numbers from torch's global generator only."""
        raise NotImplementedError

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """Answer prepared inputs with named tensors: `answer` and what else the task has."""
        raise NotImplementedError

    def closer(self, inputs: Tensors) -> Tensors:
        """What is too slow to be asked of every held-out row, for the few that it is asked of."""
        return {}

    def found(self) -> dict[str, Any]:
        """What it found out about itself when it was calibrated, for the report; "checks" are told
        as self-checks.
        """
        return {}

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Set temperature or interval widths, kept as buffers, from validation batches."""

    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Store what examples look like inside, for flags at prediction; most keep nothing."""

    def rehearsed(self, rows: int) -> int:
        """Slow answers that `remember` makes of its own on so many rows of validation."""
        return 0

    def checks(self) -> tuple[Check, ...]:
        """What the trained parts show of themselves, after `remember`; most check nothing."""
        return ()

    def steps(self) -> tuple[Step, ...]:
        """The turns of one update; most objectives have one."""
        return (Step("all", self, self.loss),)

    def groups(self) -> tuple[Group, ...]:
        """The update rule of every trainable parameter, by name."""
        raise NotImplementedError


@runtime_checkable
class Draws(Protocol):
    """An objective that draws new examples of the field `drawn` from noise alone.

    Noise comes from `data.seeds.noise`, by seed and number of each example, so that the same seed
    and number give the same example in a batch of any size.
    """

    drawn: str

    def draw(
        self, seed: int, numbers: Int[Tensor, " B"], options: Any = None
    ) -> Float[Tensor, "B ..."]:
        """Prepared examples, as the field's codec decodes them."""
        ...


@runtime_checkable
class Steered(Draws, Protocol):
    """One whose drawing can be chosen: by class, by number of steps."""

    def asked(self, words: Mapping[str, Any]) -> Any:
        """The options of `draw` for these words, `wish` being a class number from 1; raises
        OptionError for a word it has no use for.
        """
        ...


@runtime_checkable
class Paced(Draws, Protocol):
    """One that draws in as many steps as wished for. looks: of the network at a sample, usually."""

    looks: int

    def paces(self) -> Mapping[int, Any]:
        """Options of `draw` by how often the network is asked for a sample, the fewest first; the
        usual ones among them.
        """
        ...

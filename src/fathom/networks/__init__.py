"""Tensors to features; knows nothing of data, losses or tasks. This page is the contract of a
backbone.

Shape legend, used everywhere: B examples, T positions (grid cells, tokens, frames, ensemble
members; 1 for a row), D features, S positions of a memory, C channels, H W pixels, K classes, R
numbers, V vocabulary.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fathom.spec import Spec


class Features(NamedTuple):
    """What a backbone returns: values, and (H, W) of each grid in the order of T."""

    values: Float[Tensor, "B T D"]
    grids: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Group:
    """Parameters that one update rule serves, with the rates their network was designed for.

    `names` are relative to the module that returned the group. `rate` is multiplied by the
    schedule; `final` is the share of the rate left when the schedule ends; `until` is the share of
    the updates after which the group is frozen (1.0: never).
    """

    names: tuple[str, ...]
    rule: Literal["muon", "adamw", "nesterov"]
    rate: float
    momentum: float = 0.9
    second: float = 0.95
    weight_decay: float = 0.0
    normalise: bool = False
    until: float = 1.0

    def prefixed(self, prefix: str) -> "Group":
        """The same group as seen from a module that holds this one as `prefix`."""
        return replace(self, names=tuple(f"{prefix}.{name}" for name in self.names))

    def kept(self, names: Collection[str]) -> "Group":
        """The same group without the parameters that are not among `names`."""
        return replace(self, names=tuple(name for name in self.names if name in names))

    def remembering(self, updates: float) -> "Group":
        """The same group whose momentum looks back over so many updates at most; 0: as it is."""
        return replace(self, momentum=min(self.momentum, 1 - 1 / updates)) if updates else self


@dataclass(frozen=True)
class Head:
    """How a linear read-out on a backbone's pooled features wants to be built and trained.

    scale: factor on its scores; std: of the initial weights relative to 1 / sqrt(D) (0: all zero,
    so that the first loss is exactly its theory value); group: its update rule (names are filled
    in by the head).
    """

    scale: float = 1.0
    std: float = 0.0
    group: Group | None = None


@dataclass(frozen=True)
class Facts:
    """What a plan may depend on: the amount of data and of time, never the data themselves.

    examples: training examples; outputs: K classes or R numbers; seconds: time for all updates;
    gflops: the machine's speed on this kind of network, forward and backward, in 1e9 per second;
    mirrored: pictures told apart from their mirror image (then never flip); regression: no classes;
    tokens: of all training examples of the longest text field; memory: width of the features that a
    decoder looks at, 0: none; cell: the recurrence asked for; code: numbers of a code, 0: there is
    none.
    """

    examples: int
    outputs: int
    seconds: float
    gflops: float = 500.0
    mirrored: bool = False
    regression: bool = False
    tokens: int = 0
    memory: int = 0
    cell: str = ""
    code: int = 0


@dataclass(frozen=True)
class Plan:
    """What a network file proposes: its size, and how it wants to be trained.

    flops: of one training example (forward and backward), to turn seconds into updates before a
    probe. epochs: the most passes over the data that still help. warmup, decay: shares of the
    updates of the linear rise and fall of the rate; between them it is constant. floor: share of
    the rate at the end. averaging: half-life of the weights' moving average as a share of the
    updates; 0: none. patience: passes without gain on validation after which training ends; 0:
    never. short: a training of fewer updates than these goes faster and looks back less far
    (`recipe.haste`, `recipe.memory`); 0: never. resolutions: (share of updates until, scale of
    picture side) in order, () when constant. augment: strengths for data/augment.py by name.
    objective: constants such as label_smoothing.
    """

    size: Mapping[str, int | float | str | bool]
    batch: int
    epochs: float
    flops: float
    warmup: float = 0.02
    decay: float = 0.5
    floor: float = 0.05
    averaging: float = 0.05
    clip: float = 1.0
    patience: int = 0
    short: int = 0
    resolutions: tuple[tuple[float, float], ...] = ()
    augment: Mapping[str, float] = field(default_factory=dict)
    objective: Mapping[str, float] = field(default_factory=dict)

    @property
    def area(self) -> float:
        """Mean share of a picture's area that the training sees; `flops` counts only that."""
        return mean_area(self.resolutions)


def mean_area(resolutions: tuple[tuple[float, float], ...]) -> float:
    """The mean share of a picture's area over a training with these resolutions."""
    area, begun = 0.0, 0.0
    for until, scale in resolutions:
        area += (until - begun) * scale**2
        begun = until
    return area + 1 - begun


@runtime_checkable
class Backbone(Protocol):
    """A module that maps one prepared field to features of width `width`, in `members` copies.

    members: M ensemble members; T is then M and the heads hold weights per member; else 1.
    pooling: how T positions become one vector ("members" keeps them). head: of a read-out on top.
    couples: the features of one example depend on the others in the batch (BatchNorm).
    dtype: what it computes in, set by the recipe; it casts its own input, but never category ids.
    """

    width: int
    members: int
    pooling: Literal["mean", "max", "members"]
    head: Head
    couples: bool
    dtype: torch.dtype

    def __call__(
        self,
        x: Float[Tensor, "B ..."],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of a batch of one field."""
        ...

    def initialise(self, x: Tensor) -> None:
        """See up to 5,000 prepared training examples once (whitening, quantile bins, closed
        forms).
        """

    def groups(self) -> tuple[Group, ...]:
        """How each of the parameters wants to be updated; every trainable one exactly once."""


@runtime_checkable
class TextBackbone(Backbone, Protocol):
    """A backbone of tokens: the vectors of all V of them, (V, D), may be shared with a decoder."""

    embedding: nn.Embedding


class Memory(NamedTuple):
    """What a decoder may look at: an encoder's features and how many positions of each are real."""

    values: Float[Tensor, "B S D"]
    length: Int[Tensor, " B"]


@runtime_checkable
class Cache(Protocol):
    """What a decoder keeps of the positions it has seen, for B sequences at once."""

    def take(self, rows: Int[Tensor, " N"]) -> "Cache":
        """The cache of the given rows, in their order; a row may stand several times (beams)."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """A module that maps tokens to features which know no later token.

    width, head, dtype: as a backbone's. embedding: of the V tokens, (V, D), where the read-out may
    share its weight. With a cache, `y` holds only the positions after those the cache has seen; the
    call appends them, and features agree with those of the whole sequence in one call. Beyond the
    longest context it was planned for, the oldest positions are forgotten.
    """

    width: int
    head: Head
    dtype: torch.dtype
    embedding: nn.Embedding

    def __call__(
        self,
        y: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        memory: Memory | None = None,
        cache: Cache | None = None,
    ) -> Features:
        """Features of every position of `y`; positions from `length` on are padding."""
        ...

    def begin(self, batch: int, memory: Memory | None = None) -> Cache:
        """An empty cache for `batch` sequences; what the memory needs is computed here, once."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """How each of the parameters wants to be updated; every trainable one exactly once."""


@dataclass(frozen=True)
class Kind:
    """One entry of a network file's BACKBONES: how to plan a size and build it for one input
    kind.

    suits: whether it is a sound choice for such a field where nobody asked for a network.
    """

    plan: Callable[[Spec, Facts], Plan]
    build: Callable[[Spec, Mapping[str, int | float | str | bool]], nn.Module]
    suits: Callable[[Spec], bool] = lambda spec: True

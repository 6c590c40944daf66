"""Data, time and the speed of the machine to the plan of a network that draws."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from fathom.networks import Facts, Plan

FEW = 10_000  # examples, below which some features are left out inside
DROPOUT = 0.1
MOST_PASSES, MOST_SEEN = 400.0, 4e6  # of many pictures; all together of few


@runtime_checkable
class Sized(Protocol):
    """All numbers that define a network for pictures: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def flops(self, shape: tuple[int, ...]) -> float:
        """Multiplications and additions of one picture (H, W, C), forward and backward."""
        ...


Chosen = TypeVar("Chosen", bound=Sized)


def picture_plan(
    sizes: Iterable[Chosen],
    shape: tuple[int, ...],
    facts: Facts,
    wanted: Callable[[Chosen], float],
    *,
    updates: int = 400,
    least: int = 16,
) -> Plan:
    """The first of the sizes, the largest first, that still sees enough pictures (`wanted`) in the
    time there is; else the last. updates: as many as there are, with batches of `least` to 128.
    """
    work = facts.seconds * facts.gflops * 1e9
    for size in sizes:
        flops = size.flops(shape)
        seen = work / flops
        if seen >= wanted(size):
            break
    return usual_plan(
        asdict(size),
        flops=flops,
        batch=int(min(128, max(least, seen / updates), facts.examples)),
        epochs=MOST_PASSES if facts.examples > FEW else MOST_SEEN / facts.examples,
        augment={"flip": 0.0 if facts.mirrored or not facts.outputs else 1.0},
    )


def usual_plan(
    size: Mapping[str, int | float | str | bool],
    *,
    flops: float,
    batch: int,
    epochs: float,
    augment: Mapping[str, float],
) -> Plan:
    """How all of them are trained."""
    return Plan(
        size=size,
        batch=batch,
        epochs=epochs,
        flops=flops,
        warmup=0.03,
        decay=0.7,
        floor=0.02,
        averaging=0.05,
        clip=1.0,
        augment=augment,
    )


def dropout(facts: Facts) -> float:
    """The share of features left out while training: of few examples only."""
    return DROPOUT if facts.examples < FEW else 0.0

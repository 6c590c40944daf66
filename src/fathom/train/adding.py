"""A generator to drawn pictures of each class that are fit to be added to real ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.drawn.asking import MOST, drawn
from fathom.run import Run
from fathom.train.listener import Listener
from fathom.train.sampling import Sitting, sitting_of

TRIES = 3  # times as many are drawn as are wished for, at most


@dataclass(frozen=True)
class Added:
    """Drawn pictures (n, H, W, C) of a class, and how many were not good enough.

    near: the nearest training picture of each; ratio: how much nearer than the second.
    """

    name: str
    pixels: np.ndarray
    near: Sequence[str]
    ratio: np.ndarray
    repeated: int
    mistaken: int


@dataclass(frozen=True)
class Order:
    """A class to be drawn, and all that looks at what is drawn."""

    name: str
    number: int
    sitting: Sitting


def orders(run: Run, more: Mapping[str, int], listener: Listener, cache: str | None) -> list[Order]:
    """One for each class that is to grow, all with the same judge."""
    sitting = sitting_of(run, listener, cache)
    return [
        Order(name, number, sitting) for number, name in enumerate(run.classes, 1) if name in more
    ]


def of_class(order: Order, run: Run, count: int, listener: Listener) -> Added:
    """Pictures of a class that the judge takes for it and that repeat no training picture."""
    sitting, most = order.sitting, min(TRIES * count, MOST[run.items])
    pixels = drawn(run.commission(most, run.recipe.seed + 1, {"wish": order.name}))
    crowd = sitting.crowd(pixels, np.full(len(pixels), order.number))
    repeated = crowd.nearest.repeats
    mistaken = ~crowd.fields.get("agrees", np.ones(len(pixels), dtype=bool))
    kept = np.flatnonzero(~repeated & ~mistaken)[:count]
    near = crowd.nearest.row[kept]
    added = Added(
        order.name,
        pixels[kept],
        [sitting.prepared.table.origin(int(row)) for row in near],
        crowd.nearest.ratio[kept],
        int(repeated.sum()),
        int((mistaken & ~repeated).sum()),
    )
    if len(kept) < count:
        listener.say(f"{left_out(added)}: {len(kept):,} instead of {count:,} are added")
    return added


def left_out(one: Added) -> str:
    """How many pictures of a class were drawn in vain, and why."""
    return (
        f"{one.name}: {one.repeated:,} nearly repeat a training picture, {one.mistaken:,} look "
        "like another class"
    )

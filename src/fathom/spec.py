"""All that a network must know of the data: the kind, shape and classes of each prepared field."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """One field as it reaches a network.

    kind: the input kind a backbone declares ("row", "image", ...) or a target's ("category",
    "labels",
        "number").
    shape: of one prepared example: row (F,), image (H, W, C), category (), labels (K,), number
    (R,). classes: the names of the K classes of a category or of K labels, or of R numbers, in
    order. levels: row only: the last `len(levels)` of the F columns hold whole numbers below these
    bounds
        (categories; 0 is "unknown or missing"); the columns before them are real numbers.
    """

    kind: str
    shape: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()

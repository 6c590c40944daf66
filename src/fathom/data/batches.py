"""Stored tensors to batches: a resumable, seeded order, whole-batch indexing, augmentation, preparation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Examples stacked on the first axis.

    inputs, targets: field name to tensor (B, ...); a ragged field `x` comes with `x_length` (B,).
    index: row numbers in the table (B,). weight: optional importance of each example (B,).
    """

    inputs: Mapping[str, Tensor]
    targets: Mapping[str, Tensor]
    index: Int[Tensor, " B"]
    weight: Tensor | None = field(default=None)

"""What most backbones are, and how the small ones that read whole texts are built and trained."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from fathom.networks import Facts, Group, Head, Plan
from fathom.networks.scaling import RATE, rules

SMOOTHING = 0.1  # few texts are soon known by heart: doubt keeps later passes useful
SMALL = 0.1  # a rare token is met a few times: from small vectors these move it far enough


class Reader(nn.Module):
    """A backbone of one member that looks at no example beforehand: its positions are averaged.

    decay: what an update at full rate takes off a linear map.
    """

    members = 1
    couples = False
    pooling: Literal["mean"] = "mean"
    head = Head(group=Group((), "adamw", RATE))
    dtype = torch.float32
    decay = 0.0

    def initialise(self, x: Tensor) -> None:
        """Nothing depends on the data."""

    def groups(self) -> tuple[Group, ...]:
        """AdamW for all."""
        return rules(self, matrix_rate=0.0, decay=self.decay)


def small_embedding(tokens: int, width: int) -> nn.Embedding:
    """Vectors of `tokens` tokens, (V, D), short enough to be moved by the few texts there are."""
    embedding = nn.Embedding(tokens, width)
    nn.init.normal_(embedding.weight, std=SMALL)
    return embedding


def doubt(facts: Facts) -> dict[str, float]:
    """Smoothed labels, where there are labels."""
    return {"label_smoothing": SMOOTHING} if facts.outputs else {}


def reading(
    size: Mapping[str, int | float | str | bool],
    flops: float,
    objective: Mapping[str, float] = {},
) -> Plan:
    """How a network that reads a few thousand texts is trained: until validation gains no more."""
    return Plan(
        size,
        batch=64,
        epochs=20.0,
        flops=flops,
        warmup=0.05,
        decay=0.8,
        floor=0.0,
        patience=5,
        objective=objective,
    )

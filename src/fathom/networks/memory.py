"""What a decoder keeps between two calls, and how it looks at an encoder's features."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Memory
from fathom.networks.positions import Linear, real_positions


class Looked(NamedTuple):
    """A memory as attention reads it: what is compared, what is returned, what is padding."""

    keys: Float[Tensor, "B S D"]
    values: Float[Tensor, "B S E"]
    padding: Bool[Tensor, "B S"]

    def take(self, rows: Int[Tensor, " N"]) -> "Looked":
        """The memory of the given rows."""
        return Looked(*(tensor.index_select(0, rows) for tensor in self))


@dataclass
class StateCache:
    """The state of every layer, tensors (B, ...), and the memory; calls replace the states."""

    layers: list[tuple[Tensor, ...]]
    memory: Looked | None = None

    def take(self, rows: Int[Tensor, " N"]) -> "StateCache":
        """The cache of the given rows, in their order; a row may stand several times."""
        layers = [tuple(part.index_select(0, rows) for part in layer) for layer in self.layers]
        return StateCache(layers, self.memory and self.memory.take(rows))


class MemoryAttention(nn.Module):
    """Every position asks the memory once, after the last layer.

    Luong et al. 2015, equations 5, 7 and 8 ("general"), arXiv:1508.04025: a = softmax over s of
    (h_t W_a m_s), context = sum of a_s m_s, result = tanh(W_c [context; h_t]). Scores are divided
    by the root of the width, since both sides are normalised to unit variance.
    """

    def __init__(self, width: int, memory: int) -> None:
        super().__init__()
        self.keys = Linear(memory, width)
        self.join = Linear(memory + width, width)

    def look(self, memory: Memory) -> Looked:
        """What does not depend on the position that asks."""
        values, length = memory
        return Looked(self.keys(values), values, ~real_positions(values, length))

    def forward(self, x: Float[Tensor, "B T D"], memory: Looked) -> Float[Tensor, "B T D"]:
        """Each position with the part of the memory that answers it."""
        scores = x @ memory.keys.mT * x.shape[-1] ** -0.5  # (B, T, S)
        scores = scores.masked_fill(memory.padding[:, None], float("-inf"))
        weights = F.softmax(scores, dim=-1, dtype=torch.float32).to(x.dtype)
        return torch.tanh(self.join(torch.cat([weights @ memory.values, x], dim=-1)))


def looked(attention: MemoryAttention | None, memory: Memory | None) -> Looked | None:
    """What a decoder's attention compares; a decoder has attention exactly if it gets a memory."""
    if attention is None and memory is None:
        return None
    if attention is None or memory is None:
        has, gets = ("no", "one") if attention is None else ("an", "none")
        raise ValueError(
            f"the decoder has {has} attention over a memory and gets {gets}; build it with the "
            "memory's width as `memory` in its size, 0 where there is none"
        )
    return attention.look(memory)

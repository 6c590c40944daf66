"""What a decoder keeps between two calls, and how it looks at an encoder's features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Features, Group, Head, Memory
from fathom.networks.positions import Linear, normalised, real_positions
from fathom.networks.scaling import EMBEDDING_RATE, Trained, rules
from fathom.networks.sharing import apart, taken, together

State = tuple[Tensor, ...]


class Looked(NamedTuple):
    """A memory as attention reads it: what is compared, what is returned, what is padding.

    each: rows that look at each example, as in `sharing`.
    """

    keys: Float[Tensor, "M S D"]
    values: Float[Tensor, "M S E"]
    padding: Bool[Tensor, "M S"]
    each: int = 1

    def take(self, rows: Int[Tensor, " N"]) -> "Looked":
        """The memory of the given rows."""
        every = (self.keys, self.values, self.padding)
        (keys, values, padding), each = taken(every, rows, self.each)
        return Looked(keys, values, padding, each)


@dataclass
class StateCache:
    """The state of every layer, tensors (B, ...), and the memory; calls replace the states."""

    layers: list[State]
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
        x = together(x, memory.each)
        scores = x @ memory.keys.mT * x.shape[-1] ** -0.5  # (M, T, S)
        scores = scores.masked_fill(memory.padding[:, None], float("-inf"))
        weights = F.softmax(scores, dim=-1, dtype=torch.float32).to(x.dtype)
        found = torch.tanh(self.join(torch.cat([weights @ memory.values, x], dim=-1)))
        return apart(found, memory.each)


class StateDecoder(nn.Module):
    """A decoder that carries states from position to position and asks a memory once, at the end.

    A subclass makes `embedding`, its layers and, by `attention_to`, `attention`; it says how states
    begin and how they are carried.
    """

    head = Head(group=Group((), "adamw", EMBEDDING_RATE))
    dtype = torch.float32
    size: Trained
    embedding: nn.Embedding
    attention: MemoryAttention | None

    def carried(
        self, tokens: Int[Tensor, "B T"], states: Sequence[State]
    ) -> tuple[Float[Tensor, "B T D"], list[State]]:
        """Features of every position, and each layer's state after the last."""
        raise NotImplementedError

    def beginnings(self, batch: int) -> list[State]:
        """Each layer's state before the first position."""
        raise NotImplementedError

    def forward(
        self,
        y: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        memory: Memory | None = None,
        cache: StateCache | None = None,
    ) -> Features:
        """Features of every position; a cache goes on where it was left, and moves along."""
        cache = self.begin(len(y), memory) if cache is None else cache
        x, cache.layers = self.carried(y, cache.layers)
        if self.attention is None or cache.memory is None:
            return Features(x)
        return Features(self.attention(x, cache.memory))

    def begin(self, batch: int, memory: Memory | None = None) -> StateCache:
        """The states before the first position, and what attention compares of the memory."""
        return StateCache(self.beginnings(batch), looked(self.attention, memory))

    def embed(self, y: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """Vectors of unit size."""
        return normalised(self.embedding(y).to(self.dtype))

    def groups(self) -> tuple[Group, ...]:
        """Muon or AdamW for linear maps, AdamW for all else, faster for the embedding."""
        return rules(self, matrix_rate=self.size.matrix_rate, decay=self.size.decay)


def attention_to(width: int, memory: int) -> MemoryAttention | None:
    """Attention to a memory of that many features, None where there is none."""
    return MemoryAttention(width, memory) if memory else None


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

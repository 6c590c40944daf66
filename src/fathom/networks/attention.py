"""Positions (B, T, D) to what each gathers from the positions that it finds relevant: attention.

A position asks by its query; every position offers a key and gives a value. How well a key answers
a query decides how much of the value is taken. Order is told by turning queries and keys, a mask
hides what must not be seen, and a decoder keeps the keys and values of what it has read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fathom.networks import Cache
from fathom.networks.positions import Linear, normalised
from fathom.networks.sharing import apart, taken, together

SLOWEST = 10_000.0  # turns of the slowest pair, as a wavelength in positions
Table = tuple[Tensor, Tensor]
"""Cosines and signed sines of positions."""


@dataclass(frozen=True)
class Rotary:
    """Turn pairs of features by angles that grow with the position.

    Pair i of d / 2 turns by position x SLOWEST^(-2 i / d) (Su et al. 2021, equation 15).
    """

    head: int

    def table(self, start: int, count: int, like: Tensor) -> Table:
        """Cosines, and sines with their signs, (T, 1, d) of positions start, start + 1, ..., in the
        type of `like`.
        """
        pairs = torch.arange(0, self.head, 2, device=like.device).float()
        places = torch.arange(start, start + count, device=like.device).float()
        angle = places[:, None, None] * SLOWEST ** (-pairs / self.head)
        cosine, sine = angle.cos(), angle.sin()
        return torch.cat((cosine, cosine), -1).to(like), torch.cat((-sine, sine), -1).to(like)


class _Turned(torch.autograd.Function):
    """A turn keeps lengths: its gradient is the turn back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        return turn(x, cosine, sine)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return turn(gradients[0], cosine, -sine), None, None


def turn(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Each pair (x_i, x_{i + d / 2}) of (B, T, H, d) turned, in as few passes as can be."""
    first, second = x.chunk(2, dim=-1)
    return (x * cosine).add_(torch.cat((second, first), dim=-1).mul_(sine))


def turned(x: Float[Tensor, "B T H d"], table: Table) -> Float[Tensor, "B T H d"]:
    """Each pair turned by its position's angle."""
    found: Tensor = _Turned.apply(x, *table)  # type: ignore[no-untyped-call]
    return found


def attend(
    query: Float[Tensor, "B T H d"],
    key: Float[Tensor, "B S H d"],
    value: Float[Tensor, "B S H d"],
    mask: Float[Tensor, "*B #T S"] | None,
) -> Float[Tensor, "B T D"]:
    """softmax(Q K^T / sqrt(d) + mask) V, the heads side by side; -inf in the mask hides.

    The weights of one position are positive and sum to one: it reads a mean of the values, weighted
    by how well their keys answer its query (Vaswani et al. 2017, equation 1). Written out: up to
    some hundred positions the fused kernel takes twice to four times as long on a processor.
    """
    heads = query.shape[2]
    query, key, value = (x.transpose(1, 2).flatten(0, 1) for x in (query, key, value))
    scale = query.shape[-1] ** -0.5
    if mask is None:
        scores = query @ key.mT * scale
    else:
        every = mask if mask.ndim == 2 else mask.repeat_interleave(heads, 0)
        scores = torch.baddbmm(every, query, key.mT, alpha=scale)  # (B H, T, S)
    found = scores.softmax(dim=-1) @ value
    together: Tensor = found.unflatten(0, (-1, heads)).transpose(1, 2).flatten(2)
    return together


def by_head(x: Float[Tensor, "B S H d"]) -> Float[Tensor, "B S H d"]:
    """The same, a head's numbers side by side in memory: `attend` reads them without a copy.

    Keys and values that are looked at again and again are kept so.
    """
    return x.transpose(1, 2).contiguous().transpose(1, 2)


class Attention(nn.Module):
    """Each position asks (query), each is found by what it offers (key) and gives (value)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.all = Linear(width, 3 * width, stack=3)
        self.out = Linear(width, width, silent=True)

    def forward(self, x: Float[Tensor, "B T D"], sight: "Sight") -> Float[Tensor, "B T D"]:
        """What each position gathers from those that it sees."""
        every = self.all(x).unflatten(-1, (3 * self.heads, -1))  # (B, T, 3 H, d)
        pointers, value = every.split((2 * self.heads, self.heads), dim=2)
        pointers = turned(normalised(pointers), sight.table)
        query, key = pointers.chunk(2, dim=2)
        found = attend(query, *sight.recall(self, key, value), sight.mask)
        mixed: Tensor = self.out(found)
        return mixed


class Look(nn.Module):
    """The same with a memory: positions ask, an encoder's features offer and give."""

    def __init__(self, width: int, heads: int, memory: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = Linear(width, width)
        self.offer = Linear(memory, 2 * width, stack=2)
        self.out = Linear(width, width, silent=True)

    def offered(self, memory: Float[Tensor, "B S E"]) -> tuple[Tensor, Tensor]:
        """Keys and values (B, S, H, d) of a memory."""
        key, value = self.offer(normalised(memory)).unflatten(-1, (2, self.heads, -1)).unbind(2)
        return by_head(normalised(key)), by_head(value)

    def forward(self, x: Float[Tensor, "B T D"], memory: "Offered") -> Float[Tensor, "B T D"]:
        """What each position gathers from the memory."""
        query = normalised(self.ask(x).unflatten(-1, (self.heads, -1)))
        found = attend(together(query, memory.each), *memory.pairs[self], memory.mask)
        mixed: Tensor = self.out(apart(found, memory.each))
        return mixed


@dataclass(frozen=True)
class Offered:
    """An encoder's memory as each layer sees it: keys and values, computed once, and a mask.

    each: rows that look at each example, as in `sharing`.
    """

    pairs: Mapping[nn.Module, tuple[Tensor, Tensor]]
    mask: Float[Tensor, "M 1 S"]
    each: int = 1

    def take(self, rows: Int[Tensor, " N"]) -> "Offered":
        """The memory of the given rows."""
        every = [part for pair in self.pairs.values() for part in pair]
        (mask, *parts), each = taken((self.mask, *every), rows, self.each)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return Offered(dict(zip(self.pairs, pairs, strict=True)), mask, each)


@dataclass
class Remembered(Cache):
    """Keys and values of the positions that a decoder has seen, in a ring of `longest` places.

    pairs: of each attention, (B, longest, H, d), laid out as `by_head` does. seen: how many
    positions.
    """

    pairs: dict[nn.Module, tuple[Tensor, Tensor]]
    seen: int = 0
    memory: Offered | None = None

    def take(self, rows: Int[Tensor, " N"]) -> "Remembered":
        """The cache of the given rows, in their order."""
        pairs = {
            layer: (self._filled(key, rows), self._filled(value, rows))
            for layer, (key, value) in self.pairs.items()
        }
        memory = None if self.memory is None else self.memory.take(rows)
        return Remembered(pairs, self.seen, memory)

    def _filled(
        self, places: Float[Tensor, "B S H d"], rows: Int[Tensor, " N"]
    ) -> Float[Tensor, "N S H d"]:
        """The places of the given rows; those that hold nothing yet are not copied."""
        kept = places.transpose(1, 2)[:, :, : self.seen]
        found = places.new_empty(len(rows), places.shape[2], places.shape[1], places.shape[3])
        found[:, :, : self.seen] = kept[rows]
        return found.transpose(1, 2)


@dataclass(frozen=True)
class Sight:
    """What positions of one call may see: their turns, the mask, and the cache."""

    table: Table
    mask: Float[Tensor, "*B #T S"] | None
    cache: Remembered | None = None

    def recall(self, layer: nn.Module, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of all positions to look at; new ones are written into the cache."""
        if self.cache is None:
            return key, value
        keys, values = self.cache.pairs[layer]
        longest, seen, count = keys.shape[1], self.cache.seen, key.shape[1]
        place = seen % longest
        keys[:, place : place + count] = key
        values[:, place : place + count] = value
        filled = min(seen + count, longest)
        return keys[:, :filled], values[:, :filled]


def padding(count: int, length: Int[Tensor, " B"], dtype: torch.dtype) -> Float[Tensor, "B 1 S"]:
    """-inf for those of `count` positions that lie beyond each text's end; the first is kept."""
    beyond = torch.arange(count, device=length.device) >= length.clamp_min(1)[:, None]
    return torch.zeros_like(beyond, dtype=dtype).masked_fill(beyond, -torch.inf)[:, None]


def later(count: int, total: int, like: Tensor) -> Float[Tensor, "T S"]:
    """-inf for those of `total` positions that each of the last `count` must not see: the later."""
    return like.new_full((count, total), -torch.inf).triu(1 + total - count)

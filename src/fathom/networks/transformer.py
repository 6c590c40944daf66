"""Tokens to features in which every position has looked at others: the transformer.

Vaswani et al. 2017 (arXiv:1706.03762) in its present form. A token becomes a vector; then layers
of two steps follow, each added to what was there: *attention*, by which a position gathers from
the positions it finds relevant, and a small network that works on each position alone. An encoder
sees the whole text. A decoder sees only what came before, so that it can be trained to say what
comes next at all positions at once, and may look at an encoder's memory as well.

What differs from 2017, and why:
- vectors are normalised before each step, not after it (Xiong et al. 2020, arXiv:2002.04745):
  deep stacks train without a slow start;
- order is told by turning queries and keys by an angle that grows with the position (rotary
  positions, Su et al. 2021, arXiv:2104.09864): a score depends on the distance alone;
- queries and keys are normalised (Henry et al. 2020, arXiv:2010.04245): scores stay bounded;
- relu(x)^2 between the two products of the small network (So et al. 2021, arXiv:2109.08668);
- branches start silent, at zero.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Cache, Facts, Features, Group, Head, Kind, Memory, Plan
from fathom.networks.positions import Linear, normalised, squared_relu
from fathom.networks.scaling import EMBEDDING_RATE, MATRIX_RATE, rules, scaled
from fathom.spec import Spec

HEAD = 64
DEEPER = 320  # the width from which six layers learn more than four
SLOWEST = 10_000.0  # turns of the slowest pair, as a wavelength in positions


@dataclass(frozen=True)
class Size:
    """All numbers that define a transformer for text.

    width: D; layers; heads: parts of D that attend apart; hidden: of the small network; longest:
    positions it is planned for; dropout: share of each branch's values that training leaves out;
    matrix_rate: Muon's, 0 for AdamW; decay: what an update takes off a matrix; memory: width of an
    encoder's features to look at, 0: none.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    longest: int
    dropout: float = 0.0
    matrix_rate: float = MATRIX_RATE
    decay: float = 0.002
    memory: int = 0

    @property
    def matrices(self) -> int:
        """Numbers in the matrices that every token passes."""
        attention = 4 * self.width**2
        look = 2 * self.width * (self.width + self.memory) if self.memory else 0
        return self.layers * (attention + look + 2 * self.width * self.hidden)


@dataclass(frozen=True)
class Rotary:
    """Turn pairs of features by angles that grow with the position.

    Pair i of d / 2 turns by position x SLOWEST^(-2 i / d) (Su et al. 2021, equation 15).
    """

    head: int

    def table(self, start: int, count: int, like: Tensor) -> "Table":
        """Cosines, and sines with their signs, (T, 1, d) of positions start, start + 1, ..., in the
        type of `like`.
        """
        pairs = torch.arange(0, self.head, 2, device=like.device).float()
        places = torch.arange(start, start + count, device=like.device).float()
        angle = places[:, None, None] * SLOWEST ** (-pairs / self.head)
        cosine, sine = angle.cos(), angle.sin()
        return torch.cat((cosine, cosine), -1).to(like), torch.cat((-sine, sine), -1).to(like)


Table = tuple[Tensor, Tensor]


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
        mixed: Tensor = self.out(attend(query, *memory.pairs[self], memory.mask))
        return mixed


class Layer(nn.Module):
    """Attention to the own text, to a memory where there is one, and a small network."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.attention = Attention(size.width, size.heads)
        self.look = Look(size.width, size.heads, size.memory) if size.memory else None
        self.expand = Linear(size.width, size.hidden)
        self.shrink = Linear(size.hidden, size.width, silent=True)
        self.dropout = size.dropout

    def forward(
        self, x: Float[Tensor, "B T D"], sight: "Sight", memory: "Offered | None"
    ) -> Float[Tensor, "B T D"]:
        """One layer: what each step finds is added to `x`."""
        x = x + self.drop(self.attention(normalised(x), sight))
        if self.look is not None and memory is not None:
            x = x + self.drop(self.look(normalised(x), memory))
        return x + self.drop(self.shrink(squared_relu(self.expand(normalised(x)))))

    def drop(self, x: Tensor) -> Tensor:
        """Leave out a share of a branch while training (Srivastava et al. 2014)."""
        return F.dropout(x, self.dropout, self.training)


@dataclass(frozen=True)
class Offered:
    """An encoder's memory as each layer sees it: keys and values, computed once, and a mask."""

    pairs: Mapping[nn.Module, tuple[Tensor, Tensor]]
    mask: Float[Tensor, "B 1 S"]

    def take(self, rows: Tensor) -> "Offered":
        """The memory of the given rows."""
        pairs = {layer: (key[rows], value[rows]) for layer, (key, value) in self.pairs.items()}
        return Offered(pairs, self.mask[rows])


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
        pairs = {layer: (key[rows], value[rows]) for layer, (key, value) in self.pairs.items()}
        memory = None if self.memory is None else self.memory.take(rows)
        return Remembered(pairs, self.seen, memory)


@dataclass(frozen=True)
class Sight:
    """What positions of one call may see: their turns, the mask, and the cache."""

    table: tuple[Tensor, Tensor]
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


class Stack(nn.Module):
    """What encoder and decoder share: the embedding and the layers."""

    members = 1
    couples = False
    pooling: Literal["mean"] = "mean"

    def __init__(self, vocabulary: int, size: Size) -> None:
        super().__init__()
        self.size = size
        self.width = size.width
        self.dtype = torch.float32
        self.head = Head(group=Group((), "adamw", EMBEDDING_RATE))
        self.embedding = nn.Embedding(vocabulary, size.width)
        self.rotary = Rotary(size.width // size.heads)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))

    def stack(self) -> list[Layer]:
        """The layers, seen as what they are."""
        return list(self.layers)  # type: ignore[arg-type]

    def embed(self, y: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """Vectors of unit size."""
        x = normalised(self.embedding(y).to(self.dtype))
        return F.dropout(x, self.size.dropout, self.training)

    def run(self, x: Tensor, sight: Sight, memory: Offered | None = None) -> Tensor:
        """All layers."""
        for layer in self.stack():
            x = layer(x, sight, memory)
        return normalised(x)

    def initialise(self, x: Tensor) -> None:
        """Nothing is learnt from examples beforehand."""

    def groups(self) -> tuple[Group, ...]:
        """Muon for the matrices of the layers, AdamW for embeddings."""
        return rules(self, matrix_rate=self.size.matrix_rate, decay=self.size.decay)


class Encoder(Stack):
    """A text in which every position sees every other."""

    def forward(
        self,
        x: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of every position; padding is seen by none."""
        mask = None if length is None else padding(x.shape[1], length, self.dtype)
        features = self.embed(x)
        sight = Sight(self.rotary.table(0, x.shape[1], features), mask)
        return Features(self.run(features, sight))


class Decoder(Stack):
    """A text in which a position sees itself and what came before it, and a memory."""

    def forward(
        self,
        y: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        memory: Memory | None = None,
        cache: Cache | None = None,
    ) -> Features:
        """Features of every position; padding follows the text, so that nothing sees it."""
        if isinstance(cache, Remembered):
            return self.go_on(y, cache)
        x, count = self.embed(y), y.shape[1]
        sight = Sight(self.rotary.table(0, count, x), later(count, count, x))
        return Features(self.run(x, sight, self.offered(memory)))

    def begin(self, batch: int, memory: Memory | None = None) -> Remembered:
        """An empty cache; each layer's keys and values of the memory are computed here."""
        size, device = self.size, self.embedding.weight.device
        shape = (2, batch, size.heads, size.longest, size.width // size.heads)
        pairs: dict[nn.Module, tuple[Tensor, Tensor]] = {}
        for layer in self.stack():
            keys, values = torch.zeros(shape, dtype=self.dtype, device=device).transpose(2, 3)
            pairs[layer.attention] = (keys, values)
        return Remembered(pairs, memory=self.offered(memory))

    def go_on(self, y: Int[Tensor, "B T"], cache: Remembered) -> Features:
        """Features of the positions after those in the cache."""
        count, longest = y.shape[1], self.size.longest
        if count > 1 and cache.seen + count > longest:  # a full ring forgets place by place
            return Features(
                torch.cat([self.go_on(t, cache).values for t in torch.split(y, 1, dim=1)], 1)
            )
        x = self.embed(y)
        mask = later(count, cache.seen + count, x) if count > 1 else None
        sight = Sight(self.rotary.table(cache.seen, count, x), mask, cache)
        x = self.run(x, sight, cache.memory)
        cache.seen += count
        return Features(x)

    def offered(self, memory: Memory | None) -> Offered | None:
        """A memory as keys and values of every layer."""
        if memory is None:
            return None
        values = memory.values.to(self.dtype)
        pairs: dict[nn.Module, tuple[Tensor, Tensor]] = {
            layer.look: layer.look.offered(values)
            for layer in self.stack()
            if layer.look is not None
        }
        return Offered(pairs, padding(values.shape[1], memory.length, self.dtype))


def padding(count: int, length: Int[Tensor, " B"], dtype: torch.dtype) -> Float[Tensor, "B 1 S"]:
    """-inf for those of `count` positions that lie beyond each text's end; the first is kept."""
    beyond = torch.arange(count, device=length.device) >= length.clamp_min(1)[:, None]
    return torch.zeros_like(beyond, dtype=dtype).masked_fill(beyond, -torch.inf)[:, None]


def later(count: int, total: int, like: Tensor) -> Float[Tensor, "T S"]:
    """-inf for those of `total` positions that each of the last `count` must not see: the later."""
    return like.new_full((count, total), -torch.inf).triu(1 + total - count)


def stacked(width: int, longest: int) -> Size:
    """The shape of a transformer of a width; how it is trained is still open."""
    heads = width // (HEAD if width >= 192 and width % HEAD == 0 else HEAD // 2)
    return Size(width, 4 if width < DEEPER else 6, heads, 4 * width, longest)


def plan(spec: Spec, facts: Facts) -> Plan:
    """As wide as the time and the text allow."""
    longest = spec.shape[0]

    def layers(width: int) -> int:
        size = replace(stacked(width, longest), memory=facts.memory)
        return size.matrices + 2 * size.layers * width * longest // 2

    # A decoder is as wide as the encoder that it looks at: they can then share an embedding.
    found = scaled(spec, facts, layers, width=facts.memory if facts.memory % 32 == 0 else 0)
    size = replace(
        stacked(found.width, longest),
        dropout=found.dropout,
        matrix_rate=found.matrix_rate,
        decay=found.decay,
        memory=facts.memory,
    )
    return found.plan(asdict(size))


BACKBONES = {
    "text": Kind(plan, lambda spec, size: Encoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan, lambda spec, size: Decoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

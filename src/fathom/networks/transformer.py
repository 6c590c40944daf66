"""Tokens to features in which every position has looked at others: the transformer.

Vaswani et al. 2017 (arXiv:1706.03762) in its present form. A token becomes a vector; then layers
of two steps follow, each added to what was there: *attention*, by which a position gathers from
the positions it finds relevant, and a small network that works on each position alone. An encoder
sees the whole text. A decoder sees only what came before, so that it can be trained to say what
comes next at all positions at once, and may look at an encoder's memory as well.

What differs from 2017, and why:
- vectors are normalised before each step, not after it (Xiong et al. 2020, arXiv:2002.04745), by
  their root mean square and without gain: deep stacks train without a slow start;
- order is told by turning queries and keys by an angle that grows with the position (rotary
  positions, Su et al. 2021, arXiv:2104.09864): a score depends on the distance alone;
- queries and keys are normalised (Henry et al. 2020, arXiv:2010.04245): scores stay bounded;
- relu(x)^2 between the two products of the small network (So et al. 2021, arXiv:2109.08668);
- each layer sees the embedding again, by a learnt share; branches start silent, at zero.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Cache, Facts, Features, Group, Head, Kind, Memory, Plan
from fathom.networks.positions import Linear, normalised
from fathom.networks.scaling import (
    decay_for,
    dropout_for,
    passes,
    rules,
    tokens_per_update,
    width_for,
)
from fathom.spec import PADDING, Spec

HEAD = 64
DEEPER = 320  # the width from which six layers learn more than four
MOST_EPOCHS = 40.0
MATRIX_RATE = 0.02
SLOWEST = 10_000.0  # turns of the slowest pair, as a wavelength in positions
PLAIN_UNTIL = 512  # in bfloat16 the fused kernel's backward pass is slow on short texts


@dataclass(frozen=True)
class Size:
    """All numbers that define a transformer for text.

    width: D; layers; heads: parts of D that attend apart; hidden: of the small network; longest:
    positions it is planned for; pairs: rows of a table for pairs of neighbouring tokens, 0: none;
    dropout: share of each branch's values that training leaves out; decay: what an
    update takes off a matrix; memory: width of an encoder's
    features to look at, 0: none.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    longest: int
    pairs: int = 0
    dropout: float = 0.0
    decay: float = 0.002
    memory: int = 0

    @property
    def matrices(self) -> int:
        """Numbers in the matrices that every token passes."""
        attention = 4 * self.width**2 + 2 * self.width * (self.width + self.memory) * bool(self.memory)
        return self.layers * (attention + 2 * self.width * self.hidden)

    def flops(self, tokens: float, vocabulary: int) -> float:
        """Of one text, forward and backward, its read-out included."""
        read_out = self.width * vocabulary
        attention = 2 * self.layers * self.width * tokens / 2
        return 6.0 * tokens * (self.matrices + read_out + attention)


class Rotary(nn.Module):
    """Turn pairs of features by angles that grow with the position.

    Pair i of d / 2 turns by position x SLOWEST^(-2 i / d) (Su et al. 2021, equation 15).
    """

    angles: Tensor

    def __init__(self, head: int) -> None:
        super().__init__()
        turns = SLOWEST ** (-torch.arange(0, head, 2).float() / head)
        self.register_buffer("angles", turns, persistent=False)

    def table(self, start: int, count: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines (T, d / 2) of positions start, start + 1, ..."""
        places = torch.arange(start, start + count, device=self.angles.device).float()
        angle = places[:, None] * self.angles
        return angle.cos().to(dtype), angle.sin().to(dtype)


def turned(x: Float[Tensor, "B H T d"], table: tuple[Tensor, Tensor]) -> Float[Tensor, "B H T d"]:
    """Each pair (x_i, x_{i + d / 2}) turned by its position's angle."""
    cosine, sine = table
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


def attend(
    query: Float[Tensor, "B H T d"],
    key: Float[Tensor, "B H S d"],
    value: Float[Tensor, "B H S d"],
    hidden: Bool[Tensor, "... T S"] | None,
) -> Float[Tensor, "B H T d"]:
    """softmax(Q K^T / sqrt(d)) V; what is `hidden` gets no share.

    The weights of one position are positive and sum to one: it reads a mean of the values, weighted
    by how well their keys answer its query (Vaswani et al. 2017, equation 1).
    """
    if query.dtype == torch.float32 or key.shape[2] > PLAIN_UNTIL:
        shown = None if hidden is None else ~hidden
        return F.scaled_dot_product_attention(query, key, value, attn_mask=shown)
    scores = (query * query.shape[-1] ** -0.5) @ key.mT  # (B, H, T, S)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    return scores.softmax(dim=-1) @ value


class Attention(nn.Module):
    """Each position asks (query), each offers what it is found by (key) and gives (value)."""

    def __init__(self, width: int, heads: int, offering: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, width)
        self.key = Linear(offering, width)
        self.value = Linear(offering, width)
        self.out = Linear(width, width, silent=True)

    def asked(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B H T d"]:
        """Normalised queries, split into heads."""
        return normalised(self.split(self.query(x)))

    def offered(self, x: Float[Tensor, "B S D"]) -> tuple[Tensor, Tensor]:
        """Normalised keys, and values, split into heads (B, H, S, d)."""
        return normalised(self.split(self.key(x))), self.split(self.value(x))

    def split(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B H T d"]:
        """Features to heads."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def joined(self, x: Float[Tensor, "B H T d"]) -> Float[Tensor, "B T D"]:
        """Heads to features, mixed."""
        return self.out(x.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Attention to the own text, to a memory where there is one, and a small network."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        width, heads = size.width, size.heads
        self.attention = Attention(width, heads, width)
        self.look = Attention(width, heads, size.memory) if size.memory else None
        self.expand = Linear(width, size.hidden)
        self.shrink = Linear(size.hidden, width, silent=True)
        self.dropout = size.dropout

    def forward(
        self, x: Float[Tensor, "B T D"], sight: "Sight", memory: "Offered | None"
    ) -> Float[Tensor, "B T D"]:
        """One layer: what each step finds is added to `x`."""
        own = normalised(x)
        query = turned(self.attention.asked(own), sight.table)
        key, value = self.attention.offered(own)
        key, value = sight.recall(self, turned(key, sight.table), value)
        x = x + self.drop(self.attention.joined(attend(query, key, value, sight.hidden)))
        if self.look is not None and memory is not None:
            found = attend(self.look.asked(normalised(x)), *memory.of(self), memory.hidden)
            x = x + self.drop(self.look.joined(found))
        inner = F.relu(self.expand(normalised(x))).square()
        return x + self.drop(self.shrink(inner))

    def drop(self, x: Tensor) -> Tensor:
        """Leave out a share of a branch while training (Srivastava et al. 2014)."""
        return F.dropout(x, self.dropout, self.training)


@dataclass(frozen=True)
class Offered:
    """An encoder's memory as each layer sees it: keys and values, computed once.

    hidden: (B, 1, 1, S), True where the memory is padding.
    """

    pairs: Mapping[nn.Module, tuple[Tensor, Tensor]]
    hidden: Bool[Tensor, "B 1 1 S"]

    def of(self, layer: nn.Module) -> tuple[Tensor, Tensor]:
        """Keys and values for a layer."""
        return self.pairs[layer]

    def take(self, rows: Tensor) -> "Offered":
        """The memory of the given rows."""
        pairs = {layer: (key[rows], value[rows]) for layer, (key, value) in self.pairs.items()}
        return Offered(pairs, self.hidden[rows])


@dataclass
class Remembered(Cache):
    """Keys and values of the positions that a decoder has seen, in a ring of `longest` places.

    seen: how many positions; last: the token of the last one (B, 1).
    """

    pairs: dict[nn.Module, tuple[Tensor, Tensor]]
    last: Int[Tensor, "B 1"]
    seen: int = 0
    memory: Offered | None = None

    def take(self, rows: Int[Tensor, " N"]) -> "Remembered":
        """The cache of the given rows, in their order."""
        pairs = {layer: (key[rows], value[rows]) for layer, (key, value) in self.pairs.items()}
        memory = None if self.memory is None else self.memory.take(rows)
        return Remembered(pairs, self.last[rows], self.seen, memory)


@dataclass(frozen=True)
class Sight:
    """What positions of one call may see: their turns, what is hidden, and the cache."""

    table: tuple[Tensor, Tensor]
    hidden: Bool[Tensor, "... T S"] | None
    cache: Remembered | None = None

    def recall(self, layer: nn.Module, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of all positions to look at; new ones are written into the cache."""
        if self.cache is None:
            return key, value
        keys, values = self.cache.pairs[layer]
        longest, seen, count = keys.shape[2], self.cache.seen, key.shape[2]
        place = seen % longest
        keys[:, :, place : place + count] = key
        values[:, :, place : place + count] = value
        filled = min(seen + count, longest)
        return keys[:, :, :filled], values[:, :, :filled]


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
        self.head = Head(group=Group((), "adamw", 3e-3, momentum=0.9, second=0.95))
        self.embedding = nn.Embedding(vocabulary, size.width)
        self.pairs = nn.Embedding(size.pairs, size.width) if size.pairs else None
        if self.pairs is not None:
            nn.init.zeros_(self.pairs.weight)
        self.rotary = Rotary(size.width // size.heads)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.shares = nn.Parameter(torch.tensor([1.0, 0.1]).repeat(size.layers, 1))

    def embed(self, y: Int[Tensor, "B T"], before: Int[Tensor, "B 1"] | None = None) -> Tensor:
        """Vectors of unit size; where there is a table of pairs, with what stands before."""
        x = self.embedding(y)
        if self.pairs is not None:
            earlier = torch.cat((torch.full_like(y[:, :1], PADDING), y[:, :-1]), dim=1)
            if before is not None:
                earlier[:, :1] = before
            x = x + self.pairs((earlier * len(self.embedding.weight) + y) % self.size.pairs)
        return F.dropout(normalised(x.to(self.dtype)), self.size.dropout, self.training)

    def run(self, x: Tensor, sight: Sight, memory: Offered | None = None) -> Tensor:
        """All layers; each sees a learnt share of the embedding again."""
        first = x
        for layer, (stay, again) in zip(self.layers, self.shares.to(x.dtype), strict=True):
            x = layer(stay * x + again * first, sight, memory)
        return normalised(x)

    def initialise(self, x: Tensor) -> None:
        """Nothing is learnt from examples beforehand."""

    def groups(self) -> tuple[Group, ...]:
        """Muon for the matrices of the layers, AdamW for embeddings and shares."""
        return rules(self, matrix_rate=MATRIX_RATE, decay=self.size.decay)


class Encoder(Stack):
    """A text in which every position sees every other."""

    def forward(
        self,
        x: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of every position; padding is seen by none."""
        hidden = None if length is None else padding(x.shape[1], length)
        table = self.rotary.table(0, x.shape[1], self.dtype)
        return Features(self.run(self.embed(x), Sight(table, hidden)))


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
        table = self.rotary.table(0, y.shape[1], self.dtype)
        sight = Sight(table, later(y.shape[1], y.shape[1], y.device))
        return Features(self.run(self.embed(y), sight, self.offered(memory)))

    def begin(self, batch: int, memory: Memory | None = None) -> Remembered:
        """An empty cache; each layer's keys and values of the memory are computed here."""
        size, device = self.size, self.embedding.weight.device
        shape = (batch, size.heads, size.longest, size.width // size.heads)
        pairs = {
            layer: (
                torch.zeros(shape, dtype=self.dtype, device=device),
                torch.zeros(shape, dtype=self.dtype, device=device),
            )
            for layer in self.layers
        }
        nothing = torch.full((batch, 1), PADDING, device=device)
        return Remembered(pairs, nothing, memory=self.offered(memory))

    def go_on(self, y: Int[Tensor, "B T"], cache: Remembered) -> Features:
        """Features of the positions after those in the cache."""
        count, longest = y.shape[1], self.size.longest
        if count > 1 and cache.seen + count > longest:  # a full ring forgets place by place
            return Features(torch.cat([self.go_on(t, cache).values for t in y.split(1, 1)], 1))
        table = self.rotary.table(cache.seen, count, self.dtype)
        hidden = later(count, cache.seen + count, y.device) if count > 1 else None
        x = self.run(self.embed(y, cache.last), Sight(table, hidden, cache), cache.memory)
        cache.seen += count
        cache.last = y[:, -1:]
        return Features(x)

    def offered(self, memory: Memory | None) -> Offered | None:
        """A memory as keys and values of every layer."""
        if memory is None:
            return None
        values = memory.values.to(self.dtype)
        pairs = {layer: layer.look.offered(normalised(values)) for layer in self.layers}
        return Offered(pairs, padding(values.shape[1], memory.length))


def padding(count: int, length: Int[Tensor, " B"]) -> Bool[Tensor, "B 1 1 S"]:
    """Which of `count` positions lie beyond each text's end."""
    places = torch.arange(count, device=length.device)
    return (places >= length[:, None])[:, None, None]


def later(count: int, total: int, device: torch.device) -> Bool[Tensor, "T S"]:
    """Which of `total` positions each of the last `count` must not see: those after it."""
    return torch.ones(count, total, dtype=torch.bool, device=device).triu(1 + total - count)


def shape(facts: Facts, vocabulary: int, longest: int) -> Size:
    """The width that suits the time and the text, in layers of four times that inside."""

    def made(width: int) -> Size:
        heads = max(1, width // (HEAD if width >= 192 else HEAD // 2))
        layers = 4 if width < DEEPER else 6
        return Size(width, layers, heads, 4 * width, longest, memory=facts.memory)

    size = made(width_for(facts, lambda w: made(w).matrices + w * vocabulary))
    epochs = passes(facts, size.matrices + size.width * vocabulary)
    return replace(size, dropout=dropout_for(epochs), decay=decay_for(epochs))


def plan(spec: Spec, facts: Facts) -> Plan:
    """Size, batch and schedule for a text."""
    (longest,), (vocabulary,) = spec.shape, spec.levels
    size = shape(facts, vocabulary, longest)
    tokens = facts.tokens / max(1, facts.examples)
    seen = facts.tokens * passes(facts, size.matrices + size.width * vocabulary)
    return Plan(
        size=asdict(size),
        batch=max(1, round(tokens_per_update(seen, size.width) / tokens)),
        epochs=MOST_EPOCHS,
        flops=size.flops(tokens, vocabulary),
    )


BACKBONES = {
    "text": Kind(plan, lambda spec, size: Encoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan, lambda spec, size: Decoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

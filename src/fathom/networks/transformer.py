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

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Cache, Facts, Features, Group, Head, Kind, Memory, Plan
from fathom.networks.attention import (
    Attention,
    Look,
    Offered,
    Remembered,
    Rotary,
    Sight,
    later,
    padding,
)
from fathom.networks.positions import Linear, normalised, squared_relu
from fathom.networks.reader import Reader
from fathom.networks.scaling import EMBEDDING_RATE, Trained, rules, scaled
from fathom.spec import Spec

HEAD = 64
DEEPER = 320  # the width from which six layers learn more than four


@dataclass(frozen=True)
class Size(Trained):
    """All numbers that define a transformer for text.

    width: D; layers; heads: parts of D that attend apart; hidden: of the small network; longest:
    positions it is planned for. Dropout is of each branch's values.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    longest: int

    @property
    def matrices(self) -> int:
        """Numbers in the matrices that every token passes."""
        attention = 4 * self.width**2
        look = 2 * self.width * (self.width + self.memory) if self.memory else 0
        return self.layers * (attention + look + 2 * self.width * self.hidden)


class Layer(nn.Module):
    """Attention to the own text, to a memory where there is one, and a small network.

    Attention is where positions meet; the network after it sees one position at a time.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.attention = Attention(size.width, size.heads)
        self.look = Look(size.width, size.heads, size.memory) if size.memory else None
        self.expand = Linear(size.width, size.hidden)
        self.shrink = Linear(size.hidden, size.width, silent=True)
        self.dropout = size.dropout

    def forward(
        self, x: Float[Tensor, "B T D"], sight: Sight, memory: Offered | None
    ) -> Float[Tensor, "B T D"]:
        """One layer: what each step finds is added to `x`."""
        x = x + self.drop(self.attention(normalised(x), sight))
        if self.look is not None and memory is not None:
            x = x + self.drop(self.look(normalised(x), memory))
        return x + self.drop(self.shrink(squared_relu(self.expand(normalised(x)))))

    def drop(self, x: Tensor) -> Tensor:
        """Leave out a share of a branch while training (Srivastava et al. 2014)."""
        return F.dropout(x, self.dropout, self.training)


class Stack(Reader):
    """What encoder and decoder share: the embedding and the layers."""

    head = Head(group=Group((), "adamw", EMBEDDING_RATE))

    def __init__(self, vocabulary: int, size: Size) -> None:
        super().__init__()
        self.size, self.width = size, size.width
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
    return found.plan(stacked(found.width, longest), facts.memory)


BACKBONES = {
    "text": Kind(plan, lambda spec, size: Encoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan, lambda spec, size: Decoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

"""Text to features by convolution: filters over a few neighbouring tokens.

As a backbone, the filters of Kim 2014 (arXiv:1408.5882), each looking for phrases of two to five
tokens. As a decoder, causal residual blocks whose filters reach twice as far back from block to
block (van den Oord et al. 2016, arXiv:1609.03499; Bai et al. 2018, arXiv:1803.01271), so that the
last sees the whole context. A filter is a matrix product over a window of positions; nothing is
carried from one position to the next, hence all are computed at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Kind, Plan
from fathom.networks.memory import State, StateDecoder, attention_to
from fathom.networks.positions import (
    Linear,
    locked_dropout,
    normalised,
    real_positions,
    squared_relu,
    token_dropout,
    windows,
    with_largest,
)
from fathom.networks.reader import Reader, doubt, reading, small_embedding
from fathom.networks.scaling import Scale, Trained, scaled
from fathom.spec import Spec

EMBEDDING, FILTERS = 128, 64
PHRASES = (2, 3, 4, 5)
REACH = 3
MOST_BLOCKS = 9


class Phrases(Reader):
    """Filters over phrases of 2 to 5 tokens; beside each position's the largest of the text.

    A phrase ends at its position, so that it never sees what follows, padding included. forget:
    share of tokens that training leaves out.
    """

    def __init__(
        self, tokens: int, *, embedding: int, filters: int, dropout: float, forget: float
    ) -> None:
        super().__init__()
        self.dropout, self.forget = dropout, forget
        self.width = 2 * len(PHRASES) * filters
        self.embedding = small_embedding(tokens, embedding)
        self.filters = nn.ModuleList(Linear(reach * embedding, filters) for reach in PHRASES)
        self.bias = nn.Parameter(torch.zeros(len(PHRASES) * filters))

    def forward(
        self,
        x: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Embed, compare every phrase with every filter, keep what agrees."""
        embedded = self.embedding(x).to(self.dtype)
        embedded = token_dropout(embedded, self.forget, self.training)
        longest = windows(F.pad(embedded, (0, 0, PHRASES[-1] - 1, 0)), PHRASES[-1])
        found = [
            filters(longest[..., -reach * embedded.shape[-1] :])
            for reach, filters in zip(PHRASES, self.filters, strict=True)
        ]
        values = F.relu(torch.cat(found, dim=-1) + self.bias.to(self.dtype))  # (B, T, D)
        values = locked_dropout(values, self.dropout, self.training)
        return Features(with_largest(values, real_positions(x, length)))


@dataclass(frozen=True)
class Size(Trained):
    """All numbers that define a causal convolutional decoder.

    width: features of a position; depth: blocks, each reaching twice as far as the one before.
    """

    width: int
    depth: int


class CausalBlock(nn.Module):
    """A position and two before it, `dilation` apart, through a hidden layer of twice the width."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation, self.dropout = dilation, dropout
        self.past = (REACH - 1) * dilation
        self.look = Linear(REACH * width, 2 * width)
        self.out = Linear(2 * width, width, silent=True)

    def forward(
        self, x: Float[Tensor, "B T D"], before: Float[Tensor, "B P D"]
    ) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B P D"]]:
        """What flows through with what the block adds, and the inputs the next position needs."""
        seen = torch.cat([before.to(x.dtype), normalised(x)], dim=1)
        added = self.out(squared_relu(self.look(windows(seen, REACH, self.dilation))))
        return x + locked_dropout(added, self.dropout, self.training), seen[:, -self.past :]


class CausalConvolutions(StateDecoder):
    """A text read by causal blocks, and a memory if asked; a state is a block's latest inputs."""

    size: Size

    def __init__(self, tokens: int, size: Size) -> None:
        super().__init__()
        self.size, self.width = size, size.width
        self.embedding = nn.Embedding(tokens, size.width)
        self.blocks = nn.ModuleList(
            CausalBlock(size.width, 2**place, size.dropout) for place in range(size.depth)
        )
        self.attention = attention_to(size.width, size.memory)

    def carried(
        self, tokens: Int[Tensor, "B T"], states: Sequence[State]
    ) -> tuple[Float[Tensor, "B T D"], list[State]]:
        """Through every block."""
        x, after = self.embed(tokens), list[State]()
        for block, state in zip(self.blocks, states, strict=True):
            x, before = block(x, *state)
            after.append((before,))
        return normalised(x), after

    def beginnings(self, batch: int) -> list[State]:
        """No inputs before the first position."""
        pasts = [(REACH - 1) * 2**place for place in range(self.size.depth)]
        return [(self.embedding.weight.new_zeros(batch, past, self.width),) for past in pasts]


def plan_phrases(spec: Spec, facts: Facts) -> Plan:
    """64 filters a phrase length; small texts need nothing larger.

    Where a decoder of the same facts will read on (no outputs), its embedding.
    """
    embedding = EMBEDDING if facts.outputs else causal(spec, facts)[1].width
    size = {"embedding": embedding, "filters": FILTERS, "dropout": 0.5, "forget": 0.15}
    flops = 6.0 * sum(PHRASES) * embedding * FILTERS * spec.shape[0]
    return reading(size, flops, doubt(facts))


def plan_causal(spec: Spec, facts: Facts) -> Plan:
    """As many blocks as the context needs, as wide as the time allows."""
    depth, found = causal(spec, facts)
    return found.plan(Size(found.width, depth), facts.memory)


def causal(spec: Spec, facts: Facts) -> tuple[int, Scale]:
    """How many blocks the context needs, and their width."""
    depth = blocks_for(spec.shape[0])
    return depth, scaled(spec, facts, lambda width: depth * (2 * REACH + 2) * width**2)


def blocks_for(positions: int) -> int:
    """Blocks until the last position sees the first; at most nine, which see 1,023."""
    depth = 1
    while depth < MOST_BLOCKS and 1 + (REACH - 1) * (2**depth - 1) < positions:
        depth += 1
    return depth


BACKBONES = {
    "text": Kind(plan_phrases, lambda spec, size: Phrases(spec.levels[0], **size))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan_causal, lambda spec, size: CausalConvolutions(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

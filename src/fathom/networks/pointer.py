"""What is written and what was read to the next token: written anew or copied from the question.

Names and rare words of a question are hard to write by heart and easy to point at. A gate decides
at every position how much of the probability goes by the read-out over all tokens and how much by
an attention over those of the question (See et al. 2017, equations 8 and 9, arXiv:1704.04368).
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Group, Memory
from fathom.networks.positions import Linear, normalised, real_positions
from fathom.networks.scaling import rules
from fathom.networks.sharing import apart, taken, together

WIDTH = 64
WRITTEN = 2.0  # the gate's logit at first: .88 is written, for nothing is known of where to point
LEAST = 1e-9  # of a probability


class Pointed(NamedTuple):
    """A question as a pointer sees it: what is compared, which tokens they are, what is padding.

    each: rows that point into each question, as in `sharing`.
    """

    keys: Float[Tensor, "M S D"]
    tokens: Int[Tensor, "M S"]
    padding: Bool[Tensor, "M S"]
    each: int = 1

    def take(self, rows: Int[Tensor, " N"]) -> "Pointed":
        """The questions of the given rows."""
        every = (self.keys, self.tokens, self.padding)
        (keys, tokens, padding), each = taken(every, rows, self.each)
        return Pointed(keys, tokens, padding, each)

    def read(self, rows: Int[Tensor, " N"]) -> Int[Tensor, "N S"]:
        """The tokens of the questions that these rows point into."""
        return self.tokens[rows // self.each]


class Pointer(nn.Module):
    """p(w) = g p_written(w) + (1 - g) sum of the attention on the places s that hold w.

    width: of a decoder's features; memory: of an encoder's; embedding: of the question's tokens. A
    key is made of both, so that an encoder which keeps no places can be pointed into as well.
    """

    def __init__(self, width: int, memory: int, embedding: int) -> None:
        super().__init__()
        self.ask = Linear(width, WIDTH)
        self.offer = Linear(memory + embedding, WIDTH)
        self.gate = nn.Parameter(torch.zeros(width))
        self.shift = nn.Parameter(torch.full((), WRITTEN))

    def offered(
        self, memory: Memory, embedded: Float[Tensor, "B S E"], tokens: Int[Tensor, "B S"]
    ) -> Pointed:
        """What does not depend on the position that asks, computed once an answer.

        embedded: the tokens as the encoder saw them.
        """
        values = memory.values.expand(-1, tokens.shape[1], -1)
        told = torch.cat([normalised(values), normalised(embedded).to(values.dtype)], dim=-1)
        keys = normalised(self.offer(told))
        return Pointed(keys, tokens, ~real_positions(tokens, memory.length))

    def attention(
        self, features: Float[Tensor, "B T D"], question: Pointed
    ) -> Float[Tensor, "B T S"]:
        """Where each position would copy from, in float32; nothing from padding."""
        asked = together(normalised(self.ask(features)), question.each)
        scores = (asked @ question.keys.mT).float() * WIDTH**-0.5
        scores = scores.masked_fill(question.padding[:, None], -torch.inf)
        return apart(F.softmax(scores, dim=-1), question.each)

    def forward(
        self,
        scores: Float[Tensor, "N V"],
        features: Float[Tensor, "N D"],
        attention: Float[Tensor, "N S"],
        tokens: Int[Tensor, "N S"],
    ) -> Float[Tensor, "N V"]:
        """Log-probabilities of the next token; scores: of what is written."""
        written = torch.sigmoid(features.float() @ self.gate + self.shift)[:, None]
        mixed = written * F.softmax(scores, dim=-1)
        mixed = mixed.scatter_add(1, tokens, (1 - written) * attention)
        return mixed.clamp_min(LEAST).log()

    def groups(self) -> tuple[Group, ...]:
        """AdamW for all."""
        return rules(self, matrix_rate=0.0, decay=0.0)

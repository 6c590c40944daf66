"""Text to features by perceptrons, which know no order beyond a fixed number of places.

As a backbone, the mean of a text's token vectors goes through hidden layers (Iyyer et al. 2015,
"Deep Unordered Composition Rivals Syntactic Methods for Text Classification"). As a decoder, the
vectors of the last few tokens stand side by side before a hidden layer (Bengio et al. 2003, "A
Neural Probabilistic Language Model"); what lies further back is not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Kind, Plan
from fathom.networks.memory import State, StateDecoder, attention_to
from fathom.networks.mlp import Linear as BiasedLinear
from fathom.networks.positions import (
    Linear,
    locked_dropout,
    normalised,
    real_positions,
    squared_relu,
    token_dropout,
    windows,
)
from fathom.networks.reader import Reader, doubt, reading, small_embedding
from fathom.networks.scaling import Scale, Trained, scaled
from fathom.spec import Spec

REACH = 16
WIDTH = 256


class MeanOfTokens(Reader):
    """Tokens (B, T) to one position (B, 1, D): the mean vector through hidden layers.

    forget: share of tokens that training leaves out.
    """

    def __init__(
        self, tokens: int, *, width: int, depth: int, dropout: float, forget: float
    ) -> None:
        super().__init__()
        self.width, self.dropout, self.forget = width, dropout, forget
        self.embedding = small_embedding(tokens, width)
        self.layers = nn.ModuleList(BiasedLinear(width, width) for _ in range(depth))

    def forward(
        self,
        x: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Average the vectors of real tokens, some left out in training, then think."""
        real = real_positions(x, length)[..., None].to(self.dtype)
        embedded = self.embedding(x).to(self.dtype) * real
        embedded = token_dropout(embedded, self.forget, self.training)
        values = embedded.sum(dim=1, keepdim=True, dtype=torch.float32)
        values = (values / real.sum(dim=1, keepdim=True, dtype=torch.float32)).to(self.dtype)
        for layer in self.layers:
            values = F.dropout(F.relu(layer(values)), self.dropout, self.training)
        return Features(values)


@dataclass(frozen=True)
class Size(Trained):
    """All numbers that define a fixed-window decoder.

    reach: tokens seen, the last included; width: features of each and of what leaves, with four
    times as many in between.
    """

    reach: int
    width: int


class FixedWindow(StateDecoder):
    """The last few tokens' vectors, side by side, through a hidden layer; a memory if asked."""

    size: Size

    def __init__(self, tokens: int, size: Size) -> None:
        super().__init__()
        self.size, self.width = size, size.width
        self.embedding = nn.Embedding(tokens, size.width)
        self.hidden = Linear(size.reach * size.width, 4 * size.width)
        self.out = Linear(4 * size.width, size.width)
        self.attention = attention_to(size.width, size.memory)

    def carried(
        self, tokens: Int[Tensor, "B T"], states: Sequence[State]
    ) -> tuple[Float[Tensor, "B T D"], list[State]]:
        """Through the layer; the state are the vectors that the next window begins with."""
        x, ((before,),) = self.embed(tokens), states
        seen = torch.cat([before.to(x.dtype), x], dim=1)
        hidden = squared_relu(self.hidden(windows(seen, self.size.reach)))
        hidden = locked_dropout(hidden, self.size.dropout, self.training)
        return normalised(self.out(hidden)), [(seen[:, len(seen[0]) - before.shape[1] :],)]

    def beginnings(self, batch: int) -> list[State]:
        """Zeros where no token was yet."""
        return [(self.embedding.weight.new_zeros(batch, self.size.reach - 1, self.width),)]


def plan_mean(spec: Spec, facts: Facts) -> Plan:
    """Two hidden layers; almost all of the work is looking vectors up.

    Where a decoder of the same facts will read on (no outputs), as wide as that.
    """
    width = WIDTH if facts.outputs else window(spec, facts)[1].width
    size = {"width": width, "depth": 2, "dropout": 0.3, "forget": 0.3}
    return reading(size, 6.0 * width * (2 * width + spec.shape[0]), doubt(facts))


def plan_window(spec: Spec, facts: Facts) -> Plan:
    """Sixteen tokens, or all there are; as wide as the time allows."""
    reach, found = window(spec, facts)
    return found.plan(Size(reach, found.width), facts.memory)


def window(spec: Spec, facts: Facts) -> tuple[int, Scale]:
    """How many tokens a window sees, and its width."""
    reach = max(1, min(REACH, spec.shape[0]))
    return reach, scaled(spec, facts, lambda width: 4 * (reach + 1) * width**2)


BACKBONES = {
    "text": Kind(plan_mean, lambda spec, size: MeanOfTokens(spec.levels[0], **size))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan_window, lambda spec, size: FixedWindow(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

"""Text to features by perceptrons, which know no order beyond a fixed number of places.

As a backbone, the mean of a text's token vectors goes through hidden layers (Iyyer et al. 2015,
"Deep Unordered Composition Rivals Syntactic Methods for Text Classification"). As a decoder, the
vectors of the last few tokens stand side by side before a hidden layer (Bengio et al. 2003, "A
Neural Probabilistic Language Model"); what lies further back is not seen.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Memory, Plan
from fathom.networks.memory import MemoryAttention, StateCache, looked
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
from fathom.networks.scaling import EMBEDDING_RATE, RATE, Scale, rules, scaled
from fathom.spec import Spec

REACH = 16
WIDTH = 256
SMOOTHING = 0.1  # few texts are soon known by heart: doubt keeps later passes useful
SMALL = 0.1  # a rare token is met a few times: from small vectors these move it far enough


class MeanOfTokens(nn.Module):
    """Tokens (B, T) to one position (B, 1, D): the mean vector through hidden layers."""

    members = 1
    couples = False
    pooling: Literal["mean"] = "mean"

    def __init__(
        self, tokens: int, *, width: int, depth: int, dropout: float, forget: float
    ) -> None:
        super().__init__()
        self.width, self.dropout, self.forget = width, dropout, forget
        self.dtype = torch.float32
        self.embedding = nn.Embedding(tokens, width)
        nn.init.normal_(self.embedding.weight, std=SMALL)
        self.layers = nn.ModuleList(BiasedLinear(width, width) for _ in range(depth))
        self.head = Head(group=Group((), "adamw", RATE))

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

    def initialise(self, x: Tensor) -> None:
        """Nothing depends on the data."""

    def groups(self) -> tuple[Group, ...]:
        """AdamW for all."""
        return rules(self, matrix_rate=0.0, decay=0.0)


@dataclass(frozen=True)
class Size:
    """All numbers that define a fixed-window decoder.

    reach: tokens seen, the last included; width: features of each and of what leaves, with four
    times as many in between; the rest as in the other decoders.
    """

    reach: int
    width: int
    dropout: float = 0.0
    matrix_rate: float = 0.0
    decay: float = 0.0
    memory: int = 0


class FixedWindow(nn.Module):
    """The last few tokens' vectors, side by side, through a hidden layer; a memory if asked."""

    def __init__(self, tokens: int, size: Size) -> None:
        super().__init__()
        self.size, self.width = size, size.width
        self.dtype = torch.float32
        self.head = Head(group=Group((), "adamw", EMBEDDING_RATE))
        self.embedding = nn.Embedding(tokens, size.width)
        self.hidden = Linear(size.reach * size.width, 4 * size.width)
        self.out = Linear(4 * size.width, size.width)
        self.attention = MemoryAttention(size.width, size.memory) if size.memory else None

    def forward(
        self,
        y: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        memory: Memory | None = None,
        cache: StateCache | None = None,
    ) -> Features:
        """Features of every position; a cache goes on where it was left, and moves along."""
        cache = self.begin(len(y), memory) if cache is None else cache
        (before,) = cache.layers[0]
        x = normalised(self.embedding(y).to(self.dtype))
        seen = torch.cat([before.to(x.dtype), x], dim=1)
        cache.layers[0] = (seen[:, len(seen[0]) - before.shape[1] :],)
        hidden = squared_relu(self.hidden(windows(seen, self.size.reach)))
        hidden = locked_dropout(hidden, self.size.dropout, self.training)
        values = normalised(self.out(hidden))
        if self.attention is not None:
            values = self.attention(values, cache.memory)
        return Features(values)

    def begin(self, batch: int, memory: Memory | None = None) -> StateCache:
        """Zeros where no token was yet, and what attention compares of the memory."""
        before = self.embedding.weight.new_zeros(batch, self.size.reach - 1, self.width)
        return StateCache([(before,)], looked(self.attention, memory))

    def groups(self) -> tuple[Group, ...]:
        """Muon or AdamW for the layers, AdamW for the embedding."""
        return rules(self, matrix_rate=self.size.matrix_rate, decay=self.size.decay)


def plan_mean(spec: Spec, facts: Facts) -> Plan:
    """Two hidden layers; almost all of the work is looking vectors up.

    Where a decoder of the same facts will read on (no outputs), as wide as that.
    """
    width = WIDTH if facts.outputs else window(spec, facts)[1].width
    size: dict[str, int | float | str | bool] = {
        "width": width,
        "depth": 2,
        "dropout": 0.3,
        "forget": 0.3,
    }
    return Plan(
        size,
        batch=64,
        epochs=20.0,
        flops=6.0 * width * (2 * width + spec.shape[0]),
        warmup=0.05,
        decay=0.8,
        floor=0.0,
        patience=5,
        objective={"label_smoothing": SMOOTHING} if facts.outputs else {},
    )


def plan_window(spec: Spec, facts: Facts) -> Plan:
    """Sixteen tokens, or all there are; as wide as the time allows."""
    reach, found = window(spec, facts)
    size = Size(reach, found.width, found.dropout, found.matrix_rate, found.decay, facts.memory)
    return found.plan(asdict(size))


def window(spec: Spec, facts: Facts) -> tuple[int, Scale]:
    """How many tokens a window sees, and its width."""
    reach = max(1, min(REACH, spec.shape[0]))
    return reach, scaled(spec, facts, lambda width: 4 * (reach + 1) * width**2)


def build_mean(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size that reads whole texts."""
    return MeanOfTokens(
        spec.levels[0],
        width=int(size["width"]),
        depth=int(size["depth"]),
        dropout=float(size["dropout"]),
        forget=float(size["forget"]),
    )


def build_window(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size that continues texts."""
    return FixedWindow(spec.levels[0], Size(**size))  # type: ignore[arg-type]


BACKBONES: Mapping[str, Kind] = {"text": Kind(plan_mean, build_mean)}
DECODERS: Mapping[str, Kind] = {"text": Kind(plan_window, build_window)}

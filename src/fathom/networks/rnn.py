"""Text to features by recurrence: a state that is carried from token to token.

A recurrent network reads one token after another and keeps what it needs in a state of fixed size.
Read forward it is a decoder: the features of a position know no later token, and one more token
costs the same after ten as after ten thousand. Read in both directions it is a backbone for whole
texts. How the state changes is the cell's matter (`recurrence.py`):

- elman, lstm, gru: the gates see the state, so that each product waits for the one before it.
  Their layers stand on one another, and dropout is made for recurrence.
- mingru: the gates see the input alone, so that all products are done at once. Its layers are
  residual blocks: look around and remember, then think about each position by itself.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fathom.errors import OptionError
from fathom.networks import Facts, Features, Group, Kind, Plan
from fathom.networks.memory import StateDecoder, attention_to
from fathom.networks.positions import (
    Linear,
    locked_dropout,
    normalised,
    real_positions,
    squared_relu,
    token_dropout,
    turned,
    turning,
    with_largest,
)
from fathom.networks.reader import Reader, reading
from fathom.networks.recurrence import GATES, Kernel, MinGRU, State
from fathom.networks.scaling import Trained, rules, scaled
from fathom.spec import Spec

DEEPER = 320  # width from which six blocks learn more than four
EXPANSION = 4  # of a block's perceptron


@dataclass(frozen=True)
class Size(Trained):
    """All numbers that define a recurrent network for text.

    cell: elman, lstm, gru or mingru. embedding: features of a token; width: of a position, all
    directions together; depth: layers. Beside dropout of features, alike at every position of an
    example: disconnect: of weights from state to state; forget: of whole tokens.
    """

    cell: str
    embedding: int
    width: int
    depth: int
    disconnect: float = 0.0
    forget: float = 0.0

    def weights(self, directions: int) -> int:
        """Matrix weights that a position meets, without embedding and read-out."""
        if self.cell == "mingru":
            inner = directions * state_width(self.width, directions)
            return self.depth * self.width * (3 * inner + 2 * EXPANSION * self.width)
        inputs = self.embedding + (self.depth - 1) * self.width
        recurrent = self.depth * self.width // directions
        return GATES[self.cell] * self.width * (inputs + recurrent)


def state_width(width: int, directions: int) -> int:
    """Features of a minGRU's state in each direction: in all, half as many again as outside."""
    return 3 * width // (2 * directions)


class Directions(nn.Module):
    """A cell that reads forward, and one that reads backward from each example's own end."""

    def __init__(self, cells: Sequence[Kernel | MinGRU]) -> None:
        super().__init__()
        self.ahead = cells[0]
        self.back = cells[1] if len(cells) > 1 else None

    def forward(
        self, x: Float[Tensor, "B T I"], state: State, order: Int[Tensor, " N"] | None
    ) -> tuple[list[Float[Tensor, "B T D"]], State]:
        """What each makes of `x`, in `x`'s order, and the state after reading forward.

        order: from `turning`; None where nothing reads backward.
        """
        ahead, state = self.ahead(x, state)
        if self.back is None or order is None:
            return [ahead], state
        back, _ = self.back(turned(x, order), self.back.begin(len(x)))
        return [ahead, turned(back, order)], state

    def begin(self, batch: int) -> State:
        """The forward cell's state before the first position."""
        return self.ahead.begin(batch)


class Layer(nn.Module):
    """Kernels in one or both directions, side by side: (B, T, I) -> (B, T, D)."""

    def __init__(self, size: Size, inputs: int, directions: int) -> None:
        super().__init__()
        self.dropout, width = size.dropout, size.width // directions
        kernel = partial(Kernel, size.cell, inputs, width, disconnect=size.disconnect)
        self.cells = Directions([kernel() for _ in range(directions)])

    def forward(
        self, x: Float[Tensor, "B T I"], state: State, order: Int[Tensor, " N"] | None
    ) -> tuple[Float[Tensor, "B T D"], State]:
        """Read, put the directions side by side, drop features."""
        parts, state = self.cells(x, state, order)
        return locked_dropout(torch.cat(parts, dim=-1), self.dropout, self.training), state


class Block(nn.Module):
    """A minGRU in one or both directions, then a perceptron; each adds to what flows through."""

    def __init__(self, size: Size, directions: int) -> None:
        super().__init__()
        self.dropout, width = size.dropout, size.width
        inner = state_width(width, directions)
        self.cells = Directions([MinGRU(width, inner) for _ in range(directions)])
        self.up = Linear(width, EXPANSION * width)
        self.down = Linear(EXPANSION * width, width, silent=True)

    def forward(
        self, x: Float[Tensor, "B T D"], state: State, order: Int[Tensor, " N"] | None
    ) -> tuple[Float[Tensor, "B T D"], State]:
        """Remember across positions, then think at each one."""
        parts, state = self.cells(normalised(x), state, order)
        for part in parts:
            x = x + locked_dropout(part, self.dropout, self.training)
        thought = self.down(squared_relu(self.up(normalised(x))))
        return x + locked_dropout(thought, self.dropout, self.training), state


class Recurrent(nn.Module):
    """Tokens (B, T) through an embedding and layers of cells; what both uses below share.

    dtype: what is computed in; the minGRU's states and all norms' sums are float32 anyway.
    """

    dtype = torch.float32

    def __init__(self, tokens: int, size: Size, directions: int) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Embedding(tokens, size.embedding)  # standard deviation 1
        inputs = (size.embedding, *(size.width,) * (size.depth - 1))
        self.layers = nn.ModuleList(
            Block(size, directions) if size.cell == "mingru" else Layer(size, n, directions)
            for n in inputs
        )

    def carried(
        self, tokens: Int[Tensor, "B T"], states: Sequence[State], order: Tensor | None = None
    ) -> tuple[Float[Tensor, "B T D"], list[State]]:
        """Features of every position, and each layer's state after the last."""
        x = normalised(self.embedding(tokens).to(self.dtype))
        x = token_dropout(x, self.size.forget, self.training)
        x = locked_dropout(x, self.size.dropout, self.training)
        after = []
        for layer, state in zip(self.stack(), states, strict=True):
            x, state = layer(x, state, order)
            after.append(state)
        return normalised(x), after

    def beginnings(self, batch: int) -> list[State]:
        """Each layer's state before the first position."""
        return [layer.cells.begin(batch) for layer in self.stack()]

    def stack(self) -> list[Layer | Block]:
        """The layers, seen as what they are."""
        return list(self.layers)  # type: ignore[arg-type]

    def groups(self) -> tuple[Group, ...]:
        """Muon or AdamW for linear maps; AdamW for all that is recurrent, faster for embeddings."""
        return rules(self, matrix_rate=self.size.matrix_rate, decay=self.size.decay)


class TextEncoder(Recurrent, Reader):
    """A text read in both directions; beside each position's features the largest of all."""

    def __init__(self, tokens: int, size: Size) -> None:
        super().__init__(tokens, size, directions=2)
        self.width = 2 * size.width

    def forward(
        self,
        x: Int[Tensor, "B T"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Features of every position; padding changes none of them."""
        values, _ = self.carried(x, self.beginnings(len(x)), turning(x, length))
        return Features(with_largest(values, real_positions(x, length)))


class TextDecoder(Recurrent, StateDecoder):
    """A text read forward, each position knowing only those before it, and a memory if asked."""

    size: Size

    def __init__(self, tokens: int, size: Size) -> None:
        super().__init__(tokens, size, directions=1)
        self.width = size.width
        self.attention = attention_to(size.width, size.memory)


def plan_encoder(spec: Spec, facts: Facts) -> Plan:
    """One layer in both directions; small texts need nothing larger.

    Where the answer is no class or number but text (no outputs), a decoder of the same facts will
    read on: then the same size as its.
    """
    if not facts.outputs:
        return plan_decoder(spec, replace(facts, memory=0))
    cell = known(facts.cell or "lstm")
    gated = cell == "mingru"
    size = Size(cell, 128, 128 if gated else 256, depth=2 if gated else 1, dropout=0.5, forget=0.15)
    return reading(asdict(size), 6.0 * size.weights(directions=2) * spec.shape[0])


def plan_decoder(spec: Spec, facts: Facts) -> Plan:
    """As wide as the time allows; deep only where a layer does not wait for itself."""
    cell = known(facts.cell or "mingru")
    found = scaled(spec, facts, lambda width: stacked(cell, width).weights(directions=1))
    disconnect = 0.0 if cell == "mingru" else found.dropout
    return found.plan(replace(stacked(cell, found.width), disconnect=disconnect), facts.memory)


def stacked(cell: str, width: int) -> Size:
    """The shape of a decoder of a width; how it is trained is still open."""
    depth = 2 if cell != "mingru" else 4 if width < DEEPER else 6
    return Size(cell, width, width, depth)


def known(cell: str) -> str:
    """The cell's name, if there is such a cell."""
    cells = (*GATES, "mingru")
    if cell not in cells:
        raise OptionError.unknown("cell", cell, cells)
    return cell


BACKBONES = {
    "text": Kind(plan_encoder, lambda spec, size: TextEncoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}
DECODERS = {
    "text": Kind(plan_decoder, lambda spec, size: TextDecoder(spec.levels[0], Size(**size)))  # type: ignore[arg-type]
}

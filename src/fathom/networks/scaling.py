"""Compute and tokens to a language network's width, batch, regularisation and update rules.

One table for all networks that learn to continue texts; each network file adds only what its own
layers cost.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from torch import nn

from fathom.networks import Facts, Group, Plan
from fathom.networks.positions import Linear
from fathom.spec import Spec

MOST_PASSES = 32.0
SHORT = 300  # updates from which the rates below are the best ones
WIDTHS = range(64, 1025, 32)
LEAST_BATCH, LEAST_UPDATES = 32, 20  # examples an update, and updates a pass
# Passes over the text up to which so much is left out, and so fast weights fade.
DROPPED = ((2.0, 0.0), (6.0, 0.1), (16.0, 0.2), (math.inf, 0.3))
DECAYED = ((2.0, 0.002), (6.0, 0.005), (math.inf, 0.016))
EMBEDDING_RATE, MATRIX_RATE, RATE = 3e-3, 0.02, 1e-3


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What the size of every network that continues texts holds beside its shape.

    dropout: share of values that training leaves out; matrix_rate: Muon's, 0 for AdamW; decay: what
    an update at full rate takes off a matrix; memory: width of an encoder's features to look at, 0:
    none.
    """

    dropout: float = 0.0
    matrix_rate: float = 0.0
    decay: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Scale:
    """What the time, the machine and the text allow.

    weights: matrix weights, read-out included; epochs: passes over the text in the time there is;
    decay: what an update takes off a matrix at full rate; matrix_rate: Muon's, 0 for AdamW.
    """

    width: int
    weights: int
    epochs: float
    batch: int
    flops: float
    matrix_rate: float

    @property
    def dropout(self) -> float:
        """The more often the text is seen, the more is dropped."""
        return next(share for most, share in DROPPED if self.epochs <= most)

    @property
    def decay(self) -> float:
        """The more often the text is seen, the faster weights that are not renewed fade."""
        return next(share for most, share in DECAYED if self.epochs <= most)

    def plan(self, shape: Trained, memory: int) -> Plan:
        """A shape and how it wants to be trained: the rate is constant, then falls linearly."""
        size = replace(
            shape,
            dropout=self.dropout,
            matrix_rate=self.matrix_rate,
            decay=self.decay,
            memory=memory,
        )
        return Plan(
            asdict(size), batch=self.batch, epochs=MOST_PASSES, flops=self.flops, short=SHORT
        )


def scaled(spec: Spec, facts: Facts, layers: Callable[[int], int], *, width: int = 0) -> Scale:
    """The width whose weights the time can teach; `layers` are those of a width, without read-out.

    width: the one to take, 0: to be found. Six operations a weight and token, forward and backward;
    examples of the mean length.
    """
    tokens, examples = spec.levels[0], max(1, facts.examples)
    facts = replace(facts, tokens=facts.tokens or examples * spec.shape[0])
    positions = facts.tokens / examples
    wanted = weights_for(facts)
    width = width or min(WIDTHS, key=lambda width: abs(layers(width) - wanted))
    weights = layers(width) + tokens * width
    epochs = facts.seconds * facts.gflops * 1e9 / (6.0 * weights) / facts.tokens
    together = tokens_per_update(min(epochs, MOST_PASSES) * facts.tokens, width)
    return Scale(
        width=width,
        weights=weights,
        epochs=epochs,
        batch=batch_size(together / positions, examples),
        flops=6.0 * weights * positions,
        matrix_rate=MATRIX_RATE if facts.tokens >= 16 * width else 0.0,
    )


def weights_for(facts: Facts) -> float:
    """How many matrix weights learn most from the time and tokens there are.

    With C operations to spend, sqrt(C / 6): a token a weight. Muon learns so much from
    each token that ten tokens a weight, as long trainings have it, was far too narrow a network: of
    35 s, widths 64, 128 and 192 made 2.64, 2.29 and 2.30 bits a byte of Shakespeare. At most twelve
    weights a token.
    """
    compute = facts.seconds * facts.gflops * 1e9
    return min(math.sqrt(compute / 6), 12.0 * facts.tokens)


def tokens_per_update(seen: float, width: int) -> int:
    """A power of 2 that grows with the tokens to be seen, D: 11 D^0.383 (arXiv:2505.13738).

    Twice as many made 2.37 bits of the 2.30 in the same time, half as many 2.36. At least 8 widths:
    Muon's orthogonalisation costs as much as 4 widths of tokens.
    """
    power = round(math.log2(11 * max(1.0, seen) ** 0.383))
    return max(1024, min(32768, 1 << power), 8 * width)


def batch_size(wanted: float, examples: int) -> int:
    """As many examples an update as wanted, but so few that a pass has 20 updates; 32 are few.

    Where texts are short, the tokens that an update is to see are many examples: 1,024 of 2,040
    pairs of a word each.
    """
    return max(1, round(min(wanted, max(LEAST_BATCH, examples / LEAST_UPDATES))))


def rules(module: nn.Module, *, matrix_rate: float, decay: float) -> tuple[Group, ...]:
    """Muon for linear maps where it has a rate; AdamW, faster for embeddings, for all others.

    Only linear maps decay, by `decay` an update at full rate.
    """
    modules = dict(module.named_modules())
    names = [name for name, p in module.named_parameters() if p.requires_grad]
    owner = {name: modules[name.rpartition(".")[0]] for name in names}
    maps = tuple(name for name in names if isinstance(owner[name], Linear))
    tables = tuple(name for name in names if isinstance(owner[name], nn.Embedding))
    rest = tuple(name for name in names if name not in maps and name not in tables)
    groups = (
        Group(maps, "muon", matrix_rate, 0.95, weight_decay=decay / matrix_rate)
        if matrix_rate
        else Group(maps, "adamw", RATE, weight_decay=decay / RATE),
        Group(tables, "adamw", EMBEDDING_RATE),
        Group(rest, "adamw", RATE),
    )
    return tuple(group for group in groups if group.names)

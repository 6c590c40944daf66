"""How far an example is from what was learnt: what a network keeps badly does not belong.

Two measures become ranks among the validation rows and are averaged: the error of an example (of an
autoencoder the error of what it writes, of a VAE the negative evidence bound), and the distance
from its code to the fifth nearest code of training. A network that writes even odd examples well
still gives them codes where no other is.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.objectives import Loss, Objective, Tensors
from fathom.objectives.autoencoder import UNSET, Coding

REFERENCES = 5000
NEIGHBOUR = 5
LEVELS = 1001
FAR = 1e6
FALSE_ALARMS = 0.01  # of normal rows


class Anomaly(Objective):
    """Any objective that keeps examples, read as a detector.

    codes: of training examples, over `scale`. errors, distances: their quantiles on
    validation rows, by which measures become ranks. limit: the score that 99 of 100 validation rows
    stay below.
    """

    slow = True  # validation looks at the loss, which needs no labels

    codes: Tensor
    scale: Tensor
    errors: Tensor
    distances: Tensor
    limit: Tensor

    def __init__(self, coding: Coding) -> None:
        super().__init__()
        self.coding = coding
        self.couples = coding.couples
        length = coding.coder.code
        self.register_buffer("codes", torch.zeros(REFERENCES, length))
        self.register_buffer("scale", torch.ones(length))
        self.register_buffer("errors", torch.linspace(0, 1, LEVELS))
        self.register_buffer("distances", torch.linspace(0, 1, LEVELS))
        self.register_buffer("limit", torch.full((), UNSET))

    def initialise(self, batch: Batch) -> None:
        """As the objective inside."""
        self.coding.initialise(batch)

    def groups(self) -> tuple[Group, ...]:
        """As the objective inside."""
        return tuple(group.prefixed("coding") for group in self.coding.groups())

    def loss(self, batch: Batch) -> Loss:
        """As the objective inside."""
        return self.coding.loss(batch)

    def measures(self, inputs: Tensors) -> Float[Tensor, "B 2"]:
        """The error of each example, and the distance of its code to the fifth nearest."""
        found = self.coding.predict(inputs)
        near = torch.cdist(found["code"] / self.scale, self.codes)
        distance = near.topk(NEIGHBOUR, dim=1, largest=False).values[:, -1]
        return torch.stack([found.get("elbo", found["error"]), distance], dim=1)

    def score(self, measures: Float[Tensor, "B 2"]) -> Float[Tensor, " B"]:
        """The mean rank of both measures."""
        return (rank(measures[:, 0], self.errors) + rank(measures[:, 1], self.distances)) / 2

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`score` (B,), 0 to 1 for what is usual and more beyond; `answer` (B,): 1 is an alarm."""
        score = self.score(self.measures(inputs))
        return {"answer": (score > self.limit).long(), "score": score}

    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Store codes of training examples; set ranks and limit by the validation rows."""
        self.eval()
        seen: list[Tensor] = []
        for batch in train:
            seen.append(self.coding.predict(dict(batch.inputs))["code"])
            if sum(map(len, seen)) >= REFERENCES:
                break
        codes = torch.cat(seen)[:REFERENCES]
        self.scale.copy_(codes.std(dim=0).clamp_min(1e-3 * float(codes.std().clamp_min(1e-6))))
        rows = torch.arange(REFERENCES) % len(codes)
        self.codes.fill_(FAR)  # fewer codes than places: the rest are never near
        self.codes[: len(codes)] = codes[rows[: len(codes)]] / self.scale
        held = [(b.inputs, b.targets["target"]) for b in valid]
        found = [self.measures(dict(inputs)) for inputs, _ in held]
        if not found:
            return
        odd = torch.cat([target for _, target in held]) > 0
        clean = torch.cat(found)[~odd]
        levels = torch.linspace(0, 1, LEVELS)
        for place, known in enumerate((self.errors, self.distances)):
            known.copy_(torch.quantile(clean[:, place], levels))
        self.limit.copy_(torch.quantile(self.score(clean), 1 - FALSE_ALARMS))


def rank(x: Float[Tensor, " B"], levels: Float[Tensor, " L"]) -> Float[Tensor, " B"]:
    """The share of levels below x; beyond the last, more by its distance in units of the last."""
    places: Int[Tensor, " B"] = torch.searchsorted(levels, x.contiguous())
    beyond = (x / levels[-1].abs().clamp_min(1e-12) - 1).clamp_min(0)
    return places / len(levels) + beyond.log1p()

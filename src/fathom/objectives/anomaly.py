"""How far an example is from what was learnt: what lies where no other does is not one of them.

An example's place is its code and, as one coordinate more, what the code lost: the root of its
error (of a VAE, its negative evidence bound). The score is the distance to the fifth nearest place
of training. A network that writes even odd examples well still gives them codes where no other is,
and one that writes an example badly puts it far away by that coordinate alone.

Ranks of the two measures, averaged, were worse: on validation rows of annthyroid the error alone
reaches an area of .67, the codes alone .94, their mean rank .88.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.objectives import Loss, Objective, Tensors
from fathom.objectives.autoencoder import UNSET, Coding

REFERENCES = 5000
NEIGHBOUR = 5
FAR = 1e6
FALSE_ALARMS = 0.01  # of normal rows


class Anomaly(Objective):
    """Any objective that keeps examples, read as a detector.

    places: of training examples, each coordinate over its `scale`. limit: the distance that 99 of
    100 normal validation rows stay below.
    """

    slow = True  # validation looks at the loss, which needs no labels

    places: Tensor
    scale: Tensor
    limit: Tensor

    def __init__(self, coding: Coding) -> None:
        super().__init__()
        self.coding = coding
        self.couples = coding.couples
        width = coding.coder.code + 1
        self.register_buffer("places", torch.zeros(REFERENCES, width))
        self.register_buffer("scale", torch.ones(width))
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

    def place(self, inputs: Tensors) -> Float[Tensor, "B E"]:
        """The code of each example, and what it lost."""
        found = self.coding.predict(inputs)
        lost = found["elbo"] if "elbo" in found else found["error"].sqrt()
        return torch.cat([found["code"], lost[:, None]], dim=1)

    def distance(self, places: Float[Tensor, "B E"]) -> Float[Tensor, " B"]:
        """To the fifth nearest place of training."""
        near = torch.cdist(places / self.scale, self.places)
        return near.topk(NEIGHBOUR, dim=1, largest=False).values[:, -1]

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`score` (B,), the distance; `answer` (B,): 1 is an alarm."""
        score = self.distance(self.place(inputs))
        return {"answer": (score > self.limit).long(), "score": score}

    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Store places of training examples; set the limit by the normal validation rows."""
        self.eval()
        seen: list[Tensor] = []
        for batch in train:
            seen.append(self.place(dict(batch.inputs)))
            if sum(map(len, seen)) >= REFERENCES:
                break
        known = torch.cat(seen)[:REFERENCES]
        spread = known.std(dim=0)
        self.scale.copy_(spread.clamp_min(1e-3 * float(spread.max()) + 1e-9))
        self.places.fill_(FAR)  # fewer examples than room: the rest is never near
        self.places[: len(known)] = known / self.scale
        held = [(self.place(dict(b.inputs)), b.targets["target"]) for b in valid]
        if held:
            normal = torch.cat([place[target <= 0] for place, target in held])
            self.limit.copy_(torch.quantile(self.distance(normal), 1 - FALSE_ALARMS))

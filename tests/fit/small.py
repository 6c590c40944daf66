"""A small objective and feed that the loop's tests share."""

import numpy as np
import torch
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.data.seeds import generator
from fathom.fit.loop import Feed
from fathom.networks import Group
from fathom.objectives import Loss, Objective, Tensors

ROWS = 60


class Line(Objective):
    """Two linear layers with dropout; squared error."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(3, 8)
        self.second = nn.Linear(8, 1)

    def loss(self, batch: Batch) -> Loss:
        hidden = torch.dropout(torch.tanh(self.first(batch.inputs["x"])), 0.2, self.training)
        terms = (self.second(hidden)[:, 0] - batch.targets["target"]).square()
        return Loss(terms.sum(), torch.tensor(float(len(terms))), {"squares": terms.detach().sum()})

    def predict(self, inputs: Tensors, options: object = None) -> Tensors:
        return {"answer": self.second(torch.tanh(self.first(inputs["x"])))[:, 0]}

    def groups(self) -> tuple[Group, ...]:
        return (
            Group(("first.weight",), "muon", 0.02),
            Group(("first.bias", "second.weight", "second.bias"), "adamw", 0.01),
        )


class Points(Feed):
    """Points near a plane; `spoilt` maps an update to the value put into its first example."""

    def __init__(self, size: int = 20, spoilt: dict[int, float] | None = None) -> None:
        drawn = generator(1, "points")
        self.x = torch.randn(ROWS, 3, generator=drawn)
        self.y = self.x.sum(dim=1) + 0.1 * torch.randn(ROWS, generator=drawn)
        self.size = size
        self.spoilt = spoilt or {}

    def at(self, update: int, share: float) -> Batch:
        rows = np.arange(update * self.size, (update + 1) * self.size) % ROWS
        x: Tensor = self.x[rows].clone()
        if update in self.spoilt:
            x[0] = self.spoilt[update]
        return Batch({"x": x}, {"target": self.y[rows]}, torch.from_numpy(rows))

"""Diffusion on rows: what is learnt of two classes, and that a sample knows none beside it."""

import torch

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.networks.flow_row import FlowRow, Size
from fathom.objectives.diffusion import Diffusion, Drawing

SMALL = Size(width=32, blocks=2, classes=2, dropout=0.0)


def test_two_classes_are_learnt_and_drawn_the_same_in_any_company() -> None:
    """Class 1 lies at (1, -1), class 2 at (-1, 1), each with a deviation of 0.1."""
    torch.manual_seed(0)
    drawing = Drawing(steps=8)
    objective = Diffusion(FlowRow(2, SMALL), field="row", shape=(2,), classes=2, drawing=drawing)
    wish = torch.arange(256) % 2 + 1
    middle = torch.where(wish == 1, 1.0, -1.0)[:, None] * torch.tensor([[1.0, -1.0]])
    optimizer = Optimizer(objective, objective.groups())
    for update in range(200):
        x = middle + 0.1 * torch.randn(256, 2)
        optimizer.zero_grad()
        loss = objective.loss(Batch({"row": x}, {"target": wish}, torch.arange(256)))
        (loss.total / loss.count).backward()
        optimizer.step(1 - update / 200, update / 200)
    objective.eval()
    with torch.no_grad():
        asked = torch.tensor([1, 2] * 40)
        drawn = objective.predict({"sample": torch.arange(80), "wish": asked})["answer"]
        alone = objective.predict({"sample": torch.tensor([7]), "wish": asked[7:8]})["answer"]
    assert drawn.shape == (80, 2)
    torch.testing.assert_close(
        drawn[asked == 1].mean(0), torch.tensor([1.0, -1.0]), atol=0.15, rtol=0
    )
    torch.testing.assert_close(
        drawn[asked == 2].mean(0), torch.tensor([-1.0, 1.0]), atol=0.15, rtol=0
    )
    assert torch.equal(drawn[7:8], alone)

"""The computing type is the faster one that agrees with float32."""

import pytest
import torch
from small import Points
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.fit import precision
from fathom.fit.precision import probe
from fathom.networks import Group
from fathom.objectives import Loss, Objective


class Typed(Objective):
    """A line that computes in its type; `wrong`: turned round in any but float32."""

    def __init__(self, *, wrong: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.wrong = wrong
        self.dtype = torch.float32
        self.line = nn.Linear(3, 1)

    def answer(self, x: Tensor) -> Tensor:
        line = nn.functional.linear(x.to(self.dtype), self.line.weight.to(self.dtype))[:, 0].float()
        return -line if self.wrong and self.dtype != torch.float32 else line

    def loss(self, batch: Batch) -> Loss:
        terms = (self.answer(batch.inputs["x"]) - batch.targets["target"]).square()
        return Loss(terms.sum(), torch.tensor(float(len(terms))), {})

    def groups(self) -> tuple[Group, ...]:
        return (Group(("line.weight",), "adamw", 0.01),)


@pytest.mark.parametrize(
    ("taken", "wrong", "chosen"),
    [
        ({"float32": 1.0, "bfloat16": 0.5}, False, "bfloat16"),
        ({"float32": 1.0, "bfloat16": 0.98}, False, "float32"),
        ({"float32": 1.0, "bfloat16": 3.0}, False, "float32"),
        ({"float32": 1.0, "bfloat16": 0.5}, True, "float32"),
    ],
)
def test_the_faster_type_that_agrees_is_chosen(
    monkeypatch: pytest.MonkeyPatch, taken: dict[str, float], wrong: bool, chosen: str
) -> None:
    def seconds(objective: Typed, draw: object, limit: float) -> float:
        return taken[str(objective.dtype).removeprefix("torch.")]

    monkeypatch.setattr(precision, "step_seconds", seconds)
    found = probe(Typed(wrong=wrong), Points().at(0, 0.0), seconds=1.0)
    assert found.precision == chosen
    assert found.step_s == taken[chosen]
    assert ("disagrees" in found.reason) == wrong


def test_float32_alone_is_probed_where_it_is_asked_for() -> None:
    found = probe(Typed(wrong=False), Points().at(0, 0.0), seconds=0.1, lowest="float32")
    assert found.precision == "float32"
    assert found.step_s > 0

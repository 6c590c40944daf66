"""The temperature that validation asks for, worked by hand."""

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Facts
from fathom.networks.join import Join
from fathom.networks.registry import NETWORKS
from fathom.objectives.classification import Classification, Labels
from fathom.spec import Spec

COUNT = 30
SURE = (COUNT + 1) / (COUNT + 2)


def join() -> Join:
    kind, spec = NETWORKS["mlp"]["row"], Spec("row", (1,))
    return Join({"row": kind.build(spec, kind.plan(spec, Facts(COUNT, 2, 1.0)).size)})


class Scored(Classification):
    """Its scores are its inputs."""

    def read(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        return inputs["row"], inputs["row"]


class ScoredLabels(Labels, Scored):
    """The same of labels."""


def scores(target: Tensor, ahead: float) -> Tensor:
    """Of one member: the truth is so far ahead of all others."""
    return ahead * torch.nn.functional.one_hot(target).float()[:, None]


@pytest.mark.parametrize("classes", [2, 3])
def test_without_an_error_the_probability_is_that_of_one_error_in_n_plus_2(classes: int) -> None:
    objective, target = Scored(join(), classes), torch.arange(COUNT) % classes
    objective.calibrate([Batch({"row": scores(target, 6.0)}, {"target": target}, target)])
    odds = SURE / ((1 - SURE) / (classes - 1))
    assert float(objective.temperature) == pytest.approx(6.0 / math.log(odds), rel=5e-3)


def test_labels_without_an_error_are_believed_alike() -> None:
    objective, target = ScoredLabels(join(), 2), torch.eye(2).repeat(COUNT // 2, 1)
    rows = 6.0 * (target[:, None] - 0.5)
    objective.calibrate([Batch({"row": rows}, {"target": target}, torch.arange(COUNT))])
    expected = 3.0 / math.log(SURE / (1 - SURE))
    assert float(objective.temperature) == pytest.approx(expected, rel=5e-3)


def test_errors_that_were_seen_cool_further() -> None:
    objective, target = Scored(join(), 2), torch.arange(COUNT) % 2
    told = scores(target, 6.0)
    told[:5] = scores(1 - target, 6.0)[:5]
    objective.calibrate([Batch({"row": told}, {"target": target}, target)])
    right = (25 * SURE + 5 * (1 - SURE)) / COUNT
    expected = 6.0 / math.log(right / (1 - right))
    assert float(objective.temperature) == pytest.approx(expected, rel=5e-3)

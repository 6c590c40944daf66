"""Which fields networks are initialised on."""

import numpy as np
import torch

from fathom.data.batches import Examples
from fathom.data.ragged import Ragged
from fathom.spec import Spec
from fathom.train.feeds import shown


def test_bags_are_not_shown_and_all_else_stays() -> None:
    bag = Ragged(torch.tensor([1, 2, 3]), np.array([0, 1, 3]), weights=torch.ones(3))
    row, target = torch.ones(2, 4), torch.tensor([0, 1])
    examples = Examples({"terms": bag, "row": row}, {"target": target}, {})
    specs = {"terms": Spec("bag", (2,), levels=(4,)), "row": Spec("row", (4,))}
    found = shown(examples, specs)
    assert list(found.inputs) == ["row"]
    assert found.inputs["row"] is row and found.targets["target"] is target
    assert list(examples.inputs) == ["terms", "row"]

"""Rows that look at the same example: put together, taken apart, and kept without copies."""

import pytest
import torch

from fathom.networks.sharing import apart, taken, together


def test_rows_of_an_example_become_its_positions_and_rows_again() -> None:
    x = torch.arange(24.0).view(6, 2, 2)
    found = together(x, 3)
    assert found.shape == (2, 6, 2)
    assert torch.equal(found[1, :2], x[3])
    assert torch.equal(apart(found, 3), x)
    assert together(x, 1) is x


@pytest.mark.parametrize(
    ("rows", "each", "examples", "beside"),
    [
        ([0, 0, 1, 1, 2, 2], 1, [0, 1, 2], 2),
        ([1, 0, 3, 3, 4, 5], 2, [0, 1, 2], 2),
        ([0, 1, 4, 4], 2, [0, 2], 2),
        ([2, 0, 0, 1], 1, [2, 0, 0, 1], 1),
        ([4, 5, 0, 1], 2, [2, 0], 2),
        ([], 2, [], 1),
    ],
)
def test_what_rows_look_at(rows: list[int], each: int, examples: list[int], beside: int) -> None:
    parts = (torch.tensor([10, 11, 12]), torch.tensor([[1.0], [2.0], [3.0]]))
    (names, values), count = taken(parts, torch.tensor(rows, dtype=torch.int64), each)
    assert names.tolist() == [10 + example for example in examples]
    assert values[:, 0].tolist() == [1.0 + example for example in examples]
    assert count == beside
    assert (names is parts[0]) == (examples == [0, 1, 2])

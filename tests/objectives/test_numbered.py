"""Samples by number: the same alone and among others, of the class that is due."""

import torch
from torch import Tensor

from fathom.objectives.numbered import ANY, alone, in_turn


def test_each_class_has_its_turn_unless_one_is_wished_for() -> None:
    numbers = torch.tensor([0, 1, 2, 3, 7])
    assert in_turn(numbers, 3, ANY).tolist() == [1, 2, 3, 1, 2]
    assert in_turn(numbers, 3, 2).tolist() == [2] * 5
    assert in_turn(numbers, 0, ANY).tolist() == [ANY] * 5


def test_as_many_are_always_drawn_and_only_those_asked_for_come_back() -> None:
    seen: list[tuple[list[int], list[int]]] = []

    def draw(numbers: Tensor, wish: Tensor) -> Tensor:
        seen.append((numbers.tolist(), wish.tolist()))
        return torch.stack([numbers, wish], dim=1).float()

    numbers, wish = torch.tensor([5, 6, 7, 8, 9]), torch.tensor([1, 2, 1, 2, 1])
    found = alone(draw, numbers, wish, 3)
    assert found.tolist() == [[5, 1], [6, 2], [7, 1], [8, 2], [9, 1]]
    assert seen == [([5, 6, 7], [1, 2, 1]), ([8, 9, 0], [2, 1, 0])]
    assert alone(draw, numbers[:0], wish[:0], 3).shape == (0, 2)

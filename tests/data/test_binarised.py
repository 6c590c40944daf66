"""Pixels drawn on or off: how often, by which generator."""

import pytest
import torch

from fathom.data.binarised import drawn_anew


def test_pixels_are_on_as_often_as_they_are_bright() -> None:
    torch.manual_seed(0)
    values = torch.tensor([0.0, 1 / 255, 0.25, 0.6, 254 / 255, 1.0]).expand(60_001, 6)
    drawn = drawn_anew(values)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    share = drawn.mean(0)
    torch.testing.assert_close(share, values[0], atol=0.006, rtol=0)
    assert float(share[0]) == 0.0
    assert float(share[5]) == 1.0
    neighbours = torch.corrcoef(drawn[:, 2:4].T)
    assert float(neighbours[0, 1]) == pytest.approx(0.0, abs=0.02)


def test_equal_seeds_draw_equal_pixels() -> None:
    values = torch.full((3, 5), 0.5)
    torch.manual_seed(1)
    first, second = drawn_anew(values), drawn_anew(values)
    torch.manual_seed(1)
    assert torch.equal(drawn_anew(values), first)
    assert not torch.equal(first, second)

"""Order, ends, windows and dropout of positions, by hand."""

import pytest
import torch

from fathom.networks.positions import (
    Linear,
    locked_dropout,
    normalised,
    real_positions,
    squared_relu,
    token_dropout,
    turned,
    turning,
    windows,
    with_largest,
)


def test_only_real_positions_turn_and_twice_is_once_back() -> None:
    x = torch.arange(1.0, 11.0).view(2, 5, 1)
    order = turning(x, torch.tensor([3, 5]))
    once = turned(x, order)
    assert once[..., 0].tolist() == [[3, 2, 1, 4, 5], [10, 9, 8, 7, 6]]
    assert torch.equal(turned(once, order), x)
    assert torch.equal(turned(x, turning(x, None)), x.flip(1))


def test_an_empty_text_counts_its_first_position() -> None:
    real = real_positions(torch.zeros(3, 2, 1), torch.tensor([0, 1, 2]))
    assert real.tolist() == [[True, False], [True, False], [True, True]]


def test_the_largest_of_real_positions_stands_beside_each() -> None:
    x = torch.tensor([[[1.0, -3.0], [-2.0, -1.0], [9.0, 9.0]]])
    values = with_largest(x, real_positions(x, torch.tensor([2])))
    assert values[0, :, 2:].tolist() == [[1.0, -1.0]] * 3
    assert torch.equal(values[..., :2], x)


def test_windows_look_back_the_oldest_first() -> None:
    x = torch.arange(6.0).view(1, 6, 1)
    assert windows(x, 3)[0].tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert windows(x, 3, dilation=2)[0].tolist() == [[0, 2, 4], [1, 3, 5]]


def test_dropout_is_alike_at_all_positions_or_for_all_features() -> None:
    torch.manual_seed(0)
    x = torch.ones(4, 6, 50)
    locked, tokens = locked_dropout(x, 0.5, True), token_dropout(x, 0.5, True)
    assert torch.equal(locked, locked[:, :1].expand_as(locked))
    assert torch.equal(tokens, tokens[..., :1].expand_as(tokens))
    for dropped in (locked, tokens):
        assert set(dropped.flatten().tolist()) == {0.0, 2.0}
    assert locked_dropout(x, 0.5, False) is x and token_dropout(x, 0.5, False) is x


def test_a_normalised_vector_has_mean_zero_and_mean_square_one() -> None:
    values = normalised(2 + 5 * torch.randn(3, 64))
    torch.testing.assert_close(values.mean(dim=-1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(values.square().mean(dim=-1), torch.ones(3))


def test_a_squared_rectifier_and_its_slope() -> None:
    x = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    values = squared_relu(x)
    assert values.tolist() == [0, 0, 9]
    (10 * values).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0, 0, 60]


@pytest.mark.parametrize("stack", [1, 2])
def test_a_linear_map_computes_in_the_type_of_its_input(stack: int) -> None:
    torch.manual_seed(0)
    layer = Linear(300, 40, stack=stack)
    x = torch.randn(5, 300)
    torch.testing.assert_close(layer(x), x @ layer.weight.view(40, 300).T)
    assert layer(x.bfloat16()).dtype == torch.bfloat16
    assert float(layer(x).detach().std()) == pytest.approx(1.0, rel=0.2)
    assert not Linear(3, 4, silent=True).weight.any()

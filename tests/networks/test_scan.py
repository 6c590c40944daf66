"""The scan and the convolution against plain loops, values and gradients."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fathom.data.seeds import generator
from fathom.networks.scan import depthwise, gated_scan


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=generator(0, *shape), dtype=torch.float64).to(dtype)


def looped(mixed: Tensor, start: Tensor) -> Tensor:
    gate, candidate = mixed.chunk(2, dim=-1)
    state, states = start, []
    for place in range(mixed.shape[1]):
        z = torch.sigmoid(gate[:, place])
        state = (1 - z) * state + z * candidate[:, place]
        states.append(state)
    return torch.stack(states, dim=1)


@pytest.mark.parametrize("positions", [1, 2, 7, 16, 33, 64, 100])
def test_states_and_slopes_are_those_of_a_loop(positions: int) -> None:
    mixed, start, slope = drawn(3, positions, 10), drawn(3, 5), drawn(3, positions, 5)
    ours, theirs = mixed.clone().requires_grad_(), mixed.clone().requires_grad_()
    states, last = gated_scan(ours, start)
    expected = looped(theirs, start)
    torch.testing.assert_close(states, expected)
    torch.testing.assert_close(last, expected[:, -1])
    states.backward(slope)
    expected.backward(slope)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_the_slope_agrees_with_differences() -> None:
    start = drawn(2, 3)
    mixed = drawn(2, 5, 6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: gated_scan(x, start)[0], mixed)


def test_gates_that_are_shut_or_open_give_finite_values_and_slopes() -> None:
    mixed = torch.zeros(1, 300, 2)
    mixed[0, :150, 0], mixed[0, 150:, 0] = -200.0, 200.0
    mixed[..., 1] = torch.arange(300)
    mixed.requires_grad_()
    states, _ = gated_scan(mixed, torch.full((1, 1), 7.0))
    assert torch.equal(states[0, :150, 0], torch.full((150,), 7.0))
    assert torch.equal(states[0, 150:, 0], torch.arange(150.0, 300.0))
    states.sum().backward()
    assert mixed.grad is not None and bool(torch.isfinite(mixed.grad).all())


def test_a_long_memory_survives_bfloat16() -> None:
    mixed = torch.zeros(1, 400, 2)
    mixed[..., 0], mixed[..., 1] = -7.0, 1.0  # z = 1/1097
    states, last = gated_scan(mixed.bfloat16(), torch.zeros(1, 1))
    assert states.dtype == torch.bfloat16 and last.dtype == torch.float32
    assert float(last) == pytest.approx(
        1 - (1 - torch.sigmoid(torch.tensor(-7.0)).item()) ** 400, rel=1e-3
    )


def test_slopes_in_bfloat16_are_near_those_in_float64() -> None:
    mixed, start, slope = drawn(4, 50, 12), drawn(4, 6).float(), drawn(4, 50, 6)
    exact, rough = mixed.clone().requires_grad_(), mixed.bfloat16().requires_grad_()
    gated_scan(exact, start.double())[0].backward(slope)
    gated_scan(rough, start)[0].backward(slope.bfloat16())
    assert exact.grad is not None and rough.grad is not None
    error = (rough.grad.double() - exact.grad).norm() / exact.grad.norm()
    assert float(error) < 1e-2


def test_the_convolution_is_torch_s_grouped_one() -> None:
    x, weight = drawn(2, 9, 5).requires_grad_(), drawn(4, 5).requires_grad_()
    again, kernel = x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    slope = drawn(2, 6, 5)
    ours = depthwise(x, weight)
    theirs = functional.conv1d(again.mT, kernel.T[:, None], groups=5).mT
    torch.testing.assert_close(ours, theirs)
    ours.backward(slope)
    theirs.backward(slope)
    torch.testing.assert_close(x.grad, again.grad)
    torch.testing.assert_close(weight.grad, kernel.grad)

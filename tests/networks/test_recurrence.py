"""Every cell against torch's module or its own equations, its state and its dropped weights."""

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fathom.data.seeds import generator
from fathom.networks.recurrence import CONVOLVED, Kernel, MinGRU

MODULES: Mapping[str, Callable[..., nn.RNNBase]] = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator(0, *shape))


def pair(cell: str) -> tuple[Kernel, nn.RNNBase]:
    torch.manual_seed(0)
    ours, theirs = Kernel(cell, 5, 7), MODULES[cell](5, 7, batch_first=True)
    ours.load_state_dict(
        {
            "inputs": theirs.weight_ih_l0,
            "recurrent": theirs.weight_hh_l0,
            "bias": theirs.bias_ih_l0,
            "recurrent_bias": theirs.bias_hh_l0,
        }
    )
    return ours, theirs


@pytest.mark.parametrize("cell", MODULES)
def test_a_kernel_gives_the_values_state_and_slopes_of_torch_s_module(cell: str) -> None:
    ours, theirs = pair(cell)
    x = drawn(3, 6, 5)
    values, state = ours(x, ours.begin(3))
    expected, after = theirs(x)
    torch.testing.assert_close(values, expected)
    torch.testing.assert_close(state[0], (after[0] if cell == "lstm" else after)[0])
    values.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(ours.inputs.grad, theirs.weight_ih_l0.grad)
    torch.testing.assert_close(ours.recurrent.grad, theirs.weight_hh_l0.grad)
    torch.testing.assert_close(ours.recurrent_bias.grad, theirs.bias_hh_l0.grad)


def test_elman_by_hand() -> None:
    cell = Kernel("elman", 1, 1)
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (2.0, -1.0, 0.5, 0.25), strict=True):
            parameter.fill_(value)
    values, _ = cell(torch.tensor([[[1.0], [0.0]]]), cell.begin(1))
    first = torch.tanh(torch.tensor(2.75))
    second = torch.tanh(0.75 - first)
    torch.testing.assert_close(values.flatten(), torch.stack([first, second]))


@pytest.mark.parametrize("cell", [*MODULES, "mingru"])
@pytest.mark.parametrize("training", [True, False])
def test_parts_of_a_sequence_give_what_the_whole_gives(cell: str, training: bool) -> None:
    torch.manual_seed(0)
    module = MinGRU(6, 9) if cell == "mingru" else Kernel(cell, 6, 9)
    if isinstance(module, MinGRU):
        nn.init.normal_(module.out.weight)
        nn.init.normal_(module.look)
    module.train(training)
    x = drawn(2, 12, 6)
    whole, last = module(x, module.begin(2))
    state, parts = module.begin(2), []
    for part in x.split([1, 5, 2, 4], dim=1):
        values, state = module(part, state)
        parts.append(values)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    for one, other in zip(state, last, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("cell", MODULES)
def test_a_kernel_that_only_predicts_can_still_be_differentiated(cell: str) -> None:
    module = Kernel(cell, 3, 4).eval()
    x = drawn(2, 5, 3).requires_grad_()
    module(x, module.begin(2))[0].sum().backward()
    assert x.grad is not None and float(x.grad.abs().sum()) > 0


def test_dropped_weights_are_the_same_at_every_step_and_none_when_predicting() -> None:
    torch.manual_seed(0)
    module = Kernel("elman", 2, 40, disconnect=0.5)
    with torch.no_grad():
        module.inputs.zero_()
        module.recurrent.copy_(torch.eye(40))
    one = (torch.full((1, 40), 1e-4),)
    x = torch.zeros(1, 3, 2)
    values, _ = module(x, one)
    kept = values[0] > 0
    assert 8 < int(kept[0].sum()) < 32
    assert torch.equal(kept[0], kept[2])
    torch.testing.assert_close(values[0, 2][kept[2]], torch.full_like(values[0, 2][kept[2]], 8e-4))
    torch.testing.assert_close(module.eval()(x, one)[0], torch.full((1, 3, 40), 1e-4))


def test_a_mingru_is_its_equations() -> None:
    torch.manual_seed(0)
    module = MinGRU(4, 6)
    nn.init.normal_(module.out.weight)
    nn.init.normal_(module.look)
    x = drawn(2, 7, 4)
    values, _ = module(x, module.begin(2))
    padded = functional.pad(x, (0, 0, CONVOLVED - 1, 0))
    state, expected = torch.zeros(2, 6), []
    for place in range(7):
        seen = (padded[:, place : place + CONVOLVED] * module.look).sum(dim=1)
        gate, candidate = (
            seen @ w.T + b for w, b in zip(module.mix.weight, module.bias, strict=True)
        )
        z = torch.sigmoid(gate)
        state = (1 - z) * state + z * candidate
        expected.append(state @ module.out.weight.T)
    torch.testing.assert_close(values, torch.stack(expected, dim=1))


def test_a_mingru_remembers_from_one_position_to_many_at_first() -> None:
    bias = MinGRU(8, 32).bias[0].detach()
    kept = 1 - torch.sigmoid(bias)
    spans = -1 / kept.log()
    assert float(spans.min()) == pytest.approx(1.0)
    assert float(spans.max()) == pytest.approx(256.0, rel=1e-3)

"""Each rule against torch's own, and the state that continues bit for bit."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fathom.fit.optimizer import Optimizer, orthogonalised
from fathom.networks import Group


def module(*shapes: tuple[int, ...]) -> Any:
    generator = torch.Generator().manual_seed(3)
    network = nn.Module()
    for place, shape in enumerate(shapes):
        values = torch.randn(shape, generator=generator)
        network.register_parameter(f"p{place}", nn.Parameter(values))
    return network


def set_gradients(network: nn.Module, update: int) -> None:
    generator = torch.Generator().manual_seed(100 + update)
    for parameter in network.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def names(network: nn.Module) -> tuple[str, ...]:
    return tuple(dict(network.named_parameters()))


def run(network: nn.Module, optimizer: Optimizer, updates: range) -> None:
    for update in updates:
        set_gradients(network, update)
        optimizer.step(1.0 - update / 20, update / 10)


def values(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def against_torch(
    network: nn.Module, group: Group, twin: nn.Module, reference: torch.optim.Optimizer
) -> None:
    """Four updates by us and by torch; then both hold the same numbers."""
    optimizer = Optimizer(network, (group,))
    for update in range(4):
        set_gradients(network, update)
        set_gradients(twin, update)
        factor = 1.0 - update / 8
        for torch_group in reference.param_groups:
            torch_group["lr"] = group.rate * factor
        optimizer.step(factor)
        reference.step()
    tolerance = 5e-3 if group.rule == "muon" else 1e-6
    for ours, theirs in zip(values(network), values(twin), strict=True):
        torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


def test_adamw_agrees_with_torch() -> None:
    shapes = ((5, 7), (3,), (2, 3, 3, 3))
    ours, twin = module(*shapes), module(*shapes)
    group = Group(names(ours), "adamw", rate=0.01, momentum=0.9, second=0.95, weight_decay=0.1)
    reference = torch.optim.AdamW(twin.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    against_torch(ours, group, twin, reference)


def test_nesterov_agrees_with_torch() -> None:
    ours, twin = module((5, 7), (3,)), module((5, 7), (3,))
    group = Group(names(ours), "nesterov", rate=0.1, momentum=0.85)
    reference = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.85, nesterov=True)
    against_torch(ours, group, twin, reference)


def test_nesterov_decay_is_decoupled_from_the_gradient() -> None:
    network = module((4,))
    before = values(network)[0]
    optimizer = Optimizer(network, (Group(("p0",), "nesterov", rate=0.1, weight_decay=0.5),))
    network.p0.grad = torch.zeros(4)
    optimizer.step(0.5)
    torch.testing.assert_close(network.p0.detach(), before * (1 - 0.05 * 0.5))


def test_muon_agrees_with_torch() -> None:
    shapes = ((8, 4), (8, 4), (4, 16), (8, 4), (6, 6))
    ours, twin = module(*shapes), module(*shapes)
    group = Group(names(ours), "muon", rate=0.1, momentum=0.9, weight_decay=0.1)
    reference = torch.optim.Muon(
        twin.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1, adjust_lr_fn="original"
    )
    against_torch(ours, group, twin, reference)


@pytest.mark.parametrize(
    ("joined", "apart"), [((6, 2, 3, 3), ((6, 18),)), ((2, 5, 3), ((5, 3), (5, 3)))]
)
def test_muon_takes_a_kernel_as_a_matrix_and_three_axes_as_a_stack(
    joined: tuple[int, ...], apart: tuple[tuple[int, ...], ...]
) -> None:
    one, other = module(joined), module(*apart)
    optimizers = [Optimizer(n, (Group(names(n), "muon", rate=0.1),)) for n in (one, other)]
    flat = torch.randn(4, one.p0.numel(), generator=torch.Generator().manual_seed(5))
    pieces = flat.reshape(4, len(apart), -1)
    with torch.no_grad():
        one.p0.copy_(flat[0].view(joined))
        for parameter, piece in zip(other.parameters(), pieces[0], strict=True):
            parameter.copy_(piece.view_as(parameter))
    for update in range(1, 4):
        one.p0.grad = flat[update].view(joined).clone()
        for parameter, piece in zip(other.parameters(), pieces[update], strict=True):
            parameter.grad = piece.view_as(parameter).clone()
        for optimizer in optimizers:
            optimizer.step()
    theirs = torch.cat([value.flatten() for value in values(other)])
    torch.testing.assert_close(values(one)[0].flatten(), theirs, atol=5e-3, rtol=0)


def test_orthogonalised_matrices_have_singular_values_near_one() -> None:
    for shape in ((3, 8, 20), (20, 8)):
        matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        singular = torch.linalg.svdvals(orthogonalised(matrices).float())
        assert singular.min() > 0.6 and singular.max() < 1.3


def test_normalised_filters_have_norm_root_of_their_number() -> None:
    network = module((9, 4, 3, 3))
    optimizer = Optimizer(network, (Group(("p0",), "muon", rate=0.1, normalise=True),))
    set_gradients(network, 0)
    optimizer.step(1e-9)
    assert network.p0.norm().item() == pytest.approx(3.0, rel=1e-4)


GROUPS = (
    Group(("p0", "p3"), "muon", rate=0.1, momentum=0.6, normalise=True),
    Group(("p1",), "adamw", rate=0.01),
    Group(("p2",), "nesterov", rate=0.1, until=0.35),
)
SHAPES = ((4, 2, 3, 3), (5,), (6,), (4, 2, 3, 3))


def test_loading_continues_bit_for_bit() -> None:
    whole = module(*SHAPES)
    run(whole, Optimizer(whole, GROUPS), range(8))

    first = module(*SHAPES)
    optimizer = Optimizer(first, GROUPS)
    run(first, optimizer, range(5))
    kept = {name: tensor.clone() for name, tensor in optimizer.state().items()}

    second = module(*SHAPES)
    second.load_state_dict(first.state_dict())
    resumed = Optimizer(second, GROUPS)
    resumed.load(kept)
    assert not second.p2.requires_grad
    run(second, resumed, range(5, 8))
    assert all(torch.equal(a, b) for a, b in zip(values(whole), values(second), strict=True))


def test_a_group_freezes_at_its_share_and_thaws_with_an_older_state() -> None:
    network = module(*SHAPES)
    optimizer = Optimizer(network, GROUPS)
    older = {name: tensor.clone() for name, tensor in optimizer.state().items()}
    run(network, optimizer, range(4))
    frozen = network.p2.detach().clone()
    run(network, optimizer, range(4, 6))
    assert torch.equal(network.p2, frozen) and not network.p2.requires_grad
    optimizer.load(older)
    assert network.p2.requires_grad


def test_parameters_without_gradient_stay() -> None:
    network = module(*SHAPES)
    optimizer = Optimizer(network, GROUPS)
    before = values(network)
    set_gradients(network, 0)
    network.p1.grad = network.p3.grad = None
    optimizer.step()
    after = values(network)
    moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert moved == [True, False, True, False]
    assert len(optimizer.gradients()) == 2
    optimizer.zero_grad()
    assert optimizer.gradients() == []


def test_gradients_in_another_memory_order_are_read_right() -> None:
    network, twin = module((3, 4, 5, 5)), module((3, 4, 5, 5))
    for owner in (network, twin):
        set_gradients(owner, 0)
    network.p0.grad = network.p0.grad.to(memory_format=torch.channels_last)
    for owner in (network, twin):
        Optimizer(owner, (Group(("p0",), "adamw", rate=0.1),)).step()
    assert torch.equal(network.p0, twin.p0)


def test_state_that_does_not_fit_is_refused() -> None:
    network = module((3,))
    optimizer = Optimizer(network, (Group(("p0",), "adamw", rate=0.1),))
    with pytest.raises(ValueError, match=r"p0\.mean"):
        optimizer.load({"frozen": torch.zeros(1)})


@pytest.mark.parametrize("wrong", [("p0", "p0"), ("p0", "missing")])
def test_wrong_names_are_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=wrong[1]):
        Optimizer(module((3,)), (Group(wrong, "adamw", rate=0.1),))

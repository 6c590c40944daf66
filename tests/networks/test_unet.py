"""The U-net for pictures of any size, by noise level and class."""

import pytest
import torch

from fathom.networks import Facts
from fathom.networks.registry import GENERATORS
from fathom.networks.unet import Size, UNet
from fathom.spec import Spec

SMALL = Size(first=16, rest=16, levels=3, blocks=1, fold=2, classes=3, dropout=0.0)


def awake(channels: int = 1) -> UNet:
    """A network whose silent branches speak."""
    torch.manual_seed(0)
    network = UNet(channels, SMALL)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


@pytest.mark.parametrize("shape", [(28, 28, 1), (13, 9, 3), (4, 4, 1), (1, 1, 1), (33, 32, 3)])
def test_one_position_a_pixel(shape: tuple[int, int, int]) -> None:
    x = torch.randn(2, *shape)
    features = awake(shape[2])(x, condition=torch.tensor([[0.3, 1.0], [0.9, 0.0]]))
    assert features.values.shape == (2, shape[0] * shape[1], shape[2])
    assert features.grids == (shape[:2],)
    assert features.values.view_as(x).isfinite().all()


def test_untrained_it_answers_zero() -> None:
    x = torch.randn(2, 8, 8, 1)
    assert torch.equal(UNet(1, SMALL)(x).values, torch.zeros(2, 64, 1))


def test_level_and_class_both_count() -> None:
    network, x = awake(), torch.randn(1, 8, 8, 1)
    answers = [
        network(x, condition=torch.tensor([told])).values
        for told in ([0.2, 1.0], [0.3, 1.0], [0.2, 2.0])
    ]
    assert not torch.allclose(answers[0], answers[1], atol=1e-4)
    assert not torch.allclose(answers[0], answers[2], atol=1e-4)


def test_every_parameter_has_one_rule() -> None:
    network = awake()
    named = [name for group in network.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in network.named_parameters())


def test_its_work_is_counted() -> None:
    """Convolutions counted by hand from the weights and the cells they see."""
    network = UNet(1, SMALL)
    cells = {0: 14 * 14, 1: 7 * 7, 2: 4 * 4}

    def work(module: torch.nn.Module, place: int) -> int:
        kernels = [p for n, p in module.named_parameters() if p.ndim == 4 and p.shape[2] == 3]
        return sum(2 * kernel.numel() * cells[place] for kernel in kernels)

    total = sum(work(part, place) for place, part in enumerate(network.down))
    total += sum(work(part, place) for place, part in enumerate(network.up))
    total += work(network.stem, 0) + work(network.out, 0)
    assert SMALL.flops((28, 28, 1)) == pytest.approx(3 * total, rel=0.01)


def test_more_time_buys_a_wider_network() -> None:
    entry = GENERATORS["diffusion"]["unet"]["image"]
    spec = Spec("image", (28, 28, 1))
    plans = [
        entry.plan(spec, Facts(examples=50_000, outputs=10, seconds=seconds, gflops=200.0))
        for seconds in (30.0, 300.0, 3000.0)
    ]
    widths = [int(plan.size["first"]) for plan in plans]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
    assert all(plan.size["classes"] == 10 for plan in plans)

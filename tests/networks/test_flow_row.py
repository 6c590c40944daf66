"""The network that draws rows: one value a number, by noise level and class."""

import torch

from fathom.networks import Facts
from fathom.networks.flow_row import FlowRow, Size
from fathom.networks.registry import GENERATORS
from fathom.spec import Spec

SMALL = Size(width=32, blocks=2, classes=2, dropout=0.0)


def awake() -> FlowRow:
    """A network whose silent branches speak."""
    torch.manual_seed(0)
    network = FlowRow(5, SMALL)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network.eval()


def test_one_position_a_number_and_zero_untrained() -> None:
    x = torch.randn(3, 5)
    assert torch.equal(FlowRow(5, SMALL)(x).values, torch.zeros(3, 5, 1))
    told = torch.tensor([[0.3, 1.0], [0.9, 0.0], [0.5, 2.0]])
    values = awake()(x, condition=told).values
    assert values.shape == (3, 5, 1)
    torch.testing.assert_close(awake()(x[1:2], condition=told[1:2]).values, values[1:2])


def test_level_and_class_both_count() -> None:
    network, x = awake(), torch.randn(1, 5)
    plain, later, other = (
        network(x, condition=torch.tensor([told])).values
        for told in ([0.3, 1.0], [0.7, 1.0], [0.3, 2.0])
    )
    assert not torch.allclose(plain, later)
    assert not torch.allclose(plain, other)


def test_every_parameter_has_one_rule() -> None:
    network = awake()
    named = [name for group in network.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in network.named_parameters())


def test_more_time_never_asks_for_a_narrower_network() -> None:
    kind, spec = GENERATORS["diffusion"]["mlp"]["row"], Spec("row", (20,))
    times = (1.0, 60.0, 600.0, 6e3)
    facts = [Facts(examples=40_000, outputs=2, seconds=s, gflops=5.0) for s in times]
    plans = [kind.plan(spec, one) for one in facts]
    widths = [plan.size["width"] for plan in plans]
    assert widths == sorted(widths)
    assert len(set(widths)) > 1
    assert isinstance(kind.build(spec, plans[0].size), FlowRow)

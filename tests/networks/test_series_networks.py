"""Networks for series: padding changes nothing, and order in time does."""

import pytest
import torch

from fathom.networks import Backbone, Facts
from fathom.networks.registry import NETWORKS
from fathom.spec import Spec

FAMILIES = sorted(family for family, kinds in NETWORKS.items() if "series" in kinds)
SPEC = Spec("series", (40, 3))


def made(family: str) -> Backbone:
    kind = NETWORKS[family]["series"]
    plan = kind.plan(SPEC, Facts(examples=100, outputs=3, seconds=10.0))
    torch.manual_seed(0)
    network = kind.build(SPEC, plan.size)
    # Branches start silent; with weights of their own all of a network can be seen.
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    assert isinstance(network, Backbone)
    network.eval()
    return network


@pytest.mark.parametrize("family", FAMILIES)
class TestSeriesNetworks:
    def test_one_position_of_the_width_it_promises(self, family: str) -> None:
        network = made(family)
        found = network(torch.randn(5, 40, 3), torch.tensor([40, 30, 20, 10, 1])).values
        assert found.shape == (5, 1, network.width)
        assert torch.isfinite(found).all()

    def test_what_is_behind_the_end_changes_nothing(self, family: str) -> None:
        network, x = made(family), torch.randn(4, 40, 3)
        length = torch.tensor([25, 25, 12, 7])
        other = x.clone()
        for row, end in enumerate(length.tolist()):
            other[row, end:] = 7.0
        with torch.inference_mode():
            torch.testing.assert_close(network(x, length).values, network(other, length).values)

    def test_longer_padding_changes_nothing(self, family: str) -> None:
        network, x = made(family), torch.randn(4, 24, 3)
        length = torch.tensor([24, 20, 12, 7])
        longer = torch.nn.functional.pad(x, (0, 0, 0, 16))
        with torch.inference_mode():
            one, two = network(x, length).values, network(longer, length).values
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)

    def test_a_series_read_backward_is_another(self, family: str) -> None:
        network, x = made(family), torch.randn(4, 40, 3)
        with torch.inference_mode():
            gap = network(x).values - network(x.flip(1)).values
        assert float(gap.abs().max()) > 1e-3

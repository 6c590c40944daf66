"""The frame that all networks share that tell noise from data."""

import pytest
import torch

from fathom.networks.denoiser import Denoiser
from fathom.networks.registry import GENERATORS
from fathom.spec import Spec

NETWORKS = {"unet": (13, 9, 3), "transformer": (13, 9, 3), "mlp": (7,)}
# Of all weights for seed 3, and of the answers of numbers that were drawn for them: sums of
# magnitudes, as they were when each of the networks had a frame of its own.
KNOWN = {
    "unet": (5929.9333, 80.48335),
    "transformer": (18706.4627, 404.97751),
    "mlp": (11452.4965, 15.43134),
}


# Fixed, so that better plans change nothing here.
SIZES: dict[str, dict[str, int | float | str | bool]] = {
    "unet": {
        "first": 32, "rest": 64, "levels": 1, "blocks": 2, "fold": 2, "classes": 3, "dropout": 0.1
    },
    "transformer": {"width": 64, "layers": 4, "patch": 1, "classes": 3, "dropout": 0.1},
    "mlp": {"width": 128, "blocks": 4, "classes": 3, "dropout": 0.1},
}  # fmt: skip


def built(name: str, seed: int = 3) -> Denoiser:
    """A small network."""
    shape = NETWORKS[name]
    spec = Spec("image" if len(shape) > 1 else "row", shape)
    torch.manual_seed(seed)
    network = GENERATORS["diffusion"][name][spec.kind].build(spec, SIZES[name]).eval()
    assert isinstance(network, Denoiser)
    return network


def awake(network: Denoiser) -> torch.Generator:
    """Weights that let every branch speak."""
    source = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=source) * 0.1)
    return source


@pytest.mark.parametrize("name", NETWORKS)
def test_it_computes_what_it_did_before_the_frame_was_shared(name: str) -> None:
    network = built(name)
    weights = sum(float(p.detach().double().abs().sum()) for p in network.parameters())
    source = awake(network)
    x = torch.randn((2, *NETWORKS[name]), generator=source)
    with torch.no_grad():
        found = network(x, condition=torch.tensor([[0.3, 1.0], [0.9, 0.0]])).values
    assert (weights, float(found.double().abs().sum())) == pytest.approx(KNOWN[name], rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_without_a_condition_it_is_the_first_level_of_any_class(name: str) -> None:
    network = built(name)
    x = torch.randn((2, *NETWORKS[name]), generator=awake(network))
    with torch.no_grad():
        assert torch.equal(network(x).values, network(x, condition=torch.zeros(2, 2)).values)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_has_one_rule(name: str) -> None:
    network = built(name)
    inside, rest = network.groups()
    assert (inside.rule, rest.rule) == ("muon", "adamw")
    every = [name for name, _ in network.named_parameters()]
    assert sorted((*inside.names, *rest.names)) == sorted(every)
    told = {one for one in every if one.startswith("condition.")}
    assert told <= set(rest.names)

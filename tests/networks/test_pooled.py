"""Texts pooled over their own positions: by hand, and whatever stands behind them."""

import pytest
import torch

from fathom.networks import Facts
from fathom.networks.pooled import AT_ONCE, Pooled, pool_real
from fathom.networks.registry import NETWORKS
from fathom.networks.skip import Skip, Terms
from fathom.spec import Spec

VALUES = torch.tensor([[[1.0], [3.0], [100.0]], [[-2.0], [7.0], [9.0]]])
TEXT = Spec("text", (9,), levels=(20,))
FACTS = Facts(examples=50, outputs=3, seconds=1.0, gflops=1.0, tokens=300)
READERS = sorted(family for family, kinds in NETWORKS.items() if "text" in kinds)


def reader(family: str) -> Pooled:
    """A network whose silent branches speak."""
    torch.manual_seed(0)
    kind = NETWORKS[family]["text"]
    network = Pooled(kind.build(TEXT, kind.plan(TEXT, FACTS).size))
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return network.eval()


@pytest.mark.parametrize(("pooling", "expected"), [("mean", [2.0, -2.0]), ("max", [3.0, -2.0])])
def test_only_real_positions_count(pooling: str, expected: list[float]) -> None:
    found = pool_real(VALUES, torch.tensor([2, 0]), pooling)  # of an empty text, the first does
    assert found.shape == (2, 1, 1)
    assert found.flatten().tolist() == expected


def test_without_lengths_all_positions_count() -> None:
    assert pool_real(VALUES, None, "max").flatten().tolist() == [100.0, 9.0]


@pytest.mark.parametrize("family", READERS)
def test_longer_padding_changes_nothing(family: str) -> None:
    network = reader(family)
    text, length = torch.randint(4, 20, (3, 6)), torch.tensor([6, 2, 0])
    text = text.masked_fill(torch.arange(6) >= length[:, None], 0)
    short = network(text, length).values
    long = network(torch.nn.functional.pad(text, (0, 3)), length).values
    assert short.shape == (3, 1, network.width)
    torch.testing.assert_close(short, long, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", READERS)
def test_many_rows_are_read_in_parts_to_the_same_features(family: str) -> None:
    network = reader(family)
    rows, asked = AT_ONCE + 3, []
    length = torch.arange(rows) % 7
    text = torch.randint(4, 20, (rows, 6)).masked_fill(torch.arange(6) >= length[:, None], 0)
    network.backbone.register_forward_hook(lambda module, given, out: asked.append(len(given[0])))
    together = network(text, length).values
    assert asked == [AT_ONCE, 3]
    expected = network.pooled(text, length, None)
    torch.testing.assert_close(together, expected, atol=1e-5, rtol=1e-4)


def test_a_skip_adds_the_weighed_rows_of_its_terms() -> None:
    skip = Skip({"bag": Spec("bag", (3,), levels=(4,)), "more": Spec("bag", (1,), levels=(2,))}, 2)
    terms = [part for part in skip.parts if isinstance(part, Terms)]
    for part in terms:
        torch.nn.init.normal_(part.weight)
        torch.nn.init.normal_(part.bias)
    bag, weight = torch.tensor([[1, 3, 0], [2, 0, 0]]), torch.tensor([[0.5, 2.0, 0], [1.0, 0, 0]])
    inputs = {"bag": bag, "bag_weight": weight}
    inputs |= {"more": torch.tensor([[1], [0]]), "more_weight": torch.tensor([[1.0], [0.0]])}
    dense = torch.zeros(2, 4).scatter_add(1, bag, weight)
    expected = dense @ terms[0].weight + terms[0].bias + terms[1].bias
    expected[0] += terms[1].weight[1]
    torch.testing.assert_close(skip(inputs), expected[:, None])

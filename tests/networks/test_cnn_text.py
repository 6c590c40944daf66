"""Filters against torch's convolutions, and how far a causal block sees."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fathom.data.seeds import generator
from fathom.networks.cnn_text import (
    PHRASES,
    REACH,
    CausalBlock,
    CausalConvolutions,
    Phrases,
    Size,
    blocks_for,
)


def tokens(count: int, positions: int) -> Tensor:
    source = generator(0, count, positions)
    return torch.randint(4, 30, (count, positions), generator=source)


def test_filters_are_convolutions_over_phrases() -> None:
    torch.manual_seed(0)
    network: Any = Phrases(30, embedding=6, filters=5, dropout=0.5, forget=0.1).eval()
    nn.init.normal_(network.bias)
    x = tokens(2, 9)
    embedded = network.embedding(x).mT  # (B, E, T)
    found = []
    for reach, filters in zip(PHRASES, network.filters, strict=True):
        kernel = filters.weight.view(5, reach, 6).mT
        found.append(functional.conv1d(functional.pad(embedded, (reach - 1, 0)), kernel).mT)
    expected = torch.relu(torch.cat(found, dim=-1) + network.bias)
    values = network(x).values
    torch.testing.assert_close(values[..., :20], expected)
    pooled = values.mean(dim=1)
    torch.testing.assert_close(pooled[:, :20], expected.mean(dim=1))
    torch.testing.assert_close(pooled[:, 20:], expected.amax(dim=1))


def test_a_causal_block_is_a_dilated_convolution() -> None:
    torch.manual_seed(0)
    block = CausalBlock(4, 3, 0.0)
    nn.init.normal_(block.out.weight)
    x = torch.randn(2, 10, 4, generator=generator(1))
    values, _ = block(x, x.new_zeros(2, 6, 4))
    normal = functional.layer_norm(x, (4,)).mT
    kernel = block.look.weight.view(8, REACH, 4).mT
    hidden = functional.conv1d(functional.pad(normal, (6, 0)), kernel, dilation=3).mT
    torch.testing.assert_close(values, x + torch.relu(hidden).square() @ block.out.weight.T)


@pytest.mark.parametrize(("positions", "depth"), [(1, 1), (3, 1), (4, 2), (127, 6), (128, 7)])
def test_there_are_as_many_blocks_as_the_context_needs(positions: int, depth: int) -> None:
    assert blocks_for(positions) == depth
    assert blocks_for(10**6) == 9


def test_three_blocks_see_exactly_fifteen_positions() -> None:
    torch.manual_seed(0)
    network = CausalConvolutions(30, Size(width=16, depth=3)).eval()
    for block in network.blocks:
        assert isinstance(block, CausalBlock)
        nn.init.normal_(block.out.weight, std=0.3)
    y = tokens(1, 20)
    last = network(y).values[0, -1]
    seen = []
    for place in range(20):
        changed = y.clone()
        changed[0, place] = 4 + (y[0, place] - 3) % 26
        if not torch.equal(network(changed).values[0, -1], last):
            seen.append(place)
    assert seen == list(range(5, 20))

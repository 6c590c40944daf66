"""The mean of token vectors by hand, and how far a fixed window sees."""

import torch
from torch import Tensor

from fathom.data.seeds import generator
from fathom.networks.mlp_text import FixedWindow, MeanOfTokens, Size


def tokens(count: int, positions: int) -> Tensor:
    source = generator(0, count, positions)
    return torch.randint(4, 30, (count, positions), generator=source)


def test_the_mean_of_real_tokens_goes_through_the_layers() -> None:
    torch.manual_seed(0)
    network = MeanOfTokens(30, width=8, depth=1, dropout=0.5, forget=0.5).eval()
    x = tokens(2, 6)
    (layer,) = network.layers
    expected = torch.relu(layer(network.embedding(x[0, :4]).mean(dim=0)))
    torch.testing.assert_close(network(x, torch.tensor([4, 6])).values[0, 0], expected)


def test_order_does_not_matter_to_the_mean() -> None:
    torch.manual_seed(0)
    network = MeanOfTokens(30, width=8, depth=2, dropout=0.0, forget=0.0).eval()
    x = tokens(3, 6)
    torch.testing.assert_close(network(x).values, network(x.flip(1)).values)


def test_a_window_sees_its_reach_and_no_further() -> None:
    torch.manual_seed(0)
    network = FixedWindow(30, Size(reach=3, width=8)).eval()
    y = tokens(1, 8)
    last = network(y).values[0, -1]
    y[0, :5] = 7
    assert torch.equal(network(y).values[0, -1], last)
    y[0, 5] = 4 + (y[0, 5] - 3) % 26
    assert not torch.equal(network(y).values[0, -1], last)


def test_a_window_of_one_token_needs_no_cache() -> None:
    torch.manual_seed(0)
    network = FixedWindow(30, Size(reach=1, width=8)).eval()
    y = tokens(2, 5)
    cache = network.begin(2)
    parts = [network(part, cache=cache).values for part in y.split(1, dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), network(y).values)

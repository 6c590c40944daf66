"""The transformer: what a position sees, what padding and caches change (nothing), reference."""

from collections.abc import Iterator
from typing import TypeVar

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Memory
from fathom.networks.attention import attend, later, turned
from fathom.networks.positions import squared_relu
from fathom.networks.transformer import Decoder, Encoder, Size

V = 13
Network = TypeVar("Network", bound=torch.nn.Module)


@pytest.fixture(autouse=True)
def _without_gradients(request: pytest.FixtureRequest) -> Iterator[None]:
    with torch.set_grad_enabled("gradient" in request.node.name):
        yield


def size(**changed: int | float | bool) -> Size:
    made = {"width": 32, "layers": 2, "heads": 2, "hidden": 64, "longest": 16} | changed
    return Size(**made)  # type: ignore[arg-type]


def awake(module: Network) -> Network:
    """With weights that are not zero anywhere, in eval mode."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        parameter.data.normal_(std=0.3)
    return module.eval()


def tokens(batch: int, count: int) -> torch.Tensor:
    return torch.randint(4, V, (batch, count), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_attention_is_the_formula(dtype: torch.dtype, tolerance: float) -> None:
    query, key, value = torch.randn(3, 2, 5, 2, 8, generator=torch.Generator().manual_seed(0))
    expected = F.scaled_dot_product_attention(
        query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), is_causal=True
    )
    mask = later(5, 5, torch.zeros((), dtype=dtype))
    found = attend(query.to(dtype), key.to(dtype), value.to(dtype), mask).float()
    assert torch.allclose(found, expected.transpose(1, 2).flatten(2), atol=tolerance)


def test_turned_queries_and_keys_know_only_their_distance() -> None:
    rotary = Decoder(V, size()).rotary
    query, key = torch.randn(2, 1, 1, 1, 16, generator=torch.Generator().manual_seed(0))

    def score(at: int, to: int) -> float:
        asked = turned(query, rotary.table(at, 1, query))
        offered = turned(key, rotary.table(to, 1, query))
        return float((asked * offered).sum())

    assert score(3, 1) == pytest.approx(score(9, 7), abs=1e-4)
    assert score(3, 1) != pytest.approx(score(3, 2), abs=1e-3)


def test_the_gradient_of_a_turn_is_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 2, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    table = Decoder(V, size(heads=8)).rotary.table(0, 3, x.detach())
    assert torch.autograd.gradcheck(lambda x: turned(x, table), (x,))
    assert torch.autograd.gradcheck(squared_relu, (x,))


def test_a_later_token_never_changes_an_earlier_feature() -> None:
    decoder = awake(Decoder(V, size()))
    text = tokens(1, 10)
    changed = text.clone()
    changed[0, 6] = 4 + (changed[0, 6] - 3) % (V - 4)
    before, after = decoder(text).values, decoder(changed).values
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_padding_changes_no_feature_of_an_encoder() -> None:
    encoder = awake(Encoder(V, size()))
    text = tokens(2, 6)
    longer = F.pad(text, (0, 5))
    length = torch.tensor([6, 6])
    assert torch.allclose(
        encoder(text, length).values, encoder(longer, length).values[:, :6], atol=1e-5
    )


@pytest.mark.parametrize("parts", [(1,) * 10, (4, 1, 1, 4), (10,)])
def test_a_cache_gives_the_features_of_the_whole_text(parts: tuple[int, ...]) -> None:
    decoder = awake(Decoder(V, size()))
    text = tokens(3, 10)
    cache = decoder.begin(3)
    steps = [decoder(part, cache=cache).values for part in torch.split(text, list(parts), dim=1)]
    found = torch.cat(steps, 1)
    assert torch.allclose(found, decoder(text).values, atol=1e-4)


def test_a_full_cache_sees_the_latest_positions() -> None:
    decoder = awake(Decoder(V, size(layers=1, longest=6)))
    text = tokens(2, 15)
    cache = decoder.begin(2)
    for token in torch.split(text, 1, dim=1):
        found = decoder(token, cache=cache).values[:, -1]
    assert torch.allclose(found, decoder(text[:, -6:]).values[:, -1], atol=1e-4)


def test_a_cache_can_be_reordered() -> None:
    decoder = awake(Decoder(V, size()))
    text, rows = tokens(3, 8), torch.tensor([2, 0, 0])
    cache = decoder.begin(3)
    decoder(text[:, :7], cache=cache)
    found = decoder(text[rows, 7:], cache=cache.take(rows)).values
    assert torch.allclose(found[:, 0], decoder(text[rows]).values[:, 7], atol=1e-4)


def test_a_decoder_sees_a_memory_but_not_its_padding() -> None:
    decoder = awake(Decoder(V, size(memory=24)))
    text = tokens(2, 5)
    values = torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(0))
    length = torch.tensor([4, 7])
    found = decoder(text, memory=Memory(values, length)).values
    changed = values.clone()
    changed[0, 4:] = 9.0
    assert torch.allclose(decoder(text, memory=Memory(changed, length)).values, found, atol=1e-5)
    changed[0, 3] = 9.0
    assert not torch.allclose(decoder(text, memory=Memory(changed, length)).values[0], found[0])
    cache = decoder.begin(2, Memory(values, length))
    steps = [decoder(token, cache=cache).values for token in torch.split(text, 1, dim=1)]
    assert torch.allclose(torch.cat(steps, 1), found, atol=1e-4)


def test_a_cache_is_read_without_copies() -> None:
    decoder = awake(Decoder(V, size(memory=24)))
    cache = decoder.begin(2, Memory(torch.randn(2, 7, 24), torch.tensor([4, 7])))
    for kept in (cache, cache.take(torch.tensor([1, 1, 0]))):
        assert kept.memory is not None
        for pair in (*kept.pairs.values(), *kept.memory.pairs.values()):
            for places in pair:
                seen = places[:, :3].transpose(1, 2).flatten(0, 1)
                assert seen.data_ptr() == places.data_ptr()

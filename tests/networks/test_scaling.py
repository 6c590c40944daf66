"""How compute and tokens carry a language network, and which rule each parameter gets."""

import pytest
from torch import nn

from fathom.networks import Facts
from fathom.networks.positions import Linear
from fathom.networks.scaling import batch_size, rules, scaled, tokens_per_update, weights_for
from fathom.spec import Spec

SPEC = Spec("text", (256,), levels=(65,))
FACTS = Facts(examples=3500, outputs=65, seconds=300.0, gflops=250.0, tokens=896_000)


def with_(**changes: float) -> Facts:
    return Facts(**{**vars(FACTS), **changes})


def test_weights_by_hand() -> None:
    assert weights_for(with_(tokens=10_000_000)) == pytest.approx((300 * 250e9 / 6) ** 0.5)
    # so little text that there would be more than 12 weights a token
    assert weights_for(with_(tokens=10_000)) == 120_000


def test_the_width_is_the_one_nearest_to_the_wanted_weights() -> None:
    found = scaled(SPEC, FACTS, lambda width: 40 * width**2)
    wanted = weights_for(FACTS)
    assert found.width == 288
    assert found.weights == 40 * 288**2 + 65 * 288
    for other in (256, 320):
        assert abs(40 * other**2 + 65 * other - wanted) > abs(found.weights - wanted)
    assert found.flops == 6 * found.weights * 256
    assert found.epochs == pytest.approx(300 * 250e9 / (6 * found.weights * 896_000))


def test_more_time_gives_more_weights_and_more_passes_more_regularisation() -> None:
    found = [
        scaled(SPEC, with_(seconds=s), lambda width: 40 * width**2) for s in (5.0, 60.0, 3000.0)
    ]
    assert [f.width for f in found] == sorted({f.width for f in found})
    assert [f.dropout for f in found] == sorted(f.dropout for f in found)
    assert [f.decay for f in found] == sorted(f.decay for f in found)


def test_unknown_tokens_are_counted_from_the_examples() -> None:
    known = scaled(SPEC, with_(tokens=3500 * 256), lambda width: 40 * width**2)
    assert scaled(SPEC, with_(tokens=0), lambda width: 40 * width**2) == known


def test_few_tokens_are_not_enough_for_muon() -> None:
    assert scaled(SPEC, FACTS, lambda width: 40 * width**2).matrix_rate == 0.02
    assert scaled(SPEC, with_(tokens=300), lambda width: 40 * width**2).matrix_rate == 0.0


def test_tokens_of_an_update() -> None:
    assert tokens_per_update(30e6, 128) == 8192
    assert tokens_per_update(1e3, 64) == 1024
    assert tokens_per_update(1e12, 64) == 32768
    assert tokens_per_update(1e3, 1024) == 8192


def test_a_pass_over_few_short_texts_has_many_updates() -> None:
    few = scaled(SPEC, with_(examples=2040, tokens=2040), lambda width: 40 * width**2)
    assert few.batch == 102
    # of a translation of 29,000 pairs, what an update is to see decides as before
    many = with_(examples=29_000, tokens=29_000 * 16)
    found = scaled(SPEC, many, lambda width: 40 * width**2)
    seen = min(found.epochs, 32.0) * many.tokens
    assert found.batch == round(tokens_per_update(seen, found.width) / 16)


def test_examples_of_an_update() -> None:
    assert batch_size(500.4, 100_000) == 500
    assert batch_size(500.0, 4000) == 200
    assert batch_size(500.0, 100) == 32
    assert batch_size(19.3, 425) == 19
    assert batch_size(0.2, 3) == 1


@pytest.mark.parametrize("rate", [0.0, 0.02])
def test_only_linear_maps_decay_by_the_same_share_under_either_rule(rate: float) -> None:
    network = nn.ModuleDict(
        {"map": Linear(3, 4), "table": nn.Embedding(5, 3), "rest": nn.Linear(3, 2)}
    )
    groups = rules(network, matrix_rate=rate, decay=0.004)
    maps, tables, rest = groups
    assert maps.names == ("map.weight",)
    assert maps.rule == ("muon" if rate else "adamw")
    assert maps.rate * maps.weight_decay == pytest.approx(0.004)
    assert tables.names == ("table.weight",) and tables.weight_decay == 0
    assert sorted(rest.names) == ["rest.bias", "rest.weight"] and rest.weight_decay == 0

"""What every network for text keeps: padding changes nothing, and decoders know no later token."""

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fathom.data.seeds import generator
from fathom.errors import OptionError
from fathom.fit.optimizer import Optimizer
from fathom.networks import Backbone, Decoder, Facts, Kind, Memory
from fathom.networks.registry import DECODERS, NETWORKS
from fathom.spec import BEGIN, PADDING, Spec

VOCABULARY, LONGEST, MEMORY = 40, 16, 12
SPEC = Spec("text", (LONGEST,), levels=(VOCABULARY,))
FACTS = Facts(examples=200, outputs=3, seconds=1.0, gflops=1.0, tokens=200 * LONGEST)
CELLS = ("elman", "lstm", "gru", "mingru")
BACKBONES = [("rnn", cell) for cell in CELLS] + [
    (family, "") for family, kinds in NETWORKS.items() if "text" in kinds and family != "rnn"
]
CONTINUING = [("rnn", cell) for cell in CELLS] + [
    (family, "") for family, kinds in DECODERS.items() if "text" in kinds and family != "rnn"
]


def facts(cell: str) -> Facts:
    return Facts(**{**vars(FACTS), "cell": cell})


def built(kind: Kind, cell: str, **size: int | float) -> Any:
    torch.manual_seed(0)
    plan = kind.plan(SPEC, facts(cell))
    network = kind.build(SPEC, {**plan.size, **size})
    for parameter in network.parameters():
        if not parameter.any():  # what starts silent must not hide a mistake
            nn.init.normal_(parameter, std=0.2)
    return network.eval()


def backbone(family: str, cell: str) -> Any:
    return built(NETWORKS[family]["text"], cell)


def decoder(family: str, cell: str, memory: int = 0) -> Any:
    return built(DECODERS[family]["text"], cell, memory=memory)


def tokens(count: int, positions: int) -> Tensor:
    source = generator(1, count, positions)
    return torch.randint(BEGIN, VOCABULARY, (count, positions), generator=source)


def memory(count: int) -> Memory:
    values = torch.randn(count, 7, MEMORY, generator=generator(2))
    return Memory(values, torch.tensor([7, 3, 5, 1][:count]))


@pytest.mark.parametrize(("family", "cell"), BACKBONES)
class TestBackbones:
    def test_features_have_the_promised_width(self, family: str, cell: str) -> None:
        network = backbone(family, cell)
        assert isinstance(network, Backbone)
        values, grids = network(tokens(3, 9), torch.tensor([9, 2, 1]))
        assert values.shape in ((3, 9, network.width), (3, 1, network.width))
        assert grids == ()

    def test_longer_padding_changes_no_real_position(self, family: str, cell: str) -> None:
        network = backbone(family, cell)
        x, length = tokens(3, 9), torch.tensor([9, 4, 1])
        x[1, 4:], x[2, 1:] = PADDING, PADDING
        short = network(x, length).values
        long = network(functional.pad(x, (0, 6), value=PADDING), length).values
        alone = network(x[1:2, :4]).values
        for row, real in enumerate(length.tolist()):
            torch.testing.assert_close(long[row, :real], short[row, :real], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(short[1:2, : alone.shape[1]], alone, atol=1e-5, rtol=1e-5)

    def test_an_empty_text_has_finite_features(self, family: str, cell: str) -> None:
        values = backbone(family, cell)(torch.zeros(2, 5, dtype=torch.int64), torch.tensor([0, 5]))
        assert bool(torch.isfinite(values.values).all())

    def test_it_learns_which_of_two_tokens_a_text_holds(self, family: str, cell: str) -> None:
        network = backbone(family, cell).train()
        x = tokens(64, 8).clamp_min(6)
        target = torch.arange(64) % 2
        x[torch.arange(64), torch.arange(64) % 5] = 4 + target
        read_out = nn.Linear(network.width, 2)
        optimizer = torch.optim.AdamW([*network.parameters(), *read_out.parameters()], lr=1e-2)
        for _ in range(40):
            values = network(x, torch.full((64,), 8)).values.mean(dim=1)
            loss = functional.cross_entropy(read_out(values), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        answer = read_out(network(x).values.mean(dim=1)).argmax(dim=1)
        assert float((answer == target).float().mean()) > 0.9


@pytest.mark.parametrize(("family", "cell"), CONTINUING)
class TestDecoders:
    @pytest.mark.parametrize("width", [0, MEMORY])
    def test_a_later_token_never_changes_an_earlier_feature(
        self, family: str, cell: str, width: int
    ) -> None:
        network = decoder(family, cell, width)
        assert isinstance(network, Decoder)
        seen = memory(2) if width else None
        y = tokens(2, LONGEST)
        before = network(y, memory=seen).values
        assert before.shape == (2, LONGEST, network.width)
        for place in (1, 10, LONGEST - 1):
            changed = y.clone()
            changed[:, place] = (y[:, place] + 1) % VOCABULARY
            after = network(changed, memory=seen).values
            assert torch.equal(after[:, :place], before[:, :place])
            assert not torch.equal(after[:, place], before[:, place])

    @torch.inference_mode()
    @pytest.mark.parametrize("width", [0, MEMORY])
    def test_step_by_step_gives_what_the_whole_gives(
        self, family: str, cell: str, width: int
    ) -> None:
        network = decoder(family, cell, width)
        y, seen = tokens(3, LONGEST), memory(3) if width else None
        whole = network(y, memory=seen).values
        cache = network.begin(3, seen)
        parts = [network(part, cache=cache).values for part in y.split([5, 1, 1, 1, 8], dim=1)]
        torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=1e-5)

    @torch.inference_mode()
    @pytest.mark.parametrize(
        "taken_rows", [[2, 0, 0, 1], [0, 0, 1, 1, 2, 2], [1, 1, 1, 0, 0, 0], [0, 1, 2]]
    )
    def test_beams_take_rows_of_the_cache(
        self, family: str, cell: str, taken_rows: list[int]
    ) -> None:
        network = decoder(family, cell, MEMORY)
        y, rows = tokens(3, 10), torch.tensor(taken_rows)
        cache = network.begin(3, memory(3))
        network(y[:, :9], cache=cache)
        taken = cache.take(rows)
        again = network(y[rows, 9:], cache=taken).values
        whole = network(y, memory=memory(3)).values[rows, 9:]
        torch.testing.assert_close(again, whole, atol=1e-5, rtol=1e-5)
        untouched = network(y[:, 9:], cache=cache).values
        torch.testing.assert_close(untouched[rows], whole, atol=1e-5, rtol=1e-5)

    @torch.inference_mode()
    def test_beams_of_beams_look_at_the_memory_of_their_example(
        self, family: str, cell: str
    ) -> None:
        network = decoder(family, cell, MEMORY)
        y = tokens(6, 9)
        cache = network.begin(3, memory(3)).take(torch.tensor([0, 0, 1, 1, 2, 2]))
        network(y[:, :8], cache=cache)
        rows = torch.tensor([3, 3, 2, 4, 5, 4])  # the first example is done
        found = network(y[rows, 8:], cache=cache.take(rows)).values
        owner = torch.tensor([1, 1, 1, 2, 2, 2])
        seen = memory(3)
        whole = network(y[rows], memory=Memory(seen.values[owner], seen.length[owner])).values
        torch.testing.assert_close(found, whole[:, 8:], atol=1e-5, rtol=1e-5)

    @torch.inference_mode()
    def test_bfloat16_agrees_with_float32(self, family: str, cell: str) -> None:
        network = decoder(family, cell, MEMORY)
        y = tokens(3, LONGEST)
        exact = network(y, memory=memory(3)).values
        network.dtype = torch.bfloat16
        seen = memory(3)._replace(values=memory(3).values.bfloat16())
        rough = network(y, memory=seen).values
        assert rough.dtype == torch.bfloat16
        similar = torch.cosine_similarity(exact.flatten(), rough.float().flatten(), 0)
        assert float(similar) > 0.998

    def test_it_learns_to_repeat_what_came_two_before(self, family: str, cell: str) -> None:
        torch.manual_seed(0)
        kind = DECODERS[family]["text"]
        plan = kind.plan(SPEC, facts(cell))
        network: Any = kind.build(SPEC, {**plan.size, "dropout": 0.0})
        read_out = nn.Linear(network.width, VOCABULARY)
        optimizer = Optimizer(network, network.groups())
        adam = torch.optim.Adam(read_out.parameters(), lr=1e-2)
        lowest = 10.0
        for update in range(80):
            y = torch.randint(4, 12, (8, LONGEST), generator=generator(update))
            loss = functional.cross_entropy(
                read_out(network(y).values[:, 2:]).flatten(0, 1), y[:, :-2].flatten()
            )
            optimizer.zero_grad()
            adam.zero_grad()
            loss.backward()
            optimizer.step(3.0)
            adam.step()
            lowest = min(lowest, float(loss.detach()))
            if lowest < 1.4:
                break
        assert lowest < 1.4  # by chance: ln 8 = 2.08

    def test_plans_are_complete_and_grow(self, family: str, cell: str) -> None:
        kind = DECODERS[family]["text"]
        costs = []
        for seconds in (1.0, 60.0, 1e4):
            known = Facts(examples=4000, outputs=65, seconds=seconds, tokens=1_000_000, cell=cell)
            plan = kind.plan(Spec("text", (256,), levels=(65,)), known)
            assert json.loads(json.dumps(dict(plan.size))) == dict(plan.size)
            assert plan.batch >= 1
            costs.append(plan.flops)
        assert costs == sorted(costs) and costs[0] < costs[-1]


@pytest.mark.parametrize("kind", ["backbone", "decoder"])
@pytest.mark.parametrize(("family", "cell"), CONTINUING)
def test_every_parameter_has_one_rule_and_a_gradient(kind: str, family: str, cell: str) -> None:
    network = backbone(family, cell) if kind == "backbone" else decoder(family, cell, MEMORY)
    network.train()
    x = tokens(4, 12)
    values = network(x).values if kind == "backbone" else network(x, memory=memory(4)).values
    values.square().sum().backward()
    names = [name for group in network.groups() for name in group.names]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_an_unknown_cell_is_told_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match="no cell 'lstn'"):
        NETWORKS["rnn"]["text"].plan(SPEC, facts("lstn"))

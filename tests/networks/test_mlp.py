import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.networks import Facts
from fathom.networks.heads import MemberLinear
from fathom.networks.mlp import BACKBONES, Levels, PiecewiseLinear, Rows, edges_of
from fathom.spec import Spec

ROW = Spec("row", (6,), levels=(3, 60))
FACTS = Facts(examples=5000, outputs=2, seconds=40.0)


def rows(count: int = 40) -> torch.Tensor:
    return torch.cat(
        [torch.randn(count, 4), torch.randint(3, (count, 1)), torch.randint(60, (count, 1))], dim=1
    )


def small(spec: Spec = ROW, **size: int | float) -> Rows:
    planned = BACKBONES["row"].plan(spec, FACTS).size
    network = BACKBONES["row"].build(spec, {**planned, "members": 4, "width": 16, **size})
    assert isinstance(network, Rows)
    return network


def test_every_member_has_its_own_features() -> None:
    network = small()
    network.initialise(rows())
    values = network(rows(7)).values
    assert values.shape == (7, 4, 16)
    assert network.members == 4
    assert not torch.allclose(values[:, 0], values[:, 1])


@pytest.mark.parametrize(
    "spec", [Spec("row", (2,)), Spec("row", (2,), levels=(1, 70)), Spec("row", (1,), levels=(2,))]
)
def test_rows_of_numbers_only_and_of_categories_only(spec: Spec) -> None:
    network = small(spec)
    x = torch.zeros(5, spec.shape[0])
    network.initialise(x)
    values = network(x).values
    assert values.shape == (5, 4, 16)
    assert torch.isfinite(values).all()
    assert values.any()


@settings(max_examples=40)
@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=60), st.integers(1, 20))
def test_edges_rise_inside_the_values(values: list[float], bins: int) -> None:
    tensor = torch.tensor(values, dtype=torch.float64)
    edges = edges_of(tensor, bins)
    assert 1 <= len(edges) <= bins + 1
    assert bool((edges.diff() > 0).all())
    assert set(edges.tolist()) <= set(tensor.tolist())


def test_a_column_that_is_mostly_zero_gets_edges_where_it_is_not() -> None:
    values = torch.cat([torch.zeros(900), torch.linspace(1.0, 2.0, 100)]).double()
    edges = edges_of(values, 10)
    assert int((edges > 0).sum()) >= 5


def test_ramps_by_hand() -> None:
    embedding = PiecewiseLinear(1, 2, 1)
    embedding.initialise(torch.tensor([[0.0], [1.0], [3.0]]))  # edges 0, 1, 3
    with torch.no_grad():
        embedding.line.zero_()
        embedding.bias.fill_(10.0)
        embedding.ramps.copy_(torch.tensor([[[1.0], [4.0]]]))
    x = torch.tensor([[-1.0], [0.5], [1.0], [2.0], [9.0]])
    expected = torch.tensor([10.0, 10.5, 11.0, 13.0, 15.0])
    torch.testing.assert_close(embedding(x)[:, 0, 0], expected)


def test_indicators_and_vectors_of_levels() -> None:
    levels = Levels((3, 60))
    out = levels(torch.tensor([[0.0, 0.0], [2.0, 59.0]]))
    assert out.shape == (2, 2 + 8)
    assert out[0].tolist() == [0.0] * 10
    assert out[1, :2].tolist() == [0.0, 1.0]
    assert out[1, 2:].abs().max() > 0


def test_large_level_numbers_survive_bfloat16() -> None:
    spec = Spec("row", (1,), levels=(10_001,))
    network = small(spec)
    network.dtype = torch.bfloat16
    values = network(torch.tensor([[9_998.0], [9_999.0]])).values
    assert values.dtype == torch.bfloat16
    assert not torch.equal(values[0], values[1])


def test_bfloat16_is_near_float32() -> None:
    network = small().eval()
    network.initialise(rows())
    x = rows(20)
    exact = network(x).values
    network.dtype = torch.bfloat16
    rough = network(x).values
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).norm() / exact.norm() < 2e-2


@pytest.mark.parametrize("kind", ["row", "image"])
def test_every_parameter_has_one_rule_and_a_gradient(kind: str) -> None:
    spec = ROW if kind == "row" else Spec("image", (4, 4, 3))
    network = BACKBONES[kind].build(spec, BACKBONES[kind].plan(spec, FACTS).size)
    x = rows() if kind == "row" else torch.randn(8, 4, 4, 3)
    network.initialise(x)  # type: ignore[operator]
    network(x).values.square().sum().backward()
    names = [name for group in network.groups() for name in group.names]  # type: ignore[operator]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_dropout_only_in_training_and_seeded() -> None:
    network = small(dropout=0.5)
    x = rows()
    torch.manual_seed(1)
    first = network(x).values
    torch.manual_seed(1)
    assert torch.equal(network(x).values, first)
    assert not torch.equal(network(x).values, first)
    network.eval()
    assert torch.equal(network(x).values, network(x).values)


def test_saved_shapes_do_not_depend_on_the_data() -> None:
    plain, varied = small(), small()
    plain.initialise(torch.zeros(10, 6))
    varied.initialise(rows())
    shapes = [{n: t.shape for n, t in m.state_dict().items()} for m in (plain, varied)]
    assert shapes[0] == shapes[1]


def test_examples_do_not_see_each_other() -> None:
    network = small().eval()
    x = rows(9)
    network.initialise(x)
    torch.testing.assert_close(network(x).values[4:5], network(x[4:5]).values)


@pytest.mark.parametrize("examples", [1, 20, 500, 5_000, 5_000_000])
@pytest.mark.parametrize("seconds", [1.0, 40.0, 1e5])
@pytest.mark.parametrize("kind", ["row", "image"])
def test_plans_are_complete_and_json(examples: int, seconds: float, kind: str) -> None:
    spec = ROW if kind == "row" else Spec("image", (8, 8, 1))
    plan = BACKBONES[kind].plan(spec, Facts(examples=examples, outputs=3, seconds=seconds))
    assert json.loads(json.dumps(dict(plan.size))) == dict(plan.size)
    assert plan.batch >= 1
    assert plan.epochs > 0
    assert plan.flops > 0


def test_a_flat_picture_becomes_one_position() -> None:
    spec = Spec("image", (4, 4, 3))
    network = BACKBONES["image"].build(spec, BACKBONES["image"].plan(spec, FACTS).size)
    assert network(torch.randn(5, 4, 4, 3)).values.shape[:2] == (5, 1)


def test_it_learns_a_step_and_a_product() -> None:
    torch.manual_seed(0)
    x = torch.randn(512, 2)
    y = (x[:, 0] * x[:, 1] > 0).float()
    spec = Spec("row", (2,))
    network = small(spec, width=32)
    network.initialise(x)
    head = MemberLinear(4, 32, 1, network.head)
    optimizer = torch.optim.AdamW([*network.parameters(), *head.parameters()], lr=5e-3)
    for _ in range(120):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            head(network(x).values)[..., 0], y[:, None].expand(-1, 4)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()
    answer = head(network(x).values)[..., 0].sigmoid().mean(1) > 0.5
    assert float((answer == (y > 0.5)).float().mean()) > 0.95

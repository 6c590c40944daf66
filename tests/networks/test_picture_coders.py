"""Convolutional coders: sides that do not divide, where they begin, and what fits which picture."""

import pytest
import torch
from torch import Tensor, nn

from fathom.networks import Facts
from fathom.networks.folding import folded
from fathom.networks.picture_coders import build, plan
from fathom.networks.registry import CODERS
from fathom.spec import Spec


def facts(seconds: float = 60.0) -> Facts:
    return Facts(examples=5000, outputs=0, seconds=seconds, gflops=200.0, code=7)


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 13, 3), (64, 48, 3), (4, 4, 1), (33, 32, 3)])
def test_pictures_of_any_sides_come_back_in_their_own_form(shape: tuple[int, ...]) -> None:
    spec = Spec("image", shape)
    torch.manual_seed(0)
    coder = build(spec, plan(spec, facts()).size)
    x = torch.rand(5, *shape)
    coder.initialise(x)
    values = coder.values(x)
    assert coder.read(values).shape == (5, coder.width)
    with torch.no_grad():
        written = coder.write(torch.randn(5, 7))
    assert coder.whole(written).shape == x.shape
    # before it has learnt, it answers about the mean picture
    assert float((written - values.mean(0)).square().mean()) < 0.05 * float(values.var())


def test_squares_are_folded_as_pixel_shuffle_unfolds_them() -> None:
    x = torch.arange(2 * 3 * 6 * 4.0).view(2, 3, 6, 4)
    assert torch.equal(torch.nn.functional.pixel_shuffle(folded(x, 2), 2), x)
    assert torch.equal(folded(x[:, :, :5], 2)[:, 3, -1], x[:, 0, 4, 1::2])  # the border repeats


def test_more_time_makes_it_wider() -> None:
    spec = Spec("image", (32, 32, 3))
    widths = [int(plan(spec, facts(s)).size["first"]) for s in (1.0, 600.0, 1e5)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 20, 1)])
def test_flops_count_the_products_there_and_back(shape: tuple[int, ...]) -> None:
    spec = Spec("image", shape)
    planned = plan(spec, facts())
    coder, x = build(spec, planned.size), torch.rand(1, *shape)
    done: list[int] = []

    def count(module: nn.Module, given: object, output: Tensor) -> None:
        weight = module.get_parameter("weight")
        done.append(2 * output.numel() * weight[0].numel())

    for module in coder.modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim > 1:
            module.register_forward_hook(count)
    coder.read(coder.values(x))
    coder.write(torch.randn(1, 7))
    code = 2 * coder.width * 7  # which the objective reads from the features
    assert planned.flops == pytest.approx(3 * (sum(done) + code))


def test_small_pictures_are_kept_by_perceptrons_and_photos_by_convolutions() -> None:
    def usual(shape: tuple[int, ...]) -> str:
        spec = Spec("image", shape)
        return next(name for name, kinds in CODERS.items() if kinds["image"].suits(spec))

    assert usual((28, 28, 1)) == "mlp"
    assert usual((64, 64, 3)) == "cnn"

"""The picture network on pictures of any size, its plan, its whitening, its arithmetic."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fathom.data.seeds import generator
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.cnn import BACKBONES, PictureNetwork, Size, sized
from fathom.networks.heads import MemberLinear
from fathom.networks.layers import BatchNorm, Conv2d, Whitening
from fathom.spec import Spec

SHAPES = [
    (1, 1, 1),
    (2, 3, 3),
    (5, 9, 1),
    (8, 8, 1),
    (16, 80, 3),
    (28, 28, 1),
    (32, 32, 3),
    (64, 48, 3),
    (128, 96, 3),
]


def pictures(shape: tuple[int, ...], count: int = 6) -> Tensor:
    return torch.randn(count, *shape, generator=generator(0, "pictures"))


def network(shape: tuple[int, ...], factor: float = 0.5, batch: int = 64) -> PictureNetwork:
    torch.manual_seed(0)
    size = sized(shape, factor)
    built = BACKBONES["image"].build(Spec("image", shape), {**vars(size), "batch": batch})
    assert isinstance(built, PictureNetwork)
    built.initialise(pictures(shape, 40))
    return built


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_of_any_size_give_a_small_grid(shape: tuple[int, ...]) -> None:
    built = network(shape)
    values, grids = built(pictures(shape))
    height, width = grids[0]
    assert values.shape == (6, height * width, built.width)
    assert 1 <= min(height, width) <= 4
    assert bool(torch.isfinite(values).all())


def test_cells_are_read_row_by_row_without_a_copy() -> None:
    built = network((28, 28, 1)).eval()
    seen: list[Tensor] = []
    built.halvings[-1].register_forward_hook(lambda module, inputs, output: seen.append(output))
    values, ((height, width),) = built(pictures((28, 28, 1)))
    assert torch.equal(values[:, 1 * width + 2], seen[0][:, :, 1, 2])
    assert values.data_ptr() == seen[0].data_ptr() and height == width


@pytest.mark.parametrize("shape", [(32, 32, 3), (128, 96, 3)])
def test_the_arithmetic_is_what_the_layers_do(shape: tuple[int, ...]) -> None:
    built = network(shape)
    done: list[int] = []

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        kernel = getattr(module, "weight" if isinstance(module, Conv2d) else "filters")
        done.append(2 * output.numel() * kernel[0].numel())

    for module in built.modules():
        if isinstance(module, Conv2d | Whitening):
            module.register_forward_hook(count)
    built(pictures(shape, 1))
    assert 3 * sum(done) == built.size.flops(shape)


def test_bfloat16_agrees_with_float32() -> None:
    built = network((32, 32, 3)).eval()
    x = pictures((32, 32, 3))
    exact = built(x).values.detach()
    built.dtype = torch.bfloat16
    rough = built(x).values.detach()
    assert rough.dtype == torch.bfloat16
    assert float(torch.cosine_similarity(exact.flatten(), rough.float().flatten(), 0)) > 0.999


def test_first_shift_freezes_early_and_ends_the_backward_pass_there() -> None:
    groups = network((32, 32, 3)).groups()
    early = [group for group in groups if group.until < 1]
    assert [group.names for group in early] == [("whitening.shift",)]


def plan(shape: tuple[int, ...], **facts: float | bool) -> tuple[dict[str, object], float]:
    known = {"examples": 50_000, "outputs": 10, "seconds": 240.0, **facts}
    spec = Spec("image", shape)
    planned = BACKBONES["image"].plan(spec, Facts(**known))  # type: ignore[arg-type]
    return {**planned.size, **planned.augment, **planned.objective}, planned.flops


def test_more_time_gives_a_wider_network() -> None:
    costs = [plan((32, 32, 3), seconds=seconds)[1] for seconds in (40.0, 240.0, 1050.0)]
    assert costs == sorted(costs) and costs[0] < costs[-1]


def test_few_pictures_give_a_narrow_network_that_sees_them_whole() -> None:
    planned, _ = plan((128, 128, 3), examples=90)
    assert planned["rest"] == 128 and planned["batch"] == 30


def test_mirror_images_are_used_only_where_they_teach_nothing_false() -> None:
    free, bound = plan((32, 32, 3))[0], plan((32, 32, 3), mirrored=True)[0]
    assert free["flip"] == free["mirror"] == 1
    assert bound["flip"] == bound["mirror"] == 0


def test_photos_are_cropped_and_small_pictures_shifted() -> None:
    assert "crop" in plan((128, 128, 3), examples=3000)[0]
    assert plan((32, 32, 3))[0]["translate"] == 2


def test_grey_shapes_are_seen_often_and_turned_where_they_are_large_enough() -> None:
    shapes, photos = (plan(shape)[0] for shape in ((28, 28, 1), (28, 28, 3)))
    assert shapes["affine"] == 0.5 and "affine" not in photos
    assert "affine" not in plan((8, 8, 1))[0]
    assert "affine" not in plan((28, 28, 1), seconds=5.0)[0]


def test_wide_networks_for_grey_shapes_take_half_the_step() -> None:
    wide, narrow = (plan((28, 28, 1), seconds=seconds)[0] for seconds in (2000.0, 60.0))
    colour = plan((28, 28, 3), seconds=2000.0)[0]
    assert wide["rest"] > narrow["rest"] == 64  # type: ignore[operator]
    assert wide["batch"] == narrow["batch"] == colour["batch"] == 500
    assert narrow["rate"] == colour["rate"] == 2 * wide["rate"]  # type: ignore[operator]


def test_whitened_training_patches_are_decorrelated() -> None:
    x = pictures((12, 12, 3), 200).permute(0, 3, 1, 2)
    x = x + 0.8 * x.roll(1, dims=3) + 0.5 * x.roll(1, dims=1)
    whitening = Whitening(3, side=2)
    whitening.initialise(x - x.mean())
    whitened = whitening(x)[:, :12, ::2, ::2].transpose(0, 1).flatten(1)
    torch.testing.assert_close(torch.cov(whitened), torch.eye(12), atol=0.03, rtol=0)


def test_only_the_leading_patterns_are_kept_with_their_negatives() -> None:
    x = pictures((12, 12, 3), 100).permute(0, 3, 1, 2)
    x[:, 0] *= 10
    whitening = Whitening(3, side=2, stride=2, kept=4)
    whitening.initialise(x)
    assert torch.equal(whitening.filters[:4], -whitening.filters[4:])
    assert bool(whitening.filters[:, 1:].abs().amax() < 0.02)


def test_batch_norm_agrees_with_torch() -> None:
    ours, theirs = BatchNorm(5, memory=0.6), nn.BatchNorm2d(5, eps=1e-3, momentum=0.4)
    x = pictures((7, 7, 5), 8).permute(0, 3, 1, 2) * 3 + 1
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_a_convolution_starts_by_passing_its_input_through() -> None:
    layer = Conv2d(3, 8)
    x = pictures((6, 6, 3)).permute(0, 3, 1, 2)
    torch.testing.assert_close(layer(x)[:, :3], x)


@pytest.mark.parametrize("width", [16, 64])
def test_the_head_s_first_step_moves_the_scores_alike_at_any_width(width: int) -> None:
    moved = []
    for rest in (width, 256):
        torch.manual_seed(0)
        made = PictureNetwork(1, Size(8, rest, 2, 3, 1, 4, batch=32, rate=0.1))
        head = MemberLinear(1, made.width, 2, made.head)
        features = torch.ones(32, 1, rest)
        before = head(features)[:, 0]
        functional.cross_entropy(before, torch.zeros(32, dtype=torch.int64)).backward()
        Optimizer(head, head.groups()).step()
        moved.append(float((head(features)[:, 0] - before).detach().abs().mean()))
    assert moved[0] == pytest.approx(moved[1], rel=0.5)

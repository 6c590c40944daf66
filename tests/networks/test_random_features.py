"""Fixed random convolutions: the same for everybody, and they tell crowds apart."""

import torch

from fathom.networks.random_features import RandomFeatures, orthogonal


def test_filters_are_at_right_angles() -> None:
    kernel = orthogonal(3, 16, torch.Generator().manual_seed(1)).flatten(1)
    torch.testing.assert_close(kernel @ kernel.T, 2 * torch.eye(16), atol=1e-5, rtol=0)


def test_the_same_pictures_have_the_same_features_of_any_size() -> None:
    for shape in ((2, 28, 28, 1), (2, 3, 5, 3), (2, 1, 1, 1)):
        x = torch.randn(shape)
        first, again = (RandomFeatures(shape[3])(x) for _ in range(2))
        assert torch.equal(first, again)
        assert first.isfinite().all()


def test_smooth_and_rough_pictures_differ() -> None:
    rough = torch.randn(64, 12, 12, 1)
    smooth = torch.nn.functional.avg_pool2d(rough.squeeze(3), 3, 1, 1)[..., None] * 3
    features = RandomFeatures(1)
    within = (features(rough[:32]).mean(0) - features(rough[32:]).mean(0)).norm()
    across = (features(rough).mean(0) - features(smooth).mean(0)).norm()
    assert across > 3 * within

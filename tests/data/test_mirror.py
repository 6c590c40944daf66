"""Digits are told from their mirror images, patterns without a side are not."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from fathom.data.mirror import told_from_mirror
from fathom.data.seeds import generator


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    data = load_digits()
    pixels = np.clip(data.images * 16, 0, 255).astype(np.uint8)[..., None]
    return torch.from_numpy(pixels), torch.from_numpy(data.target).long()


def test_digits_are_told_from_their_mirror_images() -> None:
    x, y = digits()
    assert told_from_mirror(x, y, generator(0))
    assert told_from_mirror(x[:300], y[:300], generator(0))


def test_left_and_right_are_told_apart_though_both_occur() -> None:
    x = digits()[0][:400].clone()
    side = torch.arange(400) % 2
    x[side == 0, :, :4] = 0
    x[side == 1, :, 4:] = 0
    assert told_from_mirror(x, side, generator(0))


def test_pictures_mirrored_at_random_are_not() -> None:
    x, y = digits()
    turned = torch.rand(len(x), generator=generator(4)) < 0.5
    x = torch.where(turned[:, None, None, None], x.flip(2), x)
    assert not told_from_mirror(x, y, generator(0))


def test_a_number_that_depends_on_the_side_is_told() -> None:
    x = digits()[0]
    weight = torch.arange(8.0)
    place = (x[..., 0].float() * weight).sum(dim=(1, 2)) / x.float().sum(dim=(1, 2, 3))
    assert told_from_mirror(x, place[:, None], generator(0))
    assert not told_from_mirror(x, x.float().mean(dim=(1, 2)), generator(0))


def test_a_handful_of_pictures_proves_nothing() -> None:
    x, y = digits()
    assert not told_from_mirror(x[:5], y[:5], generator(0))


def test_pictures_that_are_all_alike_are_not() -> None:
    alike = torch.full((40, 6, 6, 3), 77, dtype=torch.uint8)
    assert not told_from_mirror(alike, torch.arange(40) % 2, generator(0))

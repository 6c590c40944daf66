"""Pictures of any size become one size, keep their pixels where they can, and come back."""

import numpy as np
import pytest
import torch

from fathom.data.codecs.image import ImageCodec
from fathom.data.pictures import Pictures


def of(*arrays: np.ndarray) -> Pictures:
    return Pictures.joined([Pictures.of_array(array[None]) for array in arrays])


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def missing() -> Pictures:
    return Pictures(np.zeros(0, np.uint8), np.zeros(1, np.int64), np.zeros((1, 3), np.int32))


def test_equal_small_pictures_share_memory_and_keep_their_pixels() -> None:
    pixels = noise(6, 9, 7, 3)
    values = Pictures.of_array(pixels)
    encoded = ImageCodec.fit(values).encode(values)["value"]
    assert encoded.shape == (6, 9, 7, 3) and encoded.dtype == torch.uint8
    assert np.array_equal(encoded.numpy(), pixels)
    assert np.shares_memory(encoded.numpy(), pixels)


def test_chosen_rows_come_in_their_order() -> None:
    pixels = noise(6, 8, 8, 1)
    rows = np.array([4, 0, 5])
    codec = ImageCodec.fit(Pictures.of_array(pixels))
    encoded = codec.encode(Pictures.of_array(pixels).take(rows))["value"]
    assert np.array_equal(encoded.numpy(), pixels[rows])


def test_prepared_training_pictures_have_mean_zero_and_deviation_one() -> None:
    values = Pictures.of_array(noise(50, 8, 8, 3))
    codec = ImageCodec.fit(values)
    prepared = codec.prepare(codec.encode(values))["value"]
    assert prepared.mean(dim=(0, 1, 2)).abs().max() < 1e-4
    assert (prepared.std(dim=(0, 1, 2)) - 1).abs().max() < 1e-3


def test_prepared_pictures_decode_to_the_same_pixels() -> None:
    values = Pictures.of_array(noise(5, 8, 8, 3))
    codec = ImageCodec.fit(values)
    encoded = codec.encode(values)
    assert np.array_equal(codec.decode(codec.prepare(encoded)), encoded["value"].numpy())


def test_a_constant_channel_does_not_divide_by_zero() -> None:
    values = Pictures.of_array(np.full((4, 8, 8, 1), 7, np.uint8))
    codec = ImageCodec.fit(values)
    assert bool((codec.prepare(codec.encode(values))["value"] == 0).all())


@pytest.mark.parametrize(
    ("shapes", "limit", "expected"),
    [
        ([(28, 28)] * 3, 128, (28, 28)),
        ([(128, 128)] * 3, 128, (128, 128)),
        ([(300, 400)] * 3, 128, (96, 128)),
        ([(400, 300), (300, 400), (350, 350)], 128, (128, 128)),
        ([(20, 30), (22, 30), (21, 30)], 128, (21, 30)),
        ([(10, 1000)] * 3, 128, (64, 128)),
        ([(1, 1)] * 3, 128, (1, 1)),
    ],
)
def test_the_size_is_the_common_one_or_a_middle_one_within_the_limit(
    shapes: list[tuple[int, int]], limit: int, expected: tuple[int, int]
) -> None:
    values = of(*(noise(*shape, 3) for shape in shapes))
    codec = ImageCodec.fit(values, side_limit=limit)
    assert codec.spec().shape == (*expected, 3)
    assert codec.encode(values)["value"].shape == (len(shapes), *expected, 3)


def test_a_slightly_wider_picture_is_cropped_evenly() -> None:
    codec = ImageCodec(8, 8, 1, (0.0,), (1.0,))
    picture = np.zeros((8, 10, 1), np.uint8)
    picture[:, 1:9] = 200
    assert (codec.encode(of(picture))["value"] == 200).all()


def test_a_much_wider_picture_is_fitted_and_filled_with_the_mean() -> None:
    codec = ImageCodec(8, 8, 1, (50.0,), (1.0,))
    encoded = codec.encode(of(np.full((8, 16, 1), 200, np.uint8)))["value"][0, :, :, 0]
    assert (encoded[2:6] == 200).all() and (encoded[:2] == 50).all() and (encoded[6:] == 50).all()


def test_grey_pictures_stored_in_colour_are_grey() -> None:
    grey = np.repeat(noise(8, 8, 1), 3, axis=2)
    codec = ImageCodec.fit(of(grey, noise(8, 8, 1, seed=1)))
    assert codec.channels == 1
    assert np.array_equal(codec.encode(of(grey))["value"][0, :, :, 0].numpy(), grey[:, :, 0])


def test_grey_pictures_among_colours_get_three_channels() -> None:
    codec = ImageCodec.fit(of(noise(8, 8, 3), noise(8, 8, 1)))
    encoded = codec.encode(of(noise(8, 8, 1)))["value"]
    assert codec.channels == 3 and torch.equal(encoded[..., 0], encoded[..., 2])


def test_a_missing_picture_is_of_the_mean_colour_and_not_learnt_from() -> None:
    pixels = np.full((1, 8, 8, 3), 90, np.uint8)
    pixels[0, :, :, 1] = 10
    values = Pictures.joined([missing(), Pictures.of_array(pixels)])
    codec = ImageCodec.fit(values)
    assert codec.mean == (90.0, 10.0, 90.0)
    assert codec.encode(values)["value"][0, 3, 3].tolist() == [90, 10, 90]


def test_nothing_but_missing_pictures_still_fits() -> None:
    assert ImageCodec.fit(missing()).encode(missing())["value"].shape == (1, 8, 8, 1)


def test_no_pictures_give_no_tensors() -> None:
    codec = ImageCodec(8, 8, 1, (0.0,), (1.0,))
    assert codec.encode(Pictures.of_array(noise(0, 8, 8, 1)))["value"].shape == (0, 8, 8, 1)

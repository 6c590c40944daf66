"""Classical samplers: they draw the law they were shown, by class."""

import numpy as np
import pytest

from fathom.baselines.drawing import Bell, Mixture, gaussian, mixture, pixel_distance
from fathom.baselines.request import RivalRequest


def points(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).multivariate_normal([1, -2], [[2, 1], [1, 1]], count)


@pytest.mark.parametrize("kind", [Bell, Mixture])
def test_mean_and_covariance_are_those_of_the_data(kind: type[Bell] | type[Mixture]) -> None:
    x = 10 * points(2000)  # grey levels
    drawn = kind.fit(x, 0).draw(20_000, np.random.default_rng(1))
    assert drawn.mean(0) == pytest.approx(x.mean(0), abs=0.5)
    assert np.cov(drawn.T) == pytest.approx(np.cov(x.T), rel=0.05, abs=5)


def test_a_mixture_keeps_two_clouds_apart() -> None:
    x = np.concatenate([points(500), points(500, 1) + 40])
    drawn = Mixture.fit(x, 0).draw(400, np.random.default_rng(0))
    assert ((drawn[:, 0] > 15) & (drawn[:, 0] < 30)).sum() == 0


def test_pictures_have_the_brightness_of_their_class() -> None:
    source = np.random.default_rng(0)
    target = np.repeat([1, 2], 60)
    image = (target * 80)[:, None, None, None] + source.integers(-20, 20, (120, 5, 4, 3))
    every = np.arange(120)
    request = RivalRequest(
        kind="sample",
        classes=2,
        target=target,
        train=every[::2],
        valid=every[1::4],
        test=every[3::4],
        image=image.astype(np.uint8),
    )
    for draw in (gaussian, mixture):
        found = draw(request, 10.0)["test"]
        assert found["picture"].shape == (30, 5, 4, 3)
        for wish in (1, 2):
            bright = found["picture"][found["wish"] == wish].mean()
            assert bright == pytest.approx(80 * wish, abs=8)


def test_the_distance_of_one_crowd_to_itself_is_near_zero() -> None:
    source = np.random.default_rng(0)
    one, other = (source.integers(0, 256, (200, 4, 4, 1)).astype(np.uint8) for _ in range(2))
    assert abs(pixel_distance(one, other)) < 0.06
    assert pixel_distance(one, other // 4) > 0.1

"""Classical codes, likelihoods and detectors against scikit-learn and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from fathom.baselines import compressing, likelihood, outlying
from fathom.baselines.request import RivalRequest
from fathom.data.binarised import drawn_once

ROWS = np.random.default_rng(0).normal(size=(90, 6)).astype(np.float32) @ np.diag(
    [3.0, 2.0, 1.0, 0.5, 0.3, 0.2]
).astype(np.float32)


def request(kind: str, *, image: np.ndarray | None = None) -> RivalRequest:
    return RivalRequest(
        kind=kind,
        classes=0,
        target=np.full((90, 1), 6),
        train=np.arange(60),
        valid=np.arange(60, 75),
        test=np.arange(75, 90),
        kept=None if image is not None else ROWS,
        image=image,
        code=2,
    )


def test_components_lose_what_scikit_learn_loses() -> None:
    found = compressing.components(request("values"), 1.0)["test"]
    known = PCA(2).fit(ROWS[:60])
    back = known.inverse_transform(known.transform(ROWS[75:]))
    np.testing.assert_allclose(found["error"], ((ROWS[75:] - back) ** 2).mean(1), rtol=1e-3)
    assert found["code"].shape == (15, 2)


def test_the_likelihood_of_components_is_scikit_learns() -> None:
    found = likelihood.components(request("density"), 1.0)["test"]["nll"]
    known = PCA(2).fit(ROWS[:60].astype(np.float64))
    # scikit-learn divides by n - 1, so that its variances are 60/59 of ours
    near = -known.score_samples(ROWS[75:].astype(np.float64))
    np.testing.assert_allclose(found, near, atol=0.35)


def test_a_few_examples_do_not_make_components_too_sure() -> None:
    few = replace(request("density"), train=np.arange(4))
    found = likelihood.components(few, 1.0)["test"]["nll"]
    known = likelihood.components(request("density"), 1.0)["test"]["nll"]
    assert found.mean() < 20 * known.mean()


def test_a_mixture_beats_one_component_on_two_kinds_of_pictures() -> None:
    on = np.zeros((90, 4, 4, 1), dtype=np.uint8)
    on[::2, :2], on[1::2, 2:] = 255, 255
    found = likelihood.mixture(request("bits", image=on), 5.0)["test"]["nll"]
    assert found.mean() < 3.0  # one component: 16 log 2 = 11 nats; the truth: log 2


def test_pixels_are_drawn_by_their_share_and_the_same_in_any_batch() -> None:
    grey = np.random.default_rng(0).integers(0, 256, size=(40, 20, 20, 1), dtype=np.uint8)
    pixels = drawn_once(grey)
    assert set(np.unique(pixels)) == {0.0, 1.0}
    assert pixels.mean() == pytest.approx(grey.mean() / 255, abs=0.02)
    np.testing.assert_array_equal(drawn_once(grey[7:9]), pixels[7:9])
    assert not np.array_equal(drawn_once(grey, seed=1), pixels)


def test_rare_tails_by_hand() -> None:
    score = outlying.tails(np.array([[1.0], [2.0], [3.0], [4.0]]), 0)
    # of 4 known values: 2.5 has two below and two above, 9 none above
    found = score(np.array([[2.5], [9.0]]))
    np.testing.assert_allclose(found, [-np.log(3 / 5), -np.log(1 / 5)])


@pytest.mark.parametrize(
    "detect",
    [
        outlying.isolation_forest,
        outlying.nearest,
        outlying.components,
        outlying.local_outliers,
        outlying.rare_tails,
    ],
)
def test_each_detector_finds_what_is_far(detect) -> None:  # type: ignore[no-untyped-def]
    far = ROWS.copy()
    far[80:] += 20.0
    asked = RivalRequest(**{**request("anomaly").__dict__, "kept": far})
    score = detect(asked, 1.0)["test"]["score"]
    assert score[5:].min() > score[:5].max()

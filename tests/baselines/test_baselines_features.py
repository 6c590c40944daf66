"""Rows and pictures to features: reference values, fitted on training rows alone."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fathom.baselines.features import features_of
from fathom.baselines.pictures import colours, shapes, shrunk
from fathom.baselines.request import RivalRequest
from fathom.baselines.rows import view_rows

ROW = np.array(
    [[1, np.nan, 2], [3, 5, 1], [5, 7, 0], [7, np.inf, 2], [1e30, 9, 3]], dtype=np.float32
)


def test_columns_keep_gaps_and_number_frequent_levels() -> None:
    views = view_rows(ROW, (4,), np.arange(3))
    assert np.isnan(views.columns[[0, 3], 1]).all()
    assert views.categorical.tolist() == [False, False, True]
    assert views.columns[:, 2].tolist() == [2, 1, 0, 2, 0]  # level 3 was not seen in training


def test_dense_is_scaled_filled_and_cut() -> None:
    dense = view_rows(ROW, (4,), np.arange(3)).dense
    assert np.isfinite(dense).all()
    assert dense[:3, 0] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-3)
    assert dense[4, 0] == 10
    assert dense[:, 2].tolist() == [1, 0, 0, 1, 0]  # the mark of gaps
    assert dense[:, 3:].sum(1).tolist() == [1] * 5


def test_held_out_rows_do_not_move_the_views() -> None:
    changed = ROW.copy()
    changed[3:] = [[-50, 3, 1], [8, 8, 1]]
    first, second = (view_rows(row, (4,), np.arange(3)) for row in (ROW, changed))
    assert (first.dense[:3] == second.dense[:3]).all()


def test_an_empty_column_is_no_obstacle() -> None:
    row = np.array([[np.nan, 1], [np.nan, 2]], dtype=np.float32)
    assert np.isfinite(view_rows(row, (), np.arange(2)).dense).all()


def test_many_levels_are_reduced_to_the_frequent_ones() -> None:
    codes = np.concatenate([np.repeat(np.arange(1, 301), 2), [7] * 9])[:, None].astype(np.float32)
    views = view_rows(codes, (400,), np.arange(len(codes)))
    assert views.columns.max() == 254
    assert views.dense.shape[1] == 255


def test_an_upright_edge_votes_for_one_direction() -> None:
    picture = np.zeros((1, 32, 32, 1), dtype=np.uint8)
    picture[:, :, 16:] = 255
    votes = shapes(picture).reshape(7, 7, 4, 9)
    assert votes[..., 1:].max() < 1e-6
    assert votes[:, 3, :, 0].min() > 0.4
    assert votes[:, :2].max() < 1e-6


def test_shape_ignores_which_side_is_brighter_and_how_bright() -> None:
    picture = np.random.default_rng(0).integers(0, 128, (2, 28, 28, 1), dtype=np.uint8)
    turned = np.rot90(picture, 2, axes=(1, 2))
    turned_votes = shapes(np.ascontiguousarray(turned)).reshape(2, 7, 7, 4, 9)
    votes = shapes(picture).reshape(2, 7, 7, 4, 9)[:, ::-1, ::-1, ::-1]
    assert turned_votes == pytest.approx(votes, abs=0.02)
    assert shapes(picture * 2) == pytest.approx(shapes(picture), abs=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 200, 3), (150, 149, 3), (28, 28, 1), (5, 7, 3)])
def test_features_are_finite_for_any_size(shape: tuple[int, int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    small = shrunk(picture)
    assert max(small.shape[1:3]) <= 96
    assert np.isfinite(shapes(small)).all()
    assert np.isfinite(colours(small)).all()


def test_shrinking_takes_means() -> None:
    picture = np.arange(128 * 128, dtype=np.uint32).reshape(1, 128, 128, 1) // 64
    small = shrunk(picture.astype(np.uint8))
    expected = picture.astype(np.uint8).reshape(1, 64, 2, 64, 2, 1).mean((2, 4))
    assert np.abs(small - expected).max() <= 1


def test_colour_histogram_holds_every_pixel() -> None:
    red = np.tile(np.array([255, 0, 0], dtype=np.uint8), (1, 8, 8, 1))
    values = colours(red)[0]
    assert (values[:64] ** 2).sum() == pytest.approx(1)
    assert values[64:112].reshape(3, 16) == pytest.approx(np.repeat([[1], [0], [0]], 16, 1))
    assert values[112:].max() < 1e-3


def test_rows_and_pictures_stand_side_by_side() -> None:
    digits = load_digits()
    images = (digits.images * 15).astype(np.uint8)[:200, :, :, None]
    row = digits.data[:200, :3].astype(np.float32)
    request = RivalRequest(
        kind="category", classes=10, target=digits.target[:200], train=np.arange(120),
        valid=np.arange(120, 150), test=np.arange(150, 200), row=row, image=images, threads=2,
    )  # fmt: skip
    features = features_of(request)
    assert features.columns.shape[0] == features.dense.shape[0] == 200
    assert (features.columns[:, -3:] == row).all()
    assert features.columns[features.test].shape[0] == 50
    assert not features.categorical.any()

"""Drawn rows beside held-out ones, by hand."""

import numpy as np
import polars as pl
import pytest

from fathom.evaluate.columns import (
    apart,
    columns_beside,
    correlations,
    correlations_beside,
    taught_by,
    total_variation,
)


def test_total_variation_counts_a_gap_as_a_name() -> None:
    one, other = pl.Series(["a", "a", "b", None]), pl.Series(["a", "b", "b", "c"])
    assert total_variation(one, other) == pytest.approx(0.5)
    assert total_variation(one, one) == 0


def test_distance_of_numbers_leaves_gaps_out() -> None:
    one, other = pl.Series([1.0, 2.0, 3.0, None]), pl.Series([2, 3, 4])
    assert apart(one, other) == pytest.approx(1 / 3)
    assert apart(pl.Series([None], dtype=pl.Float64), other) is None


def test_every_column_is_told() -> None:
    real = pl.DataFrame({"x": [1, 2, None, 4], "y": ["a", "b", "a", "b"]})
    drawn = pl.DataFrame({"x": [1, 2, 3, 4], "y": ["a", "a", "a", "a"]})
    x, y = columns_beside(drawn, real, real)
    assert (x["measure"], x["training"], x["missing"], x["missing_held_out"]) == ("ks", 0, 0, 0.25)
    assert (y["measure"], y["drawn"], y["training"]) == ("total_variation", 0.5, 0)


def test_correlations_are_those_of_numpy_and_of_constants_none() -> None:
    x = np.random.default_rng(0).standard_normal((200, 3))
    x[:, 1] += x[:, 0]
    assert correlations(x) == pytest.approx(np.corrcoef(x.T))
    still = np.concatenate([x, np.ones((200, 1))], axis=1)
    assert correlations(still)[3].tolist() == [0, 0, 0, 0]
    mirrored = x * np.array([1.0, -1.0, 1.0])
    r = np.asarray(np.corrcoef(x.T))
    assert correlations_beside(mirrored, x) == pytest.approx(
        2 * (abs(r[0, 1]) + abs(r[1, 2])) / 3, abs=1e-9
    )


def test_what_teaches_nothing_is_found() -> None:
    source = np.random.default_rng(0)
    x, held = source.standard_normal((300, 2)), source.standard_normal((200, 2))
    y, truth = (x[:, 0] > 0) + 1, (held[:, 0] > 0) + 1
    good = taught_by(x, y, held, truth, seed=0)
    bad = taught_by(x, source.permutation(y), held, truth, seed=0)
    assert good["value"] > 0.95
    assert bad["value"] < 0.75
    assert good["low"] <= good["value"] <= good["high"]
    assert taught_by(x, np.ones(300), held, truth, seed=0)["value"] == (truth == 1).mean()

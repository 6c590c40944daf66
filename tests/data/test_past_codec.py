"""Series to windows: what a forecast sees, what it is measured by, and that no future is seen."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from fathom.data.codecs.past import AheadCodec, PastCodec, matrix, naive_error
from fathom.data.fields import Limits
from fathom.data.gaps import carried
from fathom.data.rhythm import Rhythm
from fathom.data.season import lookbacks_of, season_of
from fathom.data.table import Column, Table
from fathom.tasks.forecasting import fields


def columns(*values: list[float | None]) -> list[Column]:
    return [
        Column(f"s{k}", "number", pl.Series(f"s{k}", each, dtype=pl.Float64))
        for k, each in enumerate(values)
    ]


def codecs(
    series: list[Column], lookback: int = 3, horizon: int = 2
) -> tuple[PastCodec, AheadCodec]:
    names = [column.name for column in series]
    values = matrix(series, names)
    past = PastCodec.fit(values, names=names, season=1, lookbacks=(lookback,))
    return past, AheadCodec.fit(
        values, names=past.names, scales=past.scales, horizon=horizon, season=1, first=0
    )


class TestWindows:
    def test_row_r_sees_what_is_before_it_and_is_judged_by_what_follows(self) -> None:
        series = columns([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        past, ahead = codecs(series)
        assert past.encode(series)["value"][4, 0].tolist() == [2.0, 3.0, 4.0]
        assert ahead.encode(series)["value"][4, 0].tolist() == [5.0, 6.0]
        assert ahead.encode(series)["value"][5, 0].isnan().tolist() == [False, True]

    def test_a_gap_is_the_last_known_value_and_is_not_judged(self) -> None:
        series = columns([1.0, 2.0, None, 4.0, 5.0, 6.0])
        past, ahead = codecs(series)
        assert past.encode(series)["value"][4, 0].tolist() == [2.0, 2.0, 4.0]
        assert ahead.encode(series)["value"][2, 0].isnan().tolist() == [True, False]

    def test_what_is_scaled_comes_back(self) -> None:
        rng = np.random.default_rng(0)
        grown = np.exp(np.linspace(0, 3, 60)) * (2 + np.sin(np.arange(60)))
        series = columns(grown.tolist(), rng.normal(size=60).tolist())
        past, ahead = codecs(series)
        assert [scale.logarithm for scale in past.scales] == [True, False]
        stored = ahead.encode(series)["value"][:50]
        back = ahead.decode({"answer": ahead.prepare({"value": stored})["value"]})
        np.testing.assert_allclose(back, stored.numpy(), rtol=1e-4, atol=1e-5)

    def test_ups_that_grow_with_the_level_are_seen_in_logarithms(self) -> None:
        time = np.arange(120)
        grown = np.exp(time / 40) * (3 + np.sin(2 * np.pi * time / 12))
        values = grown[:, None].astype(np.float32)
        past = PastCodec.fit(values, names=["s0"], season=12, lookbacks=(25,))
        assert past.scales[0].logarithm
        ahead = AheadCodec.fit(
            values, names=past.names, scales=past.scales, horizon=2, season=12, first=25
        )
        assert ahead.errors[0][0] == naive_error(values[:, 0], 12)


class TestNoFuture:
    def test_changing_the_future_changes_nothing_before_it(self) -> None:
        rng = np.random.default_rng(1)
        known = rng.normal(size=(80, 2)).astype(np.float32)
        known[rng.random((80, 2)) < 0.1] = np.nan
        for now in (20, 41, 79):
            other = known.copy()
            other[now:] = rng.normal(size=other[now:].shape) * 100
            past, _ = codecs(columns(*known[:15].T.tolist()))
            one, two = (
                past.encode(columns(*values.T.tolist()))["value"][: now + 1]
                for values in (known, other)
            )
            assert torch.equal(one, two)

    def test_changing_held_out_rows_changes_nothing_that_is_fitted_or_chosen(self) -> None:
        rng = np.random.default_rng(5)
        time = np.arange(240)
        known = np.stack([50 + time / 4 + 9 * np.sin(time * np.pi / 6), rng.normal(size=240)], 1)
        other = known.copy()
        other[150:] = 1000 * rng.random(size=other[150:].shape)  # other level, no season
        train = np.arange(1, 150 - 12 + 1)
        told = []
        for values in (known, other):
            made = columns(*values.T.tolist())
            table = Table(tuple(made), "csv", "", Path("x"), rhythm=Rhythm("", "1mo", 12))
            told.append(fields(table, train, ("s0", "s1"), Limits(), train).to_json())
        assert told[0] == told[1]
        assert told[0]["target"]["codec"]["season"] == 12

    def test_values_are_carried_forward_only(self) -> None:
        found = carried(np.array([[np.nan], [1.0], [np.nan], [3.0]]), np.array([7.0]))
        assert found[:, 0].tolist() == [7.0, 1.0, 1.0, 3.0]


class TestSeason:
    def test_a_season_under_noise_and_trend_is_found(self) -> None:
        time = np.arange(240)
        noise = np.random.default_rng(2).normal(size=240)
        values = (time / 10 + 5 * np.sin(2 * np.pi * time / 24) + 0.3 * noise)[:, None]
        assert season_of(values, (24, 168), 24) == 24
        assert season_of(values, (), 24) in range(23, 26)

    def test_a_random_walk_has_none(self) -> None:
        walk = np.random.default_rng(3).normal(size=400).cumsum()[:, None]
        assert season_of(walk, (7, 365), 28) == 1

    def test_look_backs_fit_the_data(self) -> None:
        assert lookbacks_of(8640, 96, 24) == (25, 49, 97, 337, 721)
        assert lookbacks_of(84, 12, 12) == (13, 25)
        assert lookbacks_of(3300, 28, 1) == (8, 15, 29, 57, 113, 225, 449, 897)
        assert lookbacks_of(10, 1, 1) == (4,)
        assert lookbacks_of(10, 8, 1) == (2,)

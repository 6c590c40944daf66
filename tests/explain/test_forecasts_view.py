"""Stored forecasts to the view that shows them."""

import numpy as np
import polars as pl

from fathom.explain.forecasts import forecasts_view
from fathom.explain.outcomes import read_futures
from fathom.explain.story import Following, Story


def story(following: tuple[Following, ...] = ()) -> Story:
    came = np.arange(24.0).reshape(6, 4)
    lists = pl.List(pl.Float64)
    stored = [row.tolist() if k != 1 else None for k, row in enumerate(came)]

    def column(shift: float) -> pl.Series:
        moved = [None if row is None else [v + shift for v in row] for row in stored]
        return pl.Series(moved, dtype=lists)

    frame = pl.DataFrame(
        {
            "row": range(6),
            "part": ["valid"] * 2 + ["test"] * 4,
            "origin": [f"day {k}" for k in range(6)],
            "came": column(0.0),
            "forecast": column(1.0),
            "low": column(-1.0),
            "high": column(2.0),
            "rival_forecast": column(3.0),
        }
    )
    return Story(
        report={"metrics": {"mase": {"value": 0.5, "n": 4}}},
        predictions=frame,
        log=(),
        recipe={},
        classes=("sold",),
        findings=(),
        data={},
        following=following,
    )


def test_rows_whose_numbers_are_not_stored_are_left_out() -> None:
    (future,) = read_futures(story().predictions)
    assert future.row.tolist() == [0, 2, 3, 4, 5]
    assert future.forecast.shape == (5, 4)
    assert story().kind == "future"
    assert story().noun == "forecasts"


def test_errors_are_told_by_rows_ahead_beside_the_rival() -> None:
    view = forecasts_view(story())
    assert view is not None
    rows = view.grids[0].rows
    assert [row[1] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0][2:4] == ("1.00", "3.00")
    assert len(view.figures) == 2  # the first and the last test forecast
    assert "100" in view.figures[0].summary
    assert (
        view.answer
        == "Each forecast reaches 4 rows ahead; 2 of 4 forecasts of held-out rows are drawn."
    )


def test_what_follows_the_data_stands_first() -> None:
    ahead = Following("", "2020 to 2021", (1.0, 2.0), (3.0, 4.0), (2.0, 3.0), (4.0, 5.0))
    view = forecasts_view(story((ahead,)))
    assert view is not None
    assert view.figures[0].title == "What follows: 2020 to 2021"
    assert "2 of 4 forecasts" in view.answer
    assert view.figures[0].data.series[0].x == (-1.0, 0.0)  # type: ignore[union-attr]


def test_other_runs_have_no_forecasts() -> None:
    plain = story().predictions.select("row", "part", "origin")
    assert read_futures(plain) == ()

"""What is said of the alarms of a watched series."""

from dataclasses import replace

import polars as pl

from fathom.explain.story import Story
from fathom.explain.watched import watched_view, weekly


def story(alarms: list[int]) -> Story:
    """Ten held-out rows, of which the third and fourth, and the eighth, are labelled."""
    labelled = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0]
    frame = pl.DataFrame(
        {
            "row": range(10),
            "part": ["test"] * 10,
            "origin": [f"2024-01-0{day}" for day in range(10)],
            "anomaly": labelled,
            "alarm": alarms,
            "anomaly_score": [float(alarm) + 0.5 for alarm in alarms],
            "threshold": [1.0] * 10,
        }
    )
    return Story(report={}, predictions=frame, log=(), recipe={}, classes=(), findings=(), data={})


def test_alarms_are_counted_by_stretches() -> None:
    view = watched_view(story([1, 0, 0, 1, 1, 0, 0, 0, 0, 0]))
    assert view is not None
    assert view.answer == (
        "Of 2 labelled stretches 1 had an alarm; 1 alarm fell where nothing is labelled."
    )
    assert view.grids[0].rows == (
        ("2024-01-02", "2024-01-03", "2024-01-03", "1.50"),
        ("2024-01-07", "2024-01-07", "none", "0.500"),
    )


def test_rows_without_a_threshold_are_not_a_watched_series() -> None:
    plain = story([0] * 10)
    frame = plain.predictions.drop("threshold")
    assert watched_view(replace(plain, predictions=frame)) is None


def test_alarms_a_week_are_told_beside_the_threshold() -> None:
    plain = story([1, 0, 0, 1, 1, 0, 0, 0, 0, 0])
    days = [f"2024-01-{day:02d} 00:00:00" for day in range(1, 11)]
    held = plain.predictions.with_columns(pl.Series("origin", days))
    before = held.with_columns(pl.lit("valid").alias("part"), pl.lit(0, pl.Int64).alias("anomaly"))
    told = weekly(pl.concat([before, held]), "test")
    assert told == (
        ": 2 alarms in 9.00 days there, about 1.56 a week; 1 alarm in 6.30 days in the judged "
        "part, labelled stretches apart, about 1.11 a week"
    )
    assert weekly(plain.predictions.with_columns(pl.lit("x").alias("origin")), "test") == ""

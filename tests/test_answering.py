"""Dates of what follows a series, and answers to several sources in one frame."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from fathom.answering import ahead_of, beside_inputs
from fathom.data.rhythm import Rhythm
from fathom.data.table import Column, Table


def dated(first: datetime, step: timedelta, every: str, horizon: int) -> Table:
    dates = pl.Series("when", [first + k * step for k in range(6)], dtype=pl.Datetime("us"))
    column = Column("when", "date", dates)
    return Table((column,), "csv", "", Path("t.csv"), rhythm=Rhythm("when", every, horizon))


def test_days_are_told_as_days() -> None:
    days = dated(datetime(2024, 2, 24), timedelta(days=1), "1d", 2)
    assert ahead_of(days).to_list() == [date(2024, 3, 1), date(2024, 3, 2)]


def test_hours_stay_times_where_all_that_follows_is_midnight() -> None:
    hours = dated(datetime(2024, 2, 28, 18), timedelta(hours=1), "1h", 1)
    assert ahead_of(hours).to_list() == [datetime(2024, 2, 29)]


def test_answers_by_days_and_by_times_stand_in_one_frame() -> None:
    days = pl.DataFrame({"date": [date(2024, 3, 1)], "answer": [1.0]})
    times = pl.DataFrame({"date": [datetime(2024, 3, 1, 6)], "answer": [2.0]})
    found = beside_inputs([("a.csv", days), (Path("b.csv"), times)])
    assert found.columns == ["input", "date", "answer"]
    assert found["input"].to_list() == ["a.csv", "b.csv"]
    assert found["date"].to_list() == [datetime(2024, 3, 1), datetime(2024, 3, 1, 6)]

"""Dates and numbers to one row a step: what is mended, what is refused, what is chosen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fathom
from fathom.data.fields import Limits
from fathom.data.rhythm import Rhythm, seasons, usual_horizon
from fathom.data.sources import ReadOptions, read
from fathom.data.split import folds, split
from fathom.data.table import Table
from fathom.errors import DataError, FathomError, OptionError
from fathom.tasks.forecasting import TASK

START = datetime(2024, 1, 1)
HOURS = [START + timedelta(hours=k) for k in range(200)]
VALUES = [round(float(np.sin(k / 4) + k % 7), 3) for k in range(200)]


def written(folder: Path, rows: Sequence[tuple[object, object]], header: str = "date,v") -> str:
    file = folder / "series.csv"
    lines = [",".join(map(str, row)) for row in rows]
    file.write_text("\n".join([header, *lines]) + "\n")
    return str(file)


def series(source: str, horizon: int | None = None) -> Table:
    return read(source, ReadOptions(task="forecasting", horizon=horizon))


def subjects(table: Table) -> set[str]:
    return {finding.subject for finding in table.findings}


class TestWhatIsMended:
    def test_hours_in_order_stay_as_they_are(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, list(zip(HOURS, VALUES, strict=True))))
        assert table["v"].series.to_list() == VALUES
        assert table.rhythm is not None
        assert (table.rhythm.step, table.rhythm.horizon) == ("1h", 24)
        assert subjects(table) == {"horizon"}

    def test_unsorted_rows_are_sorted(self, tmp_path: Path) -> None:
        order = np.random.default_rng(0).permutation(200)
        table = series(written(tmp_path, [(HOURS[k], VALUES[k]) for k in order]))
        assert table["v"].series.to_list() == VALUES
        assert "unsorted dates" in subjects(table)

    def test_gaps_become_rows_without_values(self, tmp_path: Path) -> None:
        rows = [row for k, row in enumerate(zip(HOURS, VALUES, strict=True)) if k not in (7, 90)]
        table = series(written(tmp_path, rows, "date,place"))
        assert np.flatnonzero(table["place"].missing()).tolist() == [7, 90]
        assert table.rhythm is not None
        assert table.rhythm.rows[6:9] == (6, -1, 7)
        assert "gaps" in subjects(table)

    def test_of_a_date_that_stands_twice_the_last_row_counts(self, tmp_path: Path) -> None:
        rows = [*zip(HOURS, VALUES, strict=True), (HOURS[5], 99.0)]
        table = series(written(tmp_path, rows))
        assert table["v"].series[5] == 99.0
        assert len(table) == 200

    def test_a_change_of_clocks_is_named(self, tmp_path: Path) -> None:
        begin = datetime(2024, 3, 30)
        hours = [begin + timedelta(hours=k) for k in range(100)]
        rows = [(hour, VALUES[k]) for k, hour in enumerate(hours) if hour != hours[26]]
        said = " ".join(f.reason for f in series(written(tmp_path, rows)).findings)
        assert "daylight saving" in said

    def test_the_hour_that_comes_twice_in_autumn_is_named(self, tmp_path: Path) -> None:
        begin = datetime(2024, 10, 26)
        hours = [begin + timedelta(hours=k - (k > 26)) for k in range(100)]
        table = series(written(tmp_path, list(zip(hours, VALUES, strict=False))))
        (told,) = [f.reason for f in table.findings if f.subject == "duplicated dates"]
        assert told.startswith("Dates that stand more than once: 1, the first is 2024-10-27 02:00")
        assert "daylight saving" in told
        assert table["v"].series[26] == VALUES[27]

    def test_a_series_that_stands_still_beside_others_is_left_out(self, tmp_path: Path) -> None:
        rows = [(hour, f"{VALUES[k]},5") for k, hour in enumerate(HOURS)]
        source = written(tmp_path, rows, "date,v,flat")
        table = series(source)
        assert table.names == ("date", "v")
        assert [f.place for f in table.findings if f.subject == "constant series"] == ["flat"]
        known = read(source, ReadOptions(task="forecasting", known=("date", "v", "flat")))
        assert known.names == ("date", "v", "flat")

    def test_a_series_that_ends_before_the_others_is_told(self, tmp_path: Path) -> None:
        rows = [(h, f"{VALUES[k]},{VALUES[k] if k < 190 else ''}") for k, h in enumerate(HOURS)]
        table = series(written(tmp_path, rows, "date,v,w"))
        assert len(table) == 200
        (told,) = [f for f in table.findings if f.subject == "ends early"]
        assert told.place == "w"
        assert "in the last 10 rows" in told.reason

    def test_fewer_rows_than_a_season_have_none(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, list(zip(HOURS[:20], VALUES, strict=False))))
        train = split(table).rows("train")
        made = TASK.fields(table, train, ("v",), Limits(), train)
        assert TASK.told(made)[0].startswith("no season was found")
        assert np.isfinite(made.target.codec.errors).all()  # type: ignore[attr-defined]
        short = made.inputs[0].codec
        looked_back = replace(short, lookback=64)  # type: ignore[type-var]
        (told,) = looked_back.strange([table["v"]])[0]
        assert told.startswith("the series has 20 rows where 64 are looked at together")
        assert short.strange([table["v"]]) == {}

    def test_unknown_values_at_the_end_are_left_out(self, tmp_path: Path) -> None:
        rows = [(hour, VALUES[k] if k < 190 else "") for k, hour in enumerate(HOURS)]
        table = series(written(tmp_path, rows))
        assert len(table) == 190
        assert "empty ends" in subjects(table)

    def test_long_form_becomes_one_column_a_series(self, tmp_path: Path) -> None:
        rows = [(f"{h},{shop}", v) for h, v in zip(HOURS, VALUES, strict=True) for shop in "ab"]
        table = series(written(tmp_path, rows, "date,shop,v"))
        assert table.names == ("date", "a", "b")
        assert table["b"].series.to_list() == VALUES

    def test_a_table_without_dates_is_taken_in_its_order(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, [(v, 2 * v) for v in VALUES], "v,w"), 5)
        assert table.names == ("v", "w")
        assert "no dates" in subjects(table)


class TestInspection:
    def test_dates_and_numbers_alone_can_be_forecast(self, tmp_path: Path) -> None:
        found = fathom.inspect(written(tmp_path, list(zip(HOURS, VALUES, strict=True))))
        assert [one["task"] for one in found["questions"]] == ["forecasting"]
        assert "00:00:00" not in str(found["columns"])  # a day is told without its midnight


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([(hour, 5) for hour in HOURS], "change"),
            ([(h, v) for h, v in zip(HOURS[:5], VALUES, strict=False)], "too few rows"),
            (
                [(START + timedelta(hours=k * k // 3), v) for k, v in enumerate(VALUES)],
                "evenly spaced",
            ),
            (
                [
                    (h if k % 2 else h.strftime("%d.%m.%Y %H:%M"), VALUES[k])
                    for k, h in enumerate(HOURS)
                ],
                "different ways",
            ),
        ],
    )
    def test_in_one_clear_message(
        self, tmp_path: Path, rows: Sequence[tuple[object, object]], words: str
    ) -> None:
        with pytest.raises(FathomError, match=words):
            series(written(tmp_path, rows))

    def test_a_horizon_that_is_longer_than_the_data(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, list(zip(HOURS, VALUES, strict=True))), 150)
        with pytest.raises(DataError, match="too short for this horizon"):
            split(table)


class TestParts:
    def test_no_training_forecast_reaches_into_a_later_part(self, tmp_path: Path) -> None:
        made = split(series(written(tmp_path, list(zip(HOURS, VALUES, strict=True))), 10))
        train, valid, test = (made.rows(part) for part in ("train", "valid", "test"))
        assert train.max() + 10 <= valid.min()
        assert valid.max() + 10 <= test.min()
        assert test.max() + 10 == 200

    def test_folds_would_learn_from_the_future(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, list(zip(HOURS, VALUES, strict=True))))
        with pytest.raises(OptionError, match="comes after"):
            folds(table, 4)

    def test_a_file_names_where_forecasts_begin(self, tmp_path: Path) -> None:
        rows = [row for k, row in enumerate(zip(HOURS, VALUES, strict=True)) if k != 7]
        table = series(written(tmp_path, rows), 10)
        file = tmp_path / "split.json"
        parts = ["train"] * 150 + ["valid"] * 10 + ["unused"] * 19 + ["test"] + ["unused"] * 19
        file.write_text(str(parts).replace("'", '"'))
        made = split(table, file=file)
        assert made.rows("test").tolist() == [180]  # row 179 of the file: one hour is missing
        assert 7 not in made.rows("train")
        assert made.rows("train").max() == 141


class TestCalendar:
    def test_seasons_of_usual_steps(self) -> None:
        assert seasons("1h") == (24, 168)
        assert seasons("1d") == (7, 365)
        assert seasons("10m") == (144, 1008)
        assert seasons("1mo") == (12,)
        assert seasons("3mo") == (4,)
        assert seasons("") == ()

    def test_the_horizon_is_a_season_or_a_twentieth(self) -> None:
        assert usual_horizon("1mo", 144) == 12
        assert usual_horizon("", 400) == 20
        assert usual_horizon("1h", 30) == 1

    def test_dates_ahead_keep_the_calendar(self, tmp_path: Path) -> None:
        table = series(written(tmp_path, list(zip(HOURS, VALUES, strict=True))))
        ahead = Rhythm("date", "1mo", 3).ahead(table["date"].series.head(1), 3)
        assert [date.month for date in ahead] == [2, 3, 4]
        ends = pl.Series("date", [datetime(2024, 1, 31), datetime(2024, 2, 29)])
        ahead = Rhythm("date", "1mo", 3).ahead(ends, 3)
        assert [(date.month, date.day) for date in ahead] == [(3, 31), (4, 30), (5, 31)]
        days = Rhythm("date", "1b", 3).ahead(table["date"].series.head(97), 3)  # a Friday
        assert [date.day for date in days] == [8, 9, 10]

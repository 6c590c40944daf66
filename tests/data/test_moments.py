"""Dates in pieces to one column of dates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import fathom
from fathom.data.sources import ReadOptions, read
from fathom.data.table import Table
from fathom.errors import FathomError, OptionError

START = datetime(2024, 1, 30, 22)


def written(folder: Path, header: str, rows: Sequence[Sequence[object]]) -> str:
    file = folder / "series.csv"
    file.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(file)


def series(source: str, task: str | None = "forecasting", target: tuple[str, ...] = ()) -> Table:
    return read(source, ReadOptions(task=task, target=target))


class TestPieces:
    def test_year_month_day_and_hour_are_one_date(self, tmp_path: Path) -> None:
        moments = [START + timedelta(hours=k) for k in range(60)]
        rows = [(m.year, m.month, m.day, m.hour, k % 7 + k / 9) for k, m in enumerate(moments)]
        source = written(tmp_path, "Year,Month,Day,Hour,load", rows)
        table = series(source, task=None)
        assert table.names == ("date", "load")
        assert table["date"].series.to_list() == moments
        assert table.rhythm is not None
        assert table.rhythm.step == "1h"

    def test_a_month_without_a_day_is_its_first(self, tmp_path: Path) -> None:
        rows = [(2000 + k // 12, k % 12 + 1, k % 5 + k / 9) for k in range(40)]
        table = series(written(tmp_path, "year,month,sold", rows))
        assert table["date"].series[13] == datetime(2001, 2, 1)
        assert table.rhythm is not None
        assert table.rhythm.step == "1mo"

    def test_a_year_alone_is_a_date_where_a_forecast_is_asked(self, tmp_path: Path) -> None:
        source = written(tmp_path, "year,v", [(1900 + k, k % 5 + k / 9) for k in range(40)])
        assert series(source).names == ("date", "v")
        assert series(source, task=None).rhythm is None

    def test_days_and_times_of_the_day_are_one_date(self, tmp_path: Path) -> None:
        moments = [START + timedelta(hours=k) for k in range(60)]
        rows = [(m.strftime("%d/%m/%Y"), m.strftime("%H:%M"), k % 7) for k, m in enumerate(moments)]
        table = series(written(tmp_path, "Date,Time,load", rows))
        assert table["Date"].series.to_list() == moments

    def test_numbers_out_of_range_are_no_date(self, tmp_path: Path) -> None:
        rows = [(2000 + k, 14 + k % 3, k % 5) for k in range(40)]
        table = series(written(tmp_path, "year,month,v", rows), task=None)
        assert table.names == ("year", "month", "v")


class TestLongForm:
    def test_numbers_may_name_the_series(self, tmp_path: Path) -> None:
        days = [START.date() + timedelta(days=k) for k in range(40)]
        rows = [(shop, day, k + 10 * shop) for k, day in enumerate(days) for shop in (1, 2)]
        table = series(written(tmp_path, "store,date,sold", rows))
        assert table.names == ("date", "1", "2")
        assert table["2"].series[3] == 23

    def test_of_several_numbers_the_target_is_forecast(self, tmp_path: Path) -> None:
        days = [START.date() + timedelta(days=k) for k in range(40)]
        rows = [(s, day, k % 9, 3 * k) for k, day in enumerate(days) for s in ("east", "west")]
        source = written(tmp_path, "place,date,rain,wind", rows)
        assert series(source).names == ("date", "rain east", "rain west", "wind east", "wind west")
        table = series(source, target=("wind",))
        assert table.names == ("date", "wind east", "wind west")
        assert table["wind west"].series[5] == 15
        again = series(source, target=table.names[1:])  # as a resumed run reads it
        assert again.names == table.names


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda rows: [*rows, rows[5]], "stand more than once"),
            (lambda rows: rows[::-1], "not in order"),
            (lambda rows: [("soon", 1.0), *rows[1:]], "do not all read"),
            (lambda rows: rows[:4], "To ask what comes next, pass --task forecasting."),
        ],
    )
    def test_what_to_pass_where_rows_are_not_taken_as_a_series(
        self, tmp_path: Path, change: object, words: str
    ) -> None:
        rows = [(START + timedelta(hours=k), k % 7 + k / 9) for k in range(60)]
        source = written(tmp_path, "date,v", change(rows))  # type: ignore[operator]
        with pytest.raises(OptionError, match="--task forecasting") as raised:
            fathom.train(source, budget="5s", out=str(tmp_path / "run"))
        assert words in str(raised.value)

    def test_a_cell_that_is_no_date(self, tmp_path: Path) -> None:
        rows = [(START + timedelta(hours=k), k % 7 + k / 9) for k in range(60)]
        source = written(tmp_path, "date,v", [*rows[:9], ("soon", 1.0), *rows[10:]])
        with pytest.raises(FathomError, match=r"soon.*--column date=date"):
            series(source)
        table = read(source, ReadOptions(task="forecasting", kinds={"date": "date"}))
        assert table["v"].missing()[9]

    def test_several_time_zones(self, tmp_path: Path) -> None:
        rows = [
            (f"{(START + timedelta(hours=k + (k > 30))).isoformat()}+0{1 + (k > 30)}:00", k % 7)
            for k in range(60)
        ]
        table = series(written(tmp_path, "date,v", rows))
        assert len(table) == 60  # in UTC the change of clocks is none
        assert "time zones" in {finding.subject for finding in table.findings}

    def test_one_row(self, tmp_path: Path) -> None:
        with pytest.raises(FathomError, match="too few rows"):
            series(written(tmp_path, "date,v", [(START, 1.0)]))

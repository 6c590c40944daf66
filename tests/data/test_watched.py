"""Series with labels: a column, or windows beside the file."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fathom
from fathom.data.fields import Limits
from fathom.data.sources import ReadOptions, read
from fathom.data.targets import choose_target, question
from fathom.data.watched import is_watched
from fathom.errors import DataError
from fathom.tasks.series_anomaly import TASK
from fathom.train.understanding import asked_of

ASKED = ReadOptions(task="anomaly")


def write(folder: Path, rows: int = 60, **columns: list[int]) -> Path:
    hours = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 6, 1), "1h", eager=True
    ).head(rows)
    values = np.sin(np.arange(rows) / 4).round(4).tolist()
    file = folder / "pump.csv"
    pl.DataFrame({"time": hours.dt.to_string("%Y-%m-%d %H:%M:%S"), "value": values, **columns}
                 ).write_csv(file)  # fmt: skip
    return file


def test_a_column_of_labels_is_the_target_and_no_series(tmp_path: Path) -> None:
    labels = [0] * 40 + [1] * 20
    table = read(str(write(tmp_path, label=labels)), ASKED)
    assert table.target == "label"
    assert [column.name for column in table if column.kind == "number"] == ["value"]
    assert table["label"].series.to_list() == list(map(str, labels))


def test_windows_beside_the_file_or_above_it_are_labels(tmp_path: Path) -> None:
    windows = {"folder/pump.csv": [["2024-01-01 05:00:00", "2024-01-01 07:00:00"]]}
    (tmp_path / "labels_windows.json").write_text(json.dumps(windows))
    below = tmp_path / "series"
    below.mkdir()
    for folder in (tmp_path, below):
        table = read(str(write(folder)), ASKED)
        assert table.target == "anomaly"
        odd = table["anomaly"].series == "1"
        assert odd.arg_true().to_list() == [5, 6, 7]


def test_windows_that_do_not_read_are_one_message(tmp_path: Path) -> None:
    (tmp_path / "windows.json").write_text('{"pump.csv": [["soon", "later"]]}')
    with pytest.raises(DataError, match=r"windows of anomalies do not read"):
        read(str(write(tmp_path)), ASKED)


def test_windows_may_tell_a_time_zone(tmp_path: Path) -> None:
    pair = ["2024-01-01T07:00:00+02:00", "2024-01-01T07:00:00Z"]
    (tmp_path / "windows.json").write_text(json.dumps({"pump.csv": [pair]}))
    table = read(str(write(tmp_path)), ASKED)
    assert (table["anomaly"].series == "1").arg_true().to_list() == [5, 6, 7]


def test_other_json_files_are_no_windows(tmp_path: Path) -> None:
    (tmp_path / "windows.json").write_text('[{"width": 3}, 5]')
    assert not read(str(write(tmp_path)), ASKED).target


def test_unsorted_rows_take_their_labels_with_them(tmp_path: Path) -> None:
    file = write(tmp_path, label=[0] * 30 + [1] * 30)
    pl.read_csv(file).reverse().write_csv(file)
    table = read(str(file), ASKED)
    assert table["label"].series.to_list() == ["0"] * 30 + ["1"] * 30
    assert "unsorted dates" in {finding.subject for finding in table.findings}


def test_of_a_date_that_stands_twice_the_last_row_counts(tmp_path: Path) -> None:
    file = write(tmp_path, label=[0] * 30 + [1] * 30)
    frame = pl.read_csv(file)
    again = frame[5].with_columns(pl.lit(9.5).alias("value"))
    pl.concat([frame, again]).write_csv(file)
    table = read(str(file), ASKED)
    assert len(table) == 60
    assert table["value"].series[5] == 9.5
    assert {"duplicated dates", "unsorted dates"} <= {f.subject for f in table.findings}


def test_a_live_series_that_stands_still_is_kept_where_it_is_known(tmp_path: Path) -> None:
    file = write(tmp_path)
    pl.read_csv(file).with_columns(pl.lit(1.5).alias("value")).write_csv(file)
    with pytest.raises(DataError, match="No column of numbers that change is left"):
        read(str(file), ASKED)
    table = read(str(file), replace(ASKED, known=("time", "value")))
    assert table["value"].series.to_list() == [1.5] * 60


def test_a_series_without_labels_is_still_one_to_be_watched(tmp_path: Path) -> None:
    table = read(str(write(tmp_path)), ASKED)
    targets = choose_target(table, None)
    assert question(table, targets, "anomaly") == "series_anomaly"
    with pytest.raises(DataError, match=r"No anomalies are labelled.*no column of labels"):
        TASK.fields(table, np.arange(30), targets, Limits(), np.arange(30))


def test_words_for_people(tmp_path: Path) -> None:
    assert asked_of(TASK, ("label",)) == "anomalies in a series, judged by label"
    found = fathom.inspect(str(write(tmp_path, 200, label=[int(k % 20 == 0) for k in range(200)])))
    assert [one["task"] for one in found["questions"]] == ["anomaly"]
    said = " ".join(finding.reason for finding in read(str(write(tmp_path)), ASKED).findings)
    assert "forecast" not in said


def test_rows_that_are_missing_are_said_and_not_filled_in(tmp_path: Path) -> None:
    file = write(tmp_path, label=[0] * 30 + [1] * 30)
    frame = pl.read_csv(file)
    pl.concat([frame[:10], frame[12:]]).write_csv(file)
    table = read(str(file), ASKED)
    assert len(table) == 58
    assert table["label"].series[27:29].to_list() == ["0", "1"]
    assert "gaps" in {finding.subject for finding in table.findings}


def test_a_table_without_dates_is_no_series(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    pl.DataFrame({"a": [1.5, 2.5, 3.5], "label": [0, 0, 1]}).write_csv(file)
    assert not is_watched(read(str(file), ASKED), ())


def test_a_steady_series_with_rare_labels_is_watched_unasked(tmp_path: Path) -> None:
    rare = [int(k % 20 == 0) for k in range(200)]
    table = read(str(write(tmp_path, 200, label=rare)))
    assert table.target == "label"
    assert table.rhythm is not None
    assert "watched series" in {finding.subject for finding in table.findings}
    plain = read(str(tmp_path / "pump.csv"), ReadOptions(task="classification"))
    assert plain.rhythm is None


def test_windows_that_name_a_series_make_it_watched_unasked(tmp_path: Path) -> None:
    windows = {"pump.csv": [["2024-01-03 05:00:00", "2024-01-03 07:00:00"]]}
    (tmp_path / "windows.json").write_text(json.dumps(windows))
    assert read(str(write(tmp_path, 200))).target == "anomaly"
    asked = read(str(tmp_path / "pump.csv"), ReadOptions(task="forecasting"))
    assert asked.names == ("time", "value")


def test_windows_that_do_not_read_are_no_one_s_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "windows.json").write_text("no JSON")
    assert not read(str(write(tmp_path, 200))).target


def test_classes_as_frequent_as_each_other_are_no_alarms(tmp_path: Path) -> None:
    table = read(str(write(tmp_path, 200, label=[k % 2 for k in range(200)])))
    assert table.rhythm is None


def test_events_at_odd_times_are_a_plain_table(tmp_path: Path) -> None:
    file = write(tmp_path, 200, label=[int(k % 20 == 0) for k in range(200)])
    draw = np.random.default_rng(0)
    seconds = np.cumsum(draw.exponential(3600, size=200)).tolist()
    moments = [str(datetime(2024, 1, 1) + timedelta(seconds=round(one))) for one in seconds]
    frame = pl.read_csv(file).with_columns(pl.Series("time", moments))
    frame.write_csv(file)
    assert read(str(file)).rhythm is None

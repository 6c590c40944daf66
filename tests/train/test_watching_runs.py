"""A series with odd stretches, watched end to end."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fathom
from fathom.errors import DataError
from fathom.train.journey import train
from fathom.train.options import Options

ROWS = 480


def write(file: Path, odd: bool = True) -> Path:
    """A wave of 24 hours; in the second half two stretches stand still."""
    hours = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 3, 1), "1h", eager=True
    ).head(ROWS)
    draw = np.random.default_rng(0)
    values = np.sin(np.arange(ROWS) * 2 * np.pi / 24) + 0.05 * draw.normal(size=ROWS)
    label = np.zeros(ROWS, dtype=int)
    for start in (300, 400):
        values[start : start + 20], label[start : start + 20] = 1.5, int(odd)
    columns = {"time": hours.dt.to_string("%Y-%m-%d %H:%M:%S"), "value": values, "label": label}
    pl.DataFrame(columns).write_csv(file)
    return file


def asked(tmp_path: Path) -> Options:
    return Options(
        task="anomaly", updates=4, budget_s=120.0, out=str(tmp_path / "run"),
        cache=str(tmp_path / "cache"),
    )  # fmt: skip


def test_a_watched_series_is_learnt_judged_and_scored_again(tmp_path: Path) -> None:
    run = train(str(write(tmp_path / "pump.csv")), asked(tmp_path))
    report = run.report
    assert report["metrics"]["vus_pr"]["value"] > 0.5
    names = {report["baseline"]["name"], *(other["name"] for other in report["others"])}
    assert names == {"principal", "deviation"}
    live = tmp_path / "live.csv"
    pl.read_csv(tmp_path / "pump.csv").drop("label").write_csv(live)
    scored = fathom.load(run.folder).predict(str(live))
    assert len(scored) == ROWS
    score, threshold = scored["score"].to_numpy(), scored["threshold"].to_numpy()
    assert (scored["anomaly"].to_numpy() == (score > threshold)).all()
    assert score[300:320].mean() > 2 * score[:240].mean()
    assert scored["date"][0].year == 2024


def test_without_labelled_anomalies_it_is_one_message(tmp_path: Path) -> None:
    source = str(write(tmp_path / "pump.csv", odd=False))
    with pytest.raises(DataError, match="No anomalies are labelled"):
        train(source, asked(tmp_path))


def test_anomalies_that_are_learnt_from_alone_are_one_message(tmp_path: Path) -> None:
    file = write(tmp_path / "pump.csv")
    frame = pl.read_csv(file)
    early = [int(100 <= row < 120) for row in range(ROWS)]
    frame.with_columns(pl.Series("label", early)).write_csv(file)
    with pytest.raises(DataError, match="in the part that is judged"):
        train(str(file), asked(tmp_path))

"""Series from raw files to runs that forecast, classify and can be measured again."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import fathom
from fathom.console import show_forecasts
from fathom.errors import FathomError
from fathom.train.options import Options
from fathom.train.understanding import opened


def monthly(file: Path, rows: int = 240, unknown: int = -1) -> Path:
    time = np.arange(rows)
    noise = np.random.default_rng(0).normal(size=rows)
    values = 50 + time / 5 + 10 * np.sin(2 * np.pi * time / 12) + noise
    cells = ["" if k == unknown else f"{value:.3f}" for k, value in enumerate(values)]
    dates = [date(2000 + k // 12, k % 12 + 1, 1) for k in range(rows)]
    lines = [f"{day},{cell}" for day, cell in zip(dates, cells, strict=True)]
    file.write_text("\n".join(["month,sold", *lines]) + "\n")
    return file


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("sales")
    data = monthly(folder / "sales.csv", unknown=100)
    return fathom.train(data, budget="20s", updates=20, out=str(folder / "run"))


@pytest.fixture(scope="module")
def motions(tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    folder = tmp_path_factory.mktemp("motions")
    rng = np.random.default_rng(1)
    lines = ["@classLabel true slow fast", "@data"]
    for k in range(80):
        time = np.arange(rng.integers(30, 40))
        values = np.sin(time / (4 if k % 2 else 2) + rng.uniform(0, 6)) + 0.1 * rng.normal()
        lines.append(",".join(f"{v:.3f}" for v in values) + (":slow" if k % 2 else ":fast"))
    (folder / "motions.ts").write_text("\n".join(lines) + "\n")
    return fathom.train(folder / "motions.ts", budget="20s", updates=40, out=str(folder / "run"))


def test_dates_and_numbers_alone_are_forecast(sales: fathom.Run) -> None:
    report = sales.report
    assert report["task"] == "forecasting"
    assert report["metrics"]["mase"]["value"] < 0.9
    assert report["metrics"]["coverage"]["value"] > 0.7
    names = [report["baseline"]["name"], *(other["name"] for other in report["others"])]
    assert set(names) == {"seasonal_naive", "linear", "smoothing"}
    codec = json.loads((sales.folder / "codecs.json").read_text())["target"]["codec"]
    assert (codec["horizon"], codec["season"]) == (12, 12)


def test_what_follows_the_data_is_answered_with_dates(sales: fathom.Run) -> None:
    answers = sales.predict([])
    assert answers.columns == ["input", "date", "series", "ahead", "answer", "low", "high"]
    assert str(answers["date"][0]) == "2020-01-01"
    time = np.arange(240, 252)
    expected = 50 + time / 5 + 10 * np.sin(2 * np.pi * time / 12)
    assert np.abs(answers["answer"].to_numpy() - expected).max() < 6
    assert (answers["low"] <= answers["answer"]).all()
    assert (answers["answer"] <= answers["high"]).all()


def test_what_follows_is_drawn_beside_the_numbers(sales: fathom.Run, tmp_path: Path) -> None:
    show_forecasts(sales, [], out=str(tmp_path / "ahead.csv"), programs=False)
    assert len((tmp_path / "ahead.csv").read_text().splitlines()) == 13
    page = (tmp_path / "ahead.html").read_text()
    assert "What follows of sold: 2020-01-01 to 2020-12-01" in page
    assert "interval, low end" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_what_is_doubtful_of_new_data_is_told(
    sales: fathom.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = monthly(tmp_path / "newer.csv", rows=20).read_text().splitlines()
    (tmp_path / "newer.csv").write_text("\n".join([*lines[:5], *lines[6:]]) + "\n")
    source, out = str(tmp_path / "newer.csv"), str(tmp_path / "ahead.csv")
    show_forecasts(sales, [source], out=out, programs=False)
    told = capsys.readouterr().err
    assert "1 of 20 steps have no row" in told
    assert "the series has 20 rows where" in told


def test_a_series_that_stands_still_is_forecast(sales: fathom.Run, tmp_path: Path) -> None:
    lines = monthly(tmp_path / "still.csv", rows=60).read_text().splitlines()
    still = [f"{line.split(',')[0]},50" for line in lines[1:]]
    (tmp_path / "still.csv").write_text("\n".join([lines[0], *still]) + "\n")
    answers = sales.predict(tmp_path / "still.csv")
    assert np.isfinite(answers["answer"].to_numpy()).all()


def test_two_runs_are_compared_by_the_metric_of_their_reports(
    sales: fathom.Run, tmp_path: Path
) -> None:
    source = sales.recipe.data.path
    other = fathom.train(source, family="rnn", budget="20s", updates=2, out=str(tmp_path / "other"))
    found = fathom.compare([sales.folder, other.folder])
    for run, entry in zip((sales, other), found["runs"], strict=True):
        reported = run.report["metrics"]["mase"]["value"]
        assert entry["metrics"]["mase"]["value"] == pytest.approx(reported, rel=1e-4)
    assert "against" in found["pairs"][0]["sentence"]


def test_the_verdict_tells_the_squared_error_beside(sales: fathom.Run) -> None:
    assert "Mean squared error:" in sales.report["verdict"]["sentence"]


def test_newer_data_move_the_forecast_on(sales: fathom.Run, tmp_path: Path) -> None:
    answers = sales.predict(monthly(tmp_path / "newer.csv", rows=250))
    assert str(answers["date"][0])[:10] == "2020-11-01"


def test_new_data_are_measured(sales: fathom.Run, tmp_path: Path) -> None:
    found = fathom.evaluate(sales, monthly(tmp_path / "newer.csv", rows=300))
    assert found["metrics"]["mase"]["value"] < 0.9


def test_the_report_shows_what_follows(sales: fathom.Run) -> None:
    page = (sales.folder / "report.html").read_text()
    assert "What follows: 2020-01-01" in page
    assert "rows ahead" in page


def test_a_run_is_repeated_to_the_same_weights(sales: fathom.Run, tmp_path: Path) -> None:
    source = sales.recipe.data.path
    again = fathom.train(source, recipe=sales.folder, out=str(tmp_path / "again"))
    name = "weights.safetensors"
    assert (again.folder / name).read_bytes() == (sales.folder / name).read_bytes()


def test_series_of_unequal_length_are_classified(motions: fathom.Run) -> None:
    report = motions.report
    assert report["task"] == "classification"
    assert report["metrics"]["accuracy"]["value"] > 0.8
    assert report["baseline"]["name"] in ("kernels", "warping")


def test_new_series_are_answered(motions: fathom.Run, tmp_path: Path) -> None:
    values = ",".join(f"{np.sin(k / 4):.3f}" for k in range(35))
    (tmp_path / "new.ts").write_text(f"@classLabel false\n@data\n{values}\n")
    assert motions.predict(tmp_path / "new.ts")["answer"].to_list() == ["slow"]


@pytest.mark.parametrize("asked", [{"family": "vae"}, {"task": "compression"}])
def test_what_is_asked_decides_whether_rows_are_a_series(
    tmp_path: Path, asked: dict[str, str]
) -> None:
    raw = opened(str(monthly(tmp_path / "sales.csv")), Options(**asked))  # type: ignore[arg-type]
    assert raw.table.rhythm is None
    plain = opened(str(monthly(tmp_path / "sales.csv")), Options(family="mlp"))
    assert plain.table.rhythm is not None


def test_a_family_that_reads_no_series_is_told(tmp_path: Path) -> None:
    with pytest.raises(FathomError, match="family"):
        fathom.train(monthly(tmp_path / "sales.csv"), family="nonsense", budget="5s")

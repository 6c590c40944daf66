"""Tables from raw files to runs that draw rows, and what they refuse."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fathom
from fathom.errors import DataError, FathomError, OptionError


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with gaps, a run by class and one without."""
    folder = tmp_path_factory.mktemp("rows")
    source = np.random.default_rng(0)
    kind = source.choice(["oak", "fir", "elm"], 300, p=[0.6, 0.3, 0.1])
    height = np.round(np.where(kind == "oak", 20, 30) + source.standard_normal(300), 1)
    rings = source.poisson(50, 300)
    soil = np.where(source.random(300) < 0.8, "clay", "sand").astype(object)
    frame = pl.DataFrame(
        {
            "height": [None if gap else value for gap, value in
                       zip(source.random(300) < 0.25, height.tolist(), strict=True)],
            "kind": kind,
            "rings": rings,
            "soil": soil.tolist(),
        }
    )  # fmt: skip
    frame.write_csv(folder / "trees.csv")
    cache = str(folder / "cache")
    for name, target in (("by_class", "kind"), ("whole", ())):
        fathom.train(
            folder / "trees.csv",
            task="generation",
            target=target,
            budget="60s",
            updates=150,
            out=str(folder / name),
            cache=cache,
        )
    return folder


def test_a_run_is_judged_column_by_column(place: Path) -> None:
    report = json.loads((place / "by_class" / "report.json").read_text())
    assert report["family"] == "diffusion"
    assert {"kid", "coverage_k", "label_agreement", "memorisation"} <= set(report["metrics"])
    assert report["baseline"]["name"] in ("gaussian", "mixture")
    assert [one["name"] for one in report["columns"]] == ["height", "rings", "soil"]
    assert {"drawn", "real", "rows"} == set(report["useful"])
    assert "pictures" not in report["verdict"]["sentence"]
    assert not any("pictures" in check["sentence"] for check in report["checks"])
    page = (place / "by_class" / "report.html").read_text()
    assert "Column by column" in page
    assert "rows.csv" in page


def test_shares_of_classes_and_gaps_are_kept(place: Path) -> None:
    real = pl.read_csv(place / "trees.csv")
    rows = fathom.load(place / "by_class").rows(600)
    assert rows.columns == real.columns
    for name in ("oak", "fir", "elm"):
        share, drawn = (np.mean(one["kind"].to_numpy() == name) for one in (real, rows))
        assert drawn == pytest.approx(share, abs=0.08)
    gaps = real["height"].null_count() / len(real)
    assert rows["height"].null_count() / len(rows) == pytest.approx(gaps, abs=0.12)
    assert rows["rings"].dtype == pl.Int64
    known = rows.drop_nulls("height")
    height, kind = known["height"].to_numpy(), known["kind"].to_numpy()
    assert real["height"].drop_nulls().to_numpy().min() <= height.min()
    assert height.max() <= 35
    assert height[kind == "fir"].mean() > height[kind == "oak"].mean() + 5


def test_same_seed_gives_the_same_rows_whatever_their_number(place: Path) -> None:
    run = fathom.load(place / "whole")
    many, few = run.rows(700, seed=3), run.rows(3, seed=3)
    assert many.head(3).equals(few)
    assert not run.rows(3, seed=4).equals(few)
    assert "kind" in few.columns
    elms = fathom.load(place / "by_class").rows(5, wish="elm")
    assert elms["kind"].to_list() == ["elm"] * 5


def test_the_command_writes_a_file(place: Path) -> None:
    out = place / "new.csv"
    command = [sys.executable, "-m", "fathom", "generate", str(place / "by_class"), "-n", "20"]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, check=True)
    assert "20 rows" in done.stdout
    assert pl.read_csv(out).columns == ["height", "kind", "rings", "soil"]
    bad = subprocess.run([*command, "--out", "new.png"], capture_output=True, text=True)
    assert bad.returncode == 2
    assert ".csv" in bad.stderr


def test_what_cannot_be_drawn_is_told(place: Path) -> None:
    run = fathom.load(place / "by_class")
    for count in (0, 10**9):
        with pytest.raises(OptionError, match="1 to"):
            run.rows(count)
    with pytest.raises(OptionError, match="oak"):
        run.rows(1, wish="ok")
    with pytest.raises(OptionError, match="without classes"):
        fathom.load(place / "whole").rows(1, wish="oak")
    with pytest.raises(OptionError, match=r"run\.rows"):
        run.draw(1)
    with pytest.raises(OptionError, match="fathom generate"):
        run.predict(place / "trees.csv")
    (place / "one.csv").write_text("kind\n" + "a\nb\n" * 30)
    with pytest.raises(DataError, match="to learn to draw"):
        fathom.train(place / "one.csv", task="generation", target="kind", updates=1)
    with pytest.raises(FathomError, match=r"gan.*takes none"):
        fathom.train(place / "trees.csv", task="generation", family="gan", updates=1)

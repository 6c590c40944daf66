"""From files to a run that keeps, draws and raises alarms."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fathom
from fathom.errors import DataError, FathomError, OptionError


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pictures"
    folder.mkdir()
    source = np.random.default_rng(0)
    for number in range(60):
        grey = np.zeros((8, 8), dtype=np.uint8)
        grey[number % 5 : number % 5 + 3] = source.integers(150, 255, size=(3, 8))
        Image.fromarray(grey).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def drawing(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> fathom.Run:
    place = tmp_path_factory.mktemp("runs")
    return fathom.train(
        pictures,
        family="vae",
        code=3,
        kinds={"image": "binary"},
        updates=4,
        budget=30,
        out=str(place / "run"),
        cache=str(place / "cache"),
    )


def test_a_vae_is_measured_by_its_bound_beside_an_exact_likelihood(drawing: fathom.Run) -> None:
    assert drawing.recipe.task == "compression"
    assert {"elbo_nats", "nll_nats", "mse"} <= set(drawing.report["metrics"])
    assert drawing.report["baseline"]["name"] == "mixture"
    assert len(drawing.report["latent"]["divergence"]) == 3


def test_it_draws_the_same_by_seed_and_number(drawing: fathom.Run) -> None:
    np.testing.assert_array_equal(drawing.draw(5, seed=1)[:3], drawing.draw(3, seed=1))
    assert drawing.draw(2).shape == (2, 8, 8, 1)
    with pytest.raises(OptionError, match="cannot be drawn"):
        drawing.draw(10**9)


def test_it_answers_codes_and_writes_pictures_again(drawing: fathom.Run, pictures: Path) -> None:
    answers = drawing.predict(pictures / "1.png")
    assert [name for name in answers.columns if name.startswith("code_")] == [
        "code_0",
        "code_1",
        "code_2",
    ]
    assert drawing.reconstruct([pictures / "1.png", pictures / "2.png"]).shape == (2, 8, 8, 1)


def test_the_way_between_two_pictures_is_drawn(drawing: fathom.Run, pictures: Path) -> None:
    ends = (pictures / "1.png", pictures / "2.png")
    assert drawing.between(*ends, 4).shape == (4, 8, 8, 1)
    assert np.array_equal(drawing.between(*ends)[[0, -1]], drawing.between(*ends, 2))
    for count in (1, 10**9):
        with pytest.raises(OptionError, match="2 to 1,000"):
            drawing.between(*ends, count)
    (pictures.parent / "torn.png").write_bytes(b"no picture")
    with pytest.raises(FathomError, match=r"torn\.png"):
        drawing.between(ends[0], pictures.parent / "torn.png")


def test_it_shows_what_it_keeps(drawing: fathom.Run) -> None:
    page = (drawing.folder / "report.html").read_text(encoding="utf-8")
    assert "A map of the codes" in page
    assert "each followed by what its code tells" in page


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = np.random.default_rng(0)
    values = source.normal(size=(300, 3))
    values[:20] += 8
    frame = pl.DataFrame({f"x{k}": values[:, k] for k in range(3)})
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    frame.with_columns(
        pl.Series("state", ["broken"] * 20 + ["fine"] * 280), colour=pl.lit("red")
    ).write_csv(file)
    return file


def test_anomalies_are_found_by_what_clean_rows_look_like(rows: Path, tmp_path: Path) -> None:
    run = fathom.train(
        rows,
        target="state",
        normal="fine",
        updates=60,
        budget=30,
        out=str(tmp_path / "run"),
        cache=str(tmp_path),
    )
    assert run.recipe.task == "anomaly"
    assert run.report["metrics"]["auc"]["value"] > 0.9
    every = {run.report["baseline"]["name"], *(r["name"] for r in run.report["others"])}
    assert every == {"components", "tails", "neighbours", "isolation", "local"}
    answers = run.predict(rows)
    alarms = answers["anomaly"].to_numpy()
    assert alarms[:20].sum() > 15
    assert alarms[20:].mean() < 0.1


def test_an_unknown_normal_value_is_told(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="broken, fine"):
        fathom.train(rows, target="state", normal="good", budget=30, cache=str(tmp_path))


def test_a_family_that_is_no_principle_is_told(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="autoencoder"):
        fathom.train(
            rows,
            target="state",
            task="compression",
            family="cnn",
            budget=30,
            cache=str(tmp_path),
        )


def test_a_code_that_keeps_everything_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="at most 63"):
        fathom.train(pictures, family="autoencoder", code=64, budget=30, cache=str(tmp_path))


def test_a_picture_of_one_pixel_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    for number in range(12):
        Image.new("L", (1, 1), 20 * number).save(tmp_path / "dots" / f"{number}.png")
    run = fathom.train(
        tmp_path / "dots",
        family="autoencoder",
        updates=2,
        budget=30,
        out=str(tmp_path / "run"),
        cache=str(tmp_path / "cache"),
    )
    assert run.reconstruct(tmp_path / "dots").shape == (12, 4, 4, 1)
    assert run.between(tmp_path / "dots" / "0.png", tmp_path / "dots" / "9.png", 3).shape[0] == 3
    with pytest.raises(OptionError, match="does not draw"):
        run.draw(1)

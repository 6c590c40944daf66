"""Few, equal and broken examples to runs that keep them in codes or look for anomalies."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fathom
from fathom.train import Listener

GAPS = 0.3


def trained(source: Path, heard: Listener, **options: object) -> fathom.Run:
    place = source.parent
    return fathom.train(
        source,
        updates=2,
        budget="20s",
        out=str(place / "run"),
        cache=str(place / "cache"),
        listener=heard,
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("options", [{"target": "state", "normal": "fine"}, {"family": "vae"}])
def test_rows_with_gaps_get_scores_and_codes(tmp_path: Path, options: dict[str, str]) -> None:
    source = np.random.default_rng(0)
    numbers = source.normal(size=(120, 3))
    gaps = source.random(numbers.shape) < GAPS
    columns = {
        f"x{k}": [None if gap else float(x) for x, gap in zip(column, missing, strict=True)]
        for k, (column, missing) in enumerate(zip(numbers.T, gaps.T, strict=True))
    }
    states = ["broken" if row % 12 == 0 else "fine" for row in range(120)]
    pl.DataFrame({**columns, "state": states}).write_csv(tmp_path / "rows.csv")
    run = trained(tmp_path / "rows.csv", Listener(), **options)
    answers = run.predict(tmp_path / "rows.csv").select(pl.selectors.float())
    assert len(answers) == 120
    assert answers.null_count().sum_horizontal().item() == 0
    assert bool(np.isfinite(answers.to_numpy()).all())


@pytest.mark.parametrize("family", ["autoencoder", "vae"])
@pytest.mark.parametrize("grey", [None, 77])
def test_twelve_pictures_are_kept_even_if_they_are_one(
    tmp_path: Path, family: str, grey: int | None
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        shade = 20 * number if grey is None else grey
        Image.new("L", (6 + number % 3, 6), shade).save(folder / f"{number}.png")
    run = trained(folder, Listener(), family=family)
    kept = run.reconstruct(folder)
    assert len(kept) == 12
    (check,) = (one for one in run.report["checks"] if one["name"] == "the code is used")
    if grey is not None:
        assert check["passed"]
        assert "all alike" in check["sentence"]
        assert np.abs(kept.astype(int) - grey).max() <= 1

"""A finished run on labelled data: what it never saw counts, read as the training data were."""

from pathlib import Path

import polars as pl
import pytest

from fathom import api
from fathom.data.codecs.text import TextCodec
from fathom.errors import DataError, FathomError, OptionError
from fathom.run import Run
from fathom.train.measure import stored_texts

# The log's file is closed only when its last reference goes.


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained on a table in which the user's mark for a missing number is -999."""
    folder = tmp_path_factory.mktemp("made")
    rows = [f"{-999 if n % 5 == 0 else n * 7 % 11},{n % 13},{'xy'[n * 3 % 2]}" for n in range(200)]
    (folder / "t.csv").write_text("size,age,label\n" + "\n".join(rows) + "\n")
    cache, out = str(folder / "cache"), str(folder / "run")
    return api.train(
        folder / "t.csv", updates=4, budget="30s", out=out, cache=cache, missing=("-999",)
    )


def test_of_the_training_data_only_the_test_part_is_measured(run: Run) -> None:
    """The rows learned from would flatter: the answer must be the stored one."""
    found = api.evaluate(run, run.folder.parent / "t.csv")
    assert found["metrics"]["accuracy"] == run.report["metrics"]["accuracy"]
    assert found["rows"] == run.recipe.data.parts["test"]
    assert any("learned from these data" in line for line in found["said"])


def test_other_data_are_measured_whole(run: Run, tmp_path: Path) -> None:
    lines = (run.folder.parent / "t.csv").read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join([lines[0], *lines[1:41]]) + "\n")
    found = api.evaluate(run, tmp_path / "new.csv")
    assert found["rows"] == 40
    assert found["metrics"]["accuracy"]["split"] == "new"
    assert not any("learned from" in line for line in found["said"])


def test_marks_of_missing_values_hold_for_new_data_too(run: Run, tmp_path: Path) -> None:
    frame = pl.read_csv(run.folder.parent / "t.csv").head(60)
    frame.write_csv(tmp_path / "marked.csv")
    empty = pl.when(pl.col("size") != -999).then(pl.col("size")).alias("size")
    frame.with_columns(empty).write_csv(tmp_path / "empty.csv")
    marked, empty_cells = (
        api.evaluate(run, tmp_path / name)["metrics"]["log_loss"]["value"]
        for name in ("marked.csv", "empty.csv")
    )
    assert marked == pytest.approx(empty_cells, abs=1e-9)


def test_data_without_a_known_answer_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("size,age,label\n1,2,z\n3,4,z\n")
    with pytest.raises(DataError, match="among: x, y"):
        api.evaluate(run, tmp_path / "odd.csv")
    (tmp_path / "bare.csv").write_text("size,age\n1,2\n")
    with pytest.raises(FathomError, match="'label'"):
        api.evaluate(run, tmp_path / "bare.csv")


def test_a_run_is_told_in_one_line_and_asks_for_paths(run: Run) -> None:
    assert repr(run).startswith(f"Run('{run.folder}': classification of label by mlp.")
    assert len(repr(run)) < 400
    with pytest.raises(OptionError, match="paths"):
        run.predict([{"size": 1, "age": 2}])  # type: ignore[list-item]
    with pytest.raises(OptionError, match="Series"):
        run.predict(pl.DataFrame({"size": [1], "age": [2]}))  # type: ignore[arg-type]


def test_stored_texts_of_a_part_with_several_references_and_of_one_without() -> None:
    frame = pl.DataFrame(
        {"truth": ["a", "b"], "answer": ["x", "y"], "references": [["a", "c"], None]}
    )
    truth, fields = stored_texts(frame, TextCodec(("a",)))
    assert truth.tolist() == [["a", "c"], ["b", None]]
    assert fields["answer"].tolist() == ["x", "y"]
    valid, _ = stored_texts(frame.tail(1), TextCodec(("a",)))
    assert valid.tolist() == ["b"]

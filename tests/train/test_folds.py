"""Each row is answered by the network that did not see it; together they answer what is new."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from safetensors.torch import load_file

from fathom import api
from fathom.data.sources import read
from fathom.errors import OptionError, RunError
from fathom.folders import read_json, read_lines, seal
from fathom.members import Member, answers
from fathom.run import Run, load
from fathom.train.listener import Listener, Tick

# The log's file is closed only when its last reference goes.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def table(changed: int = -1) -> str:
    """120 rows of four folds; of the fold `changed` the numbers are other ones."""
    rows = [
        f"{n * 7 % 11 + (900 if n // 4 % 4 == changed else 0)},{'abc'[n % 3]},{n // 4},"
        f"f{n // 4 % 4},{'xy'[n * 7 % 11 > 5] if n % 40 else ''}"
        for n in range(120)
    ]
    return "size,sort,who,fold,label\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of four networks, by the column that names the folds."""
    folder = tmp_path_factory.mktemp("folds")
    (folder / "t.csv").write_text(table())
    places: dict[str, Any] = {"out": str(folder / "run"), "cache": str(folder / "cache")}
    return api.train(
        folder / "t.csv", target="label", folds="fold", updates=20, budget="30s", **places
    )


def data(run: Run) -> Path:
    return run.folder.parent / "t.csv"


def identity(folder: Path) -> tuple[str, list[dict[str, object]]]:
    lines = [
        {name: value for name, value in line.items() if name != "time"}
        for line in read_lines(folder / "log.jsonl")
    ]
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest(), lines


def test_each_usable_row_is_answered_once_by_the_network_that_did_not_see_it(run: Run) -> None:
    frame = run.predictions
    usable = [n for n in range(120) if n % 40]
    assert frame["row"].to_list() == usable
    assert set(frame["part"]) == {"folds"}
    assert frame["fold"].to_list() == [n // 4 % 4 for n in usable]
    assert run.report["metrics"]["accuracy"]["n"] == len(usable)
    assert run.report["metrics"]["accuracy"]["split"] == "folds"
    assert run.report["baseline"]["metrics"]["accuracy"]["n"] == len(usable)
    sentence = run.report["verdict"]["sentence"]
    assert "network that did not see it" in sentence
    assert "mean of the 4 networks, which was not measured itself" in sentence
    assert run.recipe.data.parts == {"folds": len(usable), "unused": 3}
    assert {line["fold"] for line in read_lines(run.folder / "log.jsonl")} == {0, 1, 2, 3}


def test_the_answers_stored_are_those_of_the_member_of_the_fold(run: Run) -> None:
    frame = pl.read_csv(data(run)).with_row_index("row")
    for number, member in enumerate(run.members):
        stored = run.predictions.filter(pl.col("fold") == number)
        rows = frame.filter(pl.col("row").is_in(stored["row"].to_list()))
        place = run.folder.parent / "part.csv"
        rows.drop("row", "fold", "label").write_csv(place)
        alone = Run(run.folder, run.recipe, (member,), run.report)
        found = alone.predict(place)
        expected = np.array(stored["probability"].to_list())
        assert abs(found.select("p_x", "p_y").to_numpy() - expected).max() < 1e-6
        assert found["answer"].to_list() == stored["answer"].to_list()


def test_the_networks_answer_together_without_the_column_of_folds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("size,sort,who\n1,a,2\n10,b,3\n5,violet,4\n")
    loaded = load(run.folder)
    assert "fold" not in loaded.fields.input_columns
    together = loaded.predict(tmp_path / "new.csv")
    alone = [
        Run(run.folder, run.recipe, (member,), run.report).predict(tmp_path / "new.csv")
        for member in loaded.members
    ]
    mean = np.mean([one["p_x"].to_numpy() for one in alone], axis=0)
    assert together["p_x"].to_numpy() == pytest.approx(mean, abs=1e-6)
    assert together["answer"].to_list() == ["x" if p > 0.5 else "y" for p in mean]
    assert "violet" in together["note"][2]


def test_a_folds_rows_change_nothing_of_the_network_that_does_not_see_them(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(table(changed=1))
    places: dict[str, Any] = {"out": str(tmp_path / "run"), "cache": str(tmp_path / "cache")}
    other = api.train(tmp_path / "t.csv", recipe=run.folder, accept=True, **places)
    codecs, changed = (read_json(one.folder / "codecs.json") for one in (run, other))
    assert codecs["member.1"] == changed["member.1"]
    assert codecs["member.0"] != changed["member.0"]
    weights, moved = (load_file(one.folder / "weights.safetensors") for one in (run, other))
    same = {name: bool((weights[name] == moved[name]).all()) for name in weights}
    assert all(same[name] for name in same if name.startswith("member.1."))
    assert not all(same[name] for name in same if name.startswith("member.0."))


class Stops(Listener):
    """Stops the training when a fold begins, or in the middle of it."""

    def __init__(self, update: int) -> None:
        super().__init__()
        self.update = update
        self.fold = 0

    def say(self, line: str) -> None:
        self.fold += line.startswith("fold ")
        if self.fold == 3 and not self.update:
            raise KeyboardInterrupt

    def tick(self, tick: Tick) -> None:
        if self.fold == 3 and tick.update == self.update:
            raise KeyboardInterrupt


@pytest.mark.parametrize("update", [0, 13])
def test_a_stop_between_folds_or_within_one_ends_at_the_same_bits(
    run: Run, tmp_path: Path, update: int
) -> None:
    places: dict[str, Any] = {"out": str(tmp_path / "run"), "cache": str(tmp_path / "cache")}
    with pytest.raises(KeyboardInterrupt, match="fathom resume"):
        api.train(data(run), recipe=run.folder, listener=Stops(update), **places)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("run/folds/*/member/*")}
    assert len(kept) == 6
    heard = Listener()
    again = api.resume(tmp_path / "run", listener=heard)
    assert [line for line in heard.lines if line.startswith("fold ")] == [
        "fold 3 of 4",
        "fold 4 of 4",
    ]
    assert identity(again.folder) == identity(run.folder)
    assert not (tmp_path / "run" / "folds").exists()


def test_a_group_stays_whole_and_drawn_folds_hold_every_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table())
    places: dict[str, Any] = {"out": str(tmp_path / "run"), "cache": str(tmp_path / "cache")}
    asked: dict[str, Any] = {"target": "size", "task": "regression", "folds": 2, "group": "who"}
    run = api.train(tmp_path / "t.csv", updates=20, budget=20, **asked, **places)
    frame = run.predictions.with_columns(who=pl.col("row") // 4)
    assert frame["row"].to_list() == list(range(120))
    assert frame.group_by("who").agg(pl.col("fold").n_unique())["fold"].to_list() == [1] * 30
    assert run.report["metrics"]["rmse"]["n"] == 120
    whole = run.predict(tmp_path / "t.csv")
    each = [
        Run(run.folder, run.recipe, (member,), run.report).predict(tmp_path / "t.csv")
        for member in run.members
    ]
    for name, join in (("answer", np.mean), ("low", np.min), ("high", np.max)):
        expected = join([one[name].to_numpy() for one in each], axis=0)
        assert whole[name].to_numpy() == pytest.approx(expected)


def test_the_training_data_are_answered_with_the_stored_result(run: Run, tmp_path: Path) -> None:
    found = api.evaluate(run, data(run))
    assert found["metrics"] == run.report["metrics"]
    assert any("stored result" in line for line in found["said"])
    (tmp_path / "new.csv").write_text("size,sort,who,label\n1,a,2,x\n10,b,3,y\n5,c,4,x\n")
    new = api.evaluate(run, tmp_path / "new.csv")
    assert new["metrics"]["accuracy"]["n"] == 3
    assert new["metrics"]["accuracy"]["split"] == "new"


@pytest.mark.parametrize("beside", ["test", "split", "time"])
def test_parts_asked_for_in_another_way_are_refused(run: Run, beside: str) -> None:
    with pytest.raises(OptionError, match=f"--{beside}"):
        api.train(data(run), target="label", folds=2, **dict[str, Any]({beside: str(data(run))}))


@pytest.mark.parametrize(("asked", "told"), [(1, "between 2"), (101, "at most"), ("fo", "'fold'")])
def test_folds_that_cannot_be_made_are_refused(
    run: Run, tmp_path: Path, asked: int | str, told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        api.train(data(run), target="label", folds=asked, cache=str(tmp_path))


def test_parts_of_the_source_are_refused(tmp_path: Path) -> None:
    for part in ("train", "test"):
        (tmp_path / "d").mkdir(exist_ok=True)
        (tmp_path / "d" / f"{part}.csv").write_text(table())
    with pytest.raises(OptionError, match="its own parts"):
        api.train(tmp_path / "d", target="label", folds=2, cache=str(tmp_path / "cache"))


def test_members_that_answer_different_classes_are_refused(run: Run, tmp_path: Path) -> None:
    content = read_json(run.folder / "codecs.json")
    content["member.2"]["target"]["codec"]["classes"] = ["x", "z"]
    before = (run.folder / "codecs.json").read_bytes()
    manifest = (run.folder / "MANIFEST.json").read_bytes()
    try:
        (run.folder / "codecs.json").write_text(json.dumps(content))
        seal(run.folder)
        with pytest.raises(RunError, match="different classes"):
            load(run.folder)
    finally:
        (run.folder / "codecs.json").write_bytes(before)
        (run.folder / "MANIFEST.json").write_bytes(manifest)


def test_no_rows_have_no_answers(run: Run) -> None:
    assert isinstance(run.members[0], Member)
    nothing = read(str(data(run))).take(np.array([], dtype=np.int64))
    assert answers(run.members, nothing) == {}


def fathom(*words: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fathom", *words, "--budget", "20s", "--cache", "cache"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_with_a_table_and_with_pictures(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table())
    drawn = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 200)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(24):
            picture = drawn.integers(level - 40, level + 40, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "photos" / name / f"{number}.png")
    for source, more, rows in (("t.csv", ("--target", "label"), 117), ("photos", (), 48)):
        words = ("train", source, *more, "--folds", "2", "--updates", "20", "--out", f"{source}-r")
        assert "not measured itself" in fathom(*words, folder=tmp_path)
        run = load(tmp_path / f"{source}-r")
        assert len(run.predictions) == rows
        assert len(run.members) == run.recipe.folds == 2
    found = run.predict(tmp_path / "photos" / "dark")
    assert found["answer"].null_count() == 0

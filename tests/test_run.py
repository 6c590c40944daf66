"""Run folders made by someone else: each is refused in one message, and none is obeyed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from fathom import api
from fathom.data.answers import TOLD
from fathom.errors import FathomError, RunError
from fathom.folders import seal
from fathom.run import load
from fathom.run_folder import CODECS, PREDICTIONS, RECIPE, REPORT, WEIGHTS
from fathom.spec import Spec

MANIFEST = "MANIFEST.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run of a table with numbers and a category."""
    folder = tmp_path_factory.mktemp("made")
    rows = "".join(f"{n * 7 % 11},{'abc'[n % 3]},{'xy'[n % 2]}\n" for n in range(60))
    (folder / "t.csv").write_text("size,sort,label\n" + rows)
    words = (
        "train",
        "t.csv",
        "--updates",
        "2",
        "--budget",
        "30s",
        "--out",
        "run",
        "--missing",
        "b",
    )
    done = subprocess.run(
        [sys.executable, "-m", "fathom", *words, "--cache", "cache"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def resealed(folder: Path) -> Path:
    """A manifest that vouches for whatever is there now."""
    (folder / MANIFEST).unlink()
    seal(folder)
    return folder


def edited(folder: Path, name: str, change: Callable[[Any], object]) -> Path:
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))
    return resealed(folder)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (RECIPE, lambda c: c.update(evil=1), "evil"),
        (RECIPE, lambda c: c.update(task="os.system"), "os.system"),
        (RECIPE, lambda c: c.update(task="regression"), "cannot be built"),
        (RECIPE, lambda c: c["data"]["options"].update(evil="a"), "evil"),
        (RECIPE, lambda c: c["data"]["options"].update(kinds=["a"]), "kinds"),
        (RECIPE, lambda c: c["data"]["options"].update(missing={"a": "b"}), "missing"),
        (RECIPE, lambda c: c.update(network={"row": "os.system"}), "cannot be built"),
        (RECIPE, lambda c: c["size"]["row"].update(depth=10**9), "size.row.depth"),
        (RECIPE, lambda c: c["size"]["row"].update(width=10**30), "size.row.width"),
        (RECIPE, lambda c: c["size"]["row"].update(width=-1), "cannot be built"),
        (CODECS, lambda c: c["row"]["codec"].update(kind="pickle"), "pickle"),
        (CODECS, lambda c: c["row"].update(columns=["/etc/passwd"]), "/etc/passwd"),
        (CODECS, lambda c: c["target"]["codec"].update(classes=["x", "x"]), "stands twice"),
        (CODECS, lambda c: c.pop("target"), "codecs do not read"),
        (REPORT, lambda c: c.clear(), "report does not read"),
    ],
)
def test_an_edited_run_with_a_fitting_manifest_is_refused(
    copy: Path, name: str, change: Callable[[Any], object], told: str
) -> None:
    with pytest.raises(FathomError) as error:
        load(edited(copy, name, change))
    assert told in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_weights_that_are_no_finite_numbers_are_refused(copy: Path, odd: float) -> None:
    tensors = load_file(copy / WEIGHTS)
    tensors["head.weight"].view(-1)[0] = odd
    save_file(tensors, copy / WEIGHTS)
    with pytest.raises(RunError, match=r"head\.weight"):
        load(resealed(copy))


def test_weights_of_other_names_shapes_and_makes_are_refused(copy: Path) -> None:
    tensors = load_file(copy / WEIGHTS)
    save_file({**tensors, "more": torch.ones(1)}, copy / WEIGHTS)
    with pytest.raises(RunError, match="do not fit the recipe"):
        load(resealed(copy))
    tensors["head.weight"] = torch.ones(1)
    save_file(tensors, copy / WEIGHTS)
    with pytest.raises(RunError, match="does not fit the recipe"):
        load(resealed(copy))
    (copy / WEIGHTS).write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(RunError, match="weights do not read"):
        load(resealed(copy))


def test_a_manifest_that_vouches_for_nothing_is_refused(copy: Path) -> None:
    (copy / MANIFEST).write_text('{"files": {}}')
    with pytest.raises(RunError, match="does not vouch"):
        load(copy)


def test_stored_answers_that_do_not_read_are_told(copy: Path) -> None:
    (copy / PREDICTIONS).write_bytes(b"junk")
    with pytest.raises(RunError, match="stored answers do not read"):
        _ = load(resealed(copy)).predictions


def test_marks_of_missing_values_hold_for_predictions_too(made: Path, tmp_path: Path) -> None:
    """The user said in training that "b" is no value."""
    (tmp_path / "p.csv").write_text("size,sort\n1,a\n2,b\n3,c\n")
    (tmp_path / "q.csv").write_text("size,sort\n1,a\n2,\n3,c\n")
    run = load(made)
    marked, empty = run.predict(tmp_path / "p.csv"), run.predict(tmp_path / "q.csv")
    assert marked["p_x"].to_list() == empty["p_x"].to_list()
    assert marked["note"].to_list() == ["", "", ""]


def test_inputs_none_of_which_can_be_used_keep_their_places(made: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("size,sort\n1\n2,b,c\n3\n4,a,b,c,d\n")
    answers = load(made).predict(tmp_path / "p.csv")
    whole = load(made).predict(made.parent / "t.csv")
    assert answers.columns == whole.columns
    assert answers["answer"].null_count() == len(answers)
    assert all(answers["note"])


@pytest.mark.parametrize("kind", ["category", "labels", "number"])
def test_the_columns_of_an_answer_are_named_for_every_kind(kind: Any) -> None:
    names = TOLD[kind].names(Spec(kind=kind, classes=("a", "b")))
    assert names[0].startswith("answer") and names[-1] == "unlike"
    assert ("p_a" in names) == (kind != "number")


@pytest.mark.parametrize("name", ["log.jsonl", "checkpoints", "weights.safetensors"])
def test_an_unfinished_run_with_a_link_is_not_written_to(copy: Path, name: str) -> None:
    (copy / MANIFEST).unlink()
    (copy / name).unlink(missing_ok=True)
    victim = copy.parent / "victim"
    victim.write_text("precious")
    (copy / name).symlink_to(victim)
    with pytest.raises(RunError, match="holds a link"):
        api.resume(copy)
    assert victim.read_text() == "precious"


def test_new_data_are_judged_as_the_training_was_and_what_is_left_out_is_said(
    made: Path, tmp_path: Path
) -> None:
    rows = "".join(f"{n % 9},{'abc'[n % 3]},{'xyz?'[n % 4]}\n" for n in range(40))
    (tmp_path / "n.csv").write_text("size,sort,label\n" + rows + "1\n")
    report = api.evaluate(made, tmp_path / "n.csv")
    assert (report["rows"], report["left_out"]) == (20, 21)
    assert any(
        "20 rows have no answer" in line and "n.csv line 4" in line for line in report["said"]
    )
    assert any("ragged row" in line for line in report["said"])
    (tmp_path / "m.csv").write_text("size,Sort,label\n1,a,x\n2,b,y\n")
    with pytest.raises(FathomError, match="Rename 'Sort'"):
        api.evaluate(made, tmp_path / "m.csv")


def test_a_name_that_training_never_saw_is_noted(made: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("size,sort\n1,a\n2,violet\n3,\n")
    notes = load(made).predict(tmp_path / "p.csv")["note"].to_list()
    assert notes == ["", "sort holds 'violet', which the network does not know.", ""]

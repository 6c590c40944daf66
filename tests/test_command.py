"""The command line as processes, on small real data: train, answer, resume, compare, refuse."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from fathom.cli import main
from fathom.data.sources import read
from fathom.run import load

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def fathom(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "fathom", *words],
        cwd=folder,
        env=ENVIRONMENT | {"XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a digit picture and a trained run of each family."""
    folder = tmp_path_factory.mktemp("place")
    digits = load_digits()
    Image.fromarray((digits.images[0] * 15.9).astype("uint8")).save(folder / "zero.png")
    options = ("--budget", "20s", "--updates", "150")
    for data, out in (("iris", "rows"), ("digits", "pictures")):
        done = fathom("train", data, *options, "--out", out, folder=folder)
        assert done.returncode == 0, done.stderr
        assert "held-out" in done.stdout
    return folder


def test_a_run_beats_guessing_by_far_and_is_whole(place: Path) -> None:
    for run, least in (("rows", 0.8), ("pictures", 0.93)):
        report = json.loads((place / run / "report.json").read_text())
        assert report["metrics"]["accuracy"]["value"] > least
        assert report["baseline"]["name"] != "guessing"
        names = {path.name for path in (place / run).iterdir()}
        assert names == {
            "MANIFEST.json",
            "codecs.json",
            "explanation.json",
            "log.jsonl",
            "predictions.parquet",
            "recipe.json",
            "report.html",
            "report.json",
            "split.json",
            "weights.safetensors",
        }


def test_a_picture_is_answered_without_the_training_data(place: Path) -> None:
    done = fathom("predict", "pictures", "zero.png", "--json", folder=place)
    answer = json.loads(done.stdout)
    assert answer["answer"] == "0"
    assert answer["probability"] > 0.5
    assert answer["unlike"] is False


def test_broken_and_missing_inputs_are_told_and_the_rest_answered(place: Path) -> None:
    (place / "torn.png").write_bytes((place / "zero.png").read_bytes()[:40])
    done = fathom("predict", "pictures", "torn.png", "zero.png", "--json", folder=place)
    torn, good = (json.loads(line) for line in done.stdout.splitlines())
    assert torn["answer"] is None
    assert torn["note"]
    assert good["answer"] == "0"
    missing = fathom("predict", "pictures", "nothing.png", folder=place)
    assert missing.returncode == 2
    assert "nothing.png" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_stored_results_are_printed_and_runs_compared(place: Path) -> None:
    assert "accuracy" in fathom("evaluate", "rows", folder=place).stdout
    other = fathom(
        "train", "iris", "--updates", "20", "--seed", "0", "--out", "again", folder=place
    )
    assert other.returncode == 0, other.stderr
    compared = fathom("compare", "rows", "again", folder=place)
    assert "McNemar" in compared.stdout
    mixed = fathom("compare", "rows", "pictures", folder=place)
    assert mixed.returncode == 2
    assert "different data" in mixed.stderr


def identity(run: Path) -> tuple[str, list[dict[str, object]]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    timeless = [{name: value for name, value in line.items() if name != "time"} for line in lines]
    return hashlib.sha256((run / "weights.safetensors").read_bytes()).hexdigest(), timeless


@pytest.mark.parametrize("data", ["iris", "digits"])
def test_a_killed_training_ends_at_the_same_bits(place: Path, data: str) -> None:
    """SIGKILL once a checkpoint is there; the resumed run equals one resumed from the start."""
    begun = place / f"begun-{data}"
    options = ("--budget", "20s", "--updates", "120")
    process = subprocess.Popen(
        [sys.executable, "-m", "fathom", "train", data, *options, "--out", str(begun)],
        env=ENVIRONMENT | {"XDG_CACHE_HOME": str(place / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while not (begun / "checkpoints" / "last").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait()
    fresh = place / f"fresh-{data}"
    shutil.copytree(begun, fresh)
    shutil.rmtree(fresh / "checkpoints", ignore_errors=True)
    for run in (begun, fresh):
        done = fathom("resume", str(run), folder=place)
        assert done.returncode == 0, done.stderr
    assert identity(begun) == identity(fresh)


def test_a_recipe_repeats_a_run_to_the_same_bits(place: Path) -> None:
    for data, run, recipe in (
        ("iris", "rows", "rows/recipe.json"),
        ("digits",) + ("pictures",) * 2,
    ):
        done = fathom("train", data, "--recipe", recipe, "--out", f"{run}-2", folder=place)
        assert done.returncode == 0, done.stderr
        assert identity(place / run) == identity(place / f"{run}-2")


def test_a_run_stopped_before_its_recipe_says_so(place: Path) -> None:
    (place / "early").mkdir()
    done = fathom("resume", "early", folder=place)
    assert done.returncode == 2
    assert "nothing was trained" in done.stderr
    assert list((place / "early").iterdir()) == []


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.json", "codecs.json"])
def test_an_edited_run_is_refused(place: Path, name: str) -> None:
    edited = place / f"edited-{name}"
    shutil.copytree(place / "rows", edited)
    content = bytearray((edited / name).read_bytes())
    content[len(content) // 2] ^= 1
    (edited / name).write_bytes(content)
    done = fathom("predict", str(edited), "zero.png", folder=place)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "nowhere"), "nowhere"),
        (("train", "iris", "--target", "speciez"), "speciez"),
        (("train", "iris", "--family", "cnn"), "mlp"),
        (("train", "iris", "--family", "cn"), "cnn"),
        (("train", "iris", "--budget", "soon"), "5m"),
        (("train", "iris", "--task", "regresion"), "regression"),
        (("train", "iris", "--column", "petal"), "NAME=KIND"),
        (("train", "iris", "--recipe", "rows", "--seed", "0"), "--seed"),
        (("train", "iris", "--recipe", "rows", "--column", "a=number"), "--column"),
        (("train", "iris", "--recipe", "nowhere"), "nowhere"),
        (("train", "digits", "--recipe", "rows"), "data changed"),
        (("train", "iris", "--accept-changes"), "without a recipe"),
        (("predict", "nowhere", "x.png"), "nowhere"),
        (("compare", "rows"), "two"),
        (("compare", "rows", "rows", "--updates", "3", "--json"), "Found: --updates."),
        (("compare", "iris", "--families", "all", "--group", "nowhere"), "'nowhere'"),
    ],
)
def test_what_cannot_work_is_one_message_and_exit_code_two(
    place: Path,
    words: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    monkeypatch.setattr(sys, "argv", ["fathom", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in said
    assert "Traceback" not in said
    assert len(said) < 1500


def test_a_folder_that_is_not_empty_is_left_alone(place: Path) -> None:
    before = sorted((place / "rows").iterdir())
    done = fathom("train", "iris", "--out", "rows", folder=place)
    assert done.returncode == 2
    assert sorted((place / "rows").iterdir()) == before


def test_a_loaded_run_answers_as_it_was_measured(place: Path) -> None:
    """The stored test answers, made in training, against the loaded run's on the same raw rows."""
    run = load(place / "rows")
    stored = run.predictions.filter(pl.col("part") == "test")
    table = read("iris").take(stored["row"].to_numpy())
    answered = run.answer(table)
    assert answered["answer"].to_list() == stored["answer"].to_list()
    expected = np.array(stored["probability"].to_list())
    found = answered.select(f"p_{name}" for name in run.classes).to_numpy()
    assert abs(found - expected).max() < 1e-6

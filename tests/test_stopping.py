"""Ctrl-C, SIGTERM and kill at each stage, with real processes: what is told, what is left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fathom
from fathom.errors import OptionError
from fathom.folders import MANIFEST
from fathom.train.options import free_folder

OPTIONS = ("--budget", "60s", "--updates", "4000")
PATIENCE_S = 60  # against a hang only: a machine may stall
# Without coverage: a signal that comes while it holds its lock would leave that locked for good.
UNWATCHED = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def begun(folder: Path, stage: str) -> "subprocess.Popen[str]":
    """A training of the digits that has just reached the stage which makes the file or folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fathom", "train", "digits", *OPTIONS, "--out", "run"],
        cwd=folder,
        env={**UNWATCHED, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not (folder / "run" / stage).exists() and process.poll() is None:
        assert time.monotonic() < deadline
        os.sched_yield()
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_in_training_names_the_command_that_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = begun(tmp_path, "checkpoints/last")
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert told.endswith("go on with: fathom resume run\n")
    assert "Traceback" not in told
    assert (tmp_path / "run" / "recipe.json").exists()


def test_a_stop_during_the_rival_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    process = begun(tmp_path, "rival/request.json")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "start again with the same command" in told
    assert "Traceback" not in told
    assert not (tmp_path / "run").exists()


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    process = begun(tmp_path, "checkpoints/last")
    process.send_signal(signal.SIGTERM)
    stderr = process.stderr
    assert stderr is not None
    while "stopped" not in stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (-signal.SIGTERM, 130)


def test_a_folder_left_by_a_kill_before_the_recipe_is_free(tmp_path: Path) -> None:
    process = begun(tmp_path, "rival/request.json")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    assert free_folder(str(tmp_path / "run"), "digits") == tmp_path / "run"
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(OptionError, match="not empty"):
        free_folder(str(tmp_path / "run"), "digits")


def test_a_family_that_does_not_fit_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="takes none"):
        fathom.train("iris", family="cnn", out=str(tmp_path / "run"), cache=str(tmp_path / "c"))
    assert not (tmp_path / "run").exists()


def test_checkpoints_leave_only_after_the_run_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill between the two would lose both the way on and the rival's answers."""
    removed: list[tuple[str, bool]] = []
    remove = shutil.rmtree

    def watched(path: Any, *words: Any, **named: Any) -> None:
        place = Path(path)
        if place.exists():
            removed.append((place.name, (place.parent / MANIFEST).exists()))
        remove(path, *words, **named)

    monkeypatch.setattr(shutil, "rmtree", watched)
    fathom.train(
        "iris", updates=20, budget=20, out=str(tmp_path / "run"), cache=str(tmp_path / "cache")
    )
    assert ("checkpoints", True) in removed
    assert ("rival", True) in removed
    assert ("checkpoints", False) not in removed

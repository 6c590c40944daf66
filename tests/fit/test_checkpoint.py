"""Checkpoints: whole or absent, the newest that verifies, two kept."""

from pathlib import Path

import pytest
import torch

from fathom.errors import RunError
from fathom.fit import checkpoint
from fathom.fit.training import State
from fathom.folders import verify, whole


def state(done: int) -> State:
    made = State(
        {"weights": torch.full((3,), float(done)), "count": torch.tensor(done)}, {"done": done}
    )
    made.nest("best", State({"weights": torch.zeros(3)}, {"done": 0}))
    return made


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, state(5), {"lines": 7})
    loaded, numbers, passed = checkpoint.load(tmp_path)
    assert loaded is not None
    assert numbers == {"lines": 7}
    assert passed == []
    assert torch.equal(loaded.tensors["weights"], torch.full((3,), 5.0))
    best = loaded.nested("best")
    assert best is not None
    assert torch.equal(best.tensors["weights"], torch.zeros(3))


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    for done in (1, 2, 3):
        checkpoint.save(tmp_path, state(done), {})
    assert [place.name for place in sorted(checkpoint.checkpoints(tmp_path))] == [
        "00000002",
        "00000003",
    ]
    assert (tmp_path / "last").read_text() == "00000003"


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "MANIFEST.json"])
def test_a_damaged_newest_checkpoint_is_passed_over_and_said(tmp_path: Path, name: str) -> None:
    checkpoint.save(tmp_path, state(1), {})
    newest = checkpoint.save(tmp_path, state(2), {})
    content = (newest / name).read_bytes()
    (newest / name).write_bytes(content[: len(content) // 2])
    found, _, passed = checkpoint.load(tmp_path)
    assert found is not None
    assert found.numbers["done"] == 1
    assert "00000002" in passed[0]


def test_without_a_good_checkpoint_there_is_none(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path) == (None, {}, [])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole(tmp_path / "made") as folder:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with whole(tmp_path / "made") as folder:
        (folder / "a").write_text("a")
    manifest = tmp_path / "made" / "MANIFEST.json"
    manifest.write_text(manifest.read_text().replace('"a"', '"../secret"'))
    with pytest.raises(RunError, match="outside"):
        verify(tmp_path / "made")

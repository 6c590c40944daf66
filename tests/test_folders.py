"""A folder is whole or absent, and a full disk is said in one message by whatever meets it."""

import errno
from pathlib import Path

import pytest
from polars.exceptions import ComputeError
from safetensors import SafetensorError

from fathom.errors import ResourceError, RunError
from fathom.folders import full_disk_told, seal, verify, whole, write_text


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EFBIG, "File too large"),
        OSError("No space left on device (os error 28)"),
        SafetensorError("Error while serializing: I/O error: File too large (os error 27)"),
        ComputeError("No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_one_message_however_it_is_told(problem: Exception, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="disk is full"), full_disk_told(tmp_path):
        raise problem


def test_other_troubles_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(SafetensorError), full_disk_told(tmp_path):
        raise SafetensorError("header too large")


def test_a_save_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ResourceError), whole(tmp_path / "run") as room:
        (room / "half").write_text("x")
        raise SafetensorError("I/O error: No space left on device (os error 28)")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_must_vouch_for_what_is_needed(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    seal(tmp_path)
    write_text(tmp_path / "b", "x")
    verify(tmp_path, ("a",))
    with pytest.raises(RunError, match="does not vouch for 'b'"):
        verify(tmp_path, ("a", "b"))

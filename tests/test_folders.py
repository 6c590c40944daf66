"""A folder is whole or absent, and a full disk is said in one message by whatever meets it."""

import errno
from pathlib import Path

import pytest
from polars.exceptions import ComputeError
from safetensors import SafetensorError

from fathom.errors import ResourceError, RunError
from fathom.folders import (
    full_disk_told,
    read_lines,
    refuse_links,
    seal,
    verify,
    whole,
    write_text,
)


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


def test_links_in_a_folder_that_is_written_to_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    refuse_links(tmp_path / "run")
    (tmp_path / "run" / "checkpoints" / "1").symlink_to(tmp_path)
    with pytest.raises(RunError, match="holds a link"):
        refuse_links(tmp_path / "run")


def test_a_torn_last_line_is_left_out_and_junk_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert read_lines(log) == []
    log.write_text('{"n": 0}\n{"n": 1}\n{"n": ')
    assert read_lines(log) == [{"n": 0}, {"n": 1}]
    for junk in (b"\xff\xfe\n", b"[1]\n", b"nonsense\n"):
        log.write_bytes(junk)
        with pytest.raises(RunError, match="log does not read"):
            read_lines(log)

"""The cache of decoded arrays: whole or absent, bounded, and never in the way."""

import json
import os
import resource
from pathlib import Path

import numpy as np
import pytest
import torch

from fathom.data.store import Store, default_folder

KEY = {"fingerprint": "abc", "codec": {"kind": "image", "side": 32}}
ARRAYS: dict[str, np.ndarray] = {
    "value": np.arange(1000, dtype=np.uint8).reshape(10, 100),
    "length": np.arange(10),
}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert store.load(KEY) is None
    saved = store.save(KEY, ARRAYS)
    for found in (saved, store.load(KEY) or {}):
        assert list(found) == ["value", "length"]
        assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert store.load({"fingerprint": "abd"}) is None
    assert store.findings == ()


def test_arrays_are_mapped_and_writing_to_them_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    saved = store.save(KEY, ARRAYS)
    assert isinstance(saved["value"].base, np.memmap) or isinstance(saved["value"], np.memmap)
    torch.from_numpy(saved["value"])[0] = 7
    again = store.load(KEY)
    assert again is not None
    assert np.array_equal(again["value"], ARRAYS["value"])


def test_empty_arrays(tmp_path: Path) -> None:
    found = Store(tmp_path).save(KEY, {"value": np.empty((0, 3))})
    assert found["value"].shape == (0, 3)


@pytest.mark.parametrize("name", ["index.json", "0.npy"])
def test_a_damaged_entry_is_absent(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    store.save(KEY, ARRAYS)
    entry = next(path for path in tmp_path.iterdir())
    content = (entry / name).read_bytes()
    (entry / name).write_bytes(content[: len(content) // 2])
    assert store.load(KEY) is None
    assert np.array_equal(store.save(KEY, ARRAYS)["value"], ARRAYS["value"])


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(KEY, ARRAYS)
    entry = next(path for path in tmp_path.iterdir())
    np.save(entry / "0.npy", np.array([{"a": 1}] * 100, dtype=object), allow_pickle=True)
    assert store.load(KEY) is None


def test_a_key_that_only_hashes_alike_is_not_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(KEY, ARRAYS)
    entry = next(path for path in tmp_path.iterdir())
    index = json.loads((entry / "index.json").read_text())
    (entry / "index.json").write_text(json.dumps(index | {"key": "other"}))
    assert store.load(KEY) is None


def test_the_longest_unused_leaves_first(tmp_path: Path) -> None:
    one = {"value": np.zeros(10_000, dtype=np.uint8)}
    store = Store(tmp_path, limit=35_000)
    for number in range(3):
        store.save({"n": number}, one)
        entry = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(entry, (1000 + number, 1000 + number))
    assert store.load({"n": 0}) is not None
    store.save({"n": 3}, one)
    assert store.load({"n": 1}) is None
    assert store.load({"n": 0}) is not None


def test_more_than_the_limit_is_not_stored_but_told(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=100)
    assert store.save(KEY, ARRAYS)["value"] is ARRAYS["value"]
    assert store.findings[0].subject == "no cache"
    assert store.load(KEY) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "cache")
    assert store.save(KEY, ARRAYS)["length"] is ARRAYS["length"]
    assert store.findings[0].remedy


def test_a_disk_that_fills_while_writing_leaves_no_half_entry(tmp_path: Path) -> None:
    store = Store(tmp_path)
    big = {"value": np.ones(100_000, dtype=np.uint8)}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        kept = store.save(KEY, big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept["value"] is big["value"]
    assert store.findings[0].subject == "no cache"
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_follows_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "fathom"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_folder() == tmp_path / "home" / ".cache" / "fathom"

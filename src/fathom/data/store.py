"""Decoded arrays to memory-mapped files in the user's cache folder and back; safe to delete."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fathom.data.table import Finding

LIMIT_BYTES = 20 * 10**9
INDEX = "index.json"


def default_folder() -> Path:
    """The user's cache folder by the platform's convention: XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "fathom"


class Store:
    """Named arrays by key; an entry is whole or absent, the longest unused leave first.

    A key is any JSON value; by convention {"fingerprint": of the source, ...what was made of it}.
    """

    def __init__(self, folder: str | Path | None = None, *, limit: int = LIMIT_BYTES) -> None:
        self.folder = default_folder() if folder is None else Path(folder)
        self.limit = limit
        self.findings: tuple[Finding, ...] = ()

    def load(self, key: Any) -> dict[str, np.ndarray] | None:
        """The arrays stored under a key, memory-mapped (writes stay private), or None."""
        entry = self._entry(key)
        try:
            index = json.loads((entry / INDEX).read_text("utf-8"))
            if index["key"] != _canonical(key):
                return None
            arrays = {
                name: _mapped(entry / f"{number}.npy") for number, name in enumerate(index["names"])
            }
            os.utime(entry)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return arrays

    def save(self, key: Any, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Store arrays and return them memory-mapped; as they are where the disk refuses."""
        size = sum(array.nbytes for array in arrays.values())
        if size > self.limit:
            self._trouble(f"{size / 1e9:.1f} GB are more than the cache's limit")
            return dict(arrays)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(size)
            self._write(key, arrays)
        except OSError as problem:
            self._trouble(str(problem.strerror or problem))
            return dict(arrays)
        return self.load(key) or dict(arrays)

    def _entry(self, key: Any) -> Path:
        return self.folder / hashlib.sha256(_canonical(key).encode()).hexdigest()[:32]

    def _write(self, key: Any, arrays: Mapping[str, np.ndarray]) -> None:
        room = Path(tempfile.mkdtemp(prefix=".tmp-", dir=self.folder))
        try:
            for number, array in enumerate(arrays.values()):
                np.save(room / f"{number}.npy", array, allow_pickle=False)
            index = {"key": _canonical(key), "names": list(arrays)}
            (room / INDEX).write_text(json.dumps(index), "utf-8")
            entry = self._entry(key)
            shutil.rmtree(entry, ignore_errors=True)
            room.rename(entry)
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def _make_room(self, size: int) -> None:
        """Remove the longest unused entries until `size` bytes fit below the limit."""
        entries = sorted(
            (entry for entry in self.folder.iterdir() if entry.is_dir() and not entry.is_symlink()),
            key=lambda entry: entry.stat().st_mtime,
        )
        sizes = [sum(file.stat().st_size for file in entry.iterdir()) for entry in entries]
        excess = sum(sizes) + size - self.limit
        for entry, held in zip(entries, sizes, strict=True):
            if excess <= 0:
                break
            shutil.rmtree(entry, ignore_errors=True)
            excess -= held

    def _trouble(self, reason: str) -> None:
        self.findings = (
            *self.findings,
            Finding(
                "note",
                "no cache",
                str(self.folder),
                f"Decoded data could not be stored ({reason}); they are decoded again next time.",
                "Free some space or pass --cache FOLDER.",
            ),
        )


def _canonical(key: Any) -> str:
    return json.dumps(key, sort_keys=True, separators=(",", ":"))


def _mapped(path: Path) -> np.ndarray:
    """One array, copy-on-write so that torch takes it as writable; empty ones cannot be mapped."""
    header = (
        np.load(path, mmap_mode=None, allow_pickle=False) if path.stat().st_size < 256 else None
    )
    if header is not None:
        return np.asarray(header)
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))

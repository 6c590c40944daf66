"""Files to a folder that is whole or absent, with a manifest of sizes and hashes, and back."""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from polars.exceptions import PolarsError
from safetensors import SafetensorError

from fathom.errors import ResourceError, RunError

MANIFEST = "MANIFEST.json"
LARGEST = 1 << 36
THEN = "go on with: fathom resume RUN (where no run folder was left, train again)"


def dumps(value: Any) -> str:
    """JSON text without NaN. Keys keep their order: that of columns and fields is the networks'."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def digest(path: Path) -> str:
    """sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path, details: Mapping[str, Any] | None = None) -> None:
    """Flush every file of a folder to disk, then write the manifest that vouches for them.

    Hidden files (a lock, say) are not part of it.
    """
    inside = (path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    files = sorted(path for path in inside if path.name != MANIFEST)
    entries = {}
    for path in files:
        flush(path)
        entries[path.name] = {"bytes": path.stat().st_size, "sha256": digest(path)}
    manifest = folder / MANIFEST
    manifest.write_text(dumps({"files": entries, **(details or {})}), encoding="utf-8")
    flush(manifest)
    flush(folder)


def verify(folder: Path, needed: Collection[str] = ()) -> dict[str, Any]:
    """Check every file of a sealed folder against its manifest, which must list the needed ones."""
    manifest = folder / MANIFEST
    remedy = "Restore the folder from a copy, or train again."
    if not manifest.is_file() or manifest.is_symlink():
        raise RunError(
            "This is not a complete folder: the manifest is missing.",
            remedy=remedy,
            where=str(folder),
        )
    content = read_json(manifest)
    files = content.get("files")
    if not isinstance(files, dict):
        raise RunError("The manifest lists no files.", remedy=remedy, where=str(manifest))
    for name in needed:
        if name not in files:
            raise RunError(
                f"The manifest does not vouch for {name!r}.", remedy=remedy, where=str(manifest)
            )
    for name, entry in files.items():
        path = folder / name
        if Path(name).name != name or path.is_symlink() or not path.is_file():
            raise RunError(
                "A listed file is missing, a link, or outside the folder.",
                remedy=remedy,
                where=str(folder),
                found=repr(name),
            )
        expected = (entry.get("bytes"), entry.get("sha256")) if isinstance(entry, dict) else None
        if expected is None or path.stat().st_size != expected[0] or digest(path) != expected[1]:
            raise RunError(
                "The file was changed or cut off since it was written.",
                remedy=remedy,
                where=str(path),
            )
    return content


def refuse_links(folder: Path) -> None:
    """Raise where a folder that is to be written to holds a link: it could lead anywhere."""
    link = next((path for path in sorted(folder.rglob("*")) if path.is_symlink()), None)
    if link is not None:
        raise RunError(
            "The folder holds a link, which no training makes.",
            where=str(link),
            remedy="Remove it, or put the file itself there.",
        )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a log, one a line; a last line that was torn off is left out."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        return [dict(json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RunError(
            "The log does not read.",
            where=str(path),
            found=str(error)[:200],
            remedy="Restore it from a copy, or train again.",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; anything else is an error that names the file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RunError(
            "The file cannot be read as JSON.",
            where=str(path),
            found=str(error)[:200],
            remedy="Restore it from a copy.",
        ) from error
    if not isinstance(value, dict):
        raise RunError(
            "The file holds no JSON object.", where=str(path), remedy="Restore it from a copy."
        )
    return value


@contextmanager
def whole(folder: Path, details: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Write into a temporary folder; on success it is sealed and takes the name `folder` at
    once.
    """
    temporary = folder.parent / f".tmp-{folder.name}-{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        with full_disk_told(folder):
            yield temporary
            seal(temporary, details)
            temporary.rename(folder)
            flush(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str, then: str = THEN) -> None:
    """Replace a small file at once."""
    temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
    with full_disk_told(path, then):
        try:
            temporary.write_text(text, encoding="utf-8")
            flush(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def full_disk_told(place: Path, then: str = THEN) -> Iterator[None]:
    """Turn "no space left", also as told by the libraries that write, into what to do about it."""
    try:
        yield
    except (OSError, SafetensorError, PolarsError) as error:
        if system_number(error) not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise ResourceError(
            "The disk is full, or a limit on the size of files is reached; what was saved before "
            "is intact.",
            where=str(place),
            remedy=f"Free some space or lift the limit, then {then}.",
        ) from error


def system_number(error: Exception) -> int | None:
    """The system's error number; safetensors and polars only tell it in words."""
    number = getattr(error, "errno", None)
    told = re.search(r"\(os error (\d+)\)", str(error))
    return number if number is not None or told is None else int(told[1])


def flush(path: Path) -> None:
    """Ask the system to put a file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

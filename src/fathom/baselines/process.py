"""A request to the rivals' answers, computed in a process whose memory is its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from fathom.baselines.request import PARTS, Rival, RivalRequest, Rivals
from fathom.errors import RunError

RESULT = "result.json"
FAILURE = "failure.txt"
LOG = "log.txt"
GRACE = 1.5
GRACE_S = 15.0
# Threads that wait by spinning made boosting and matrix products ten times slower while anything
# else ran: OpenMP's sleep, the matrix library has one, and pools of our own threads call it.
_PATIENCE = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Freed arrays are kept for the next ones: fresh pages took half of the time for features.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "134217728"}


def run_rivals(request: RivalRequest, folder: Path) -> Rivals:
    """Train the rivals in a child process that shares the folder, and wait for it.

    A child that takes half longer than it was given, and 15 s more, is ended; what had finished by
    then counts. The child never outlives this call, whatever ends it.
    """
    request.write(folder)
    (folder / FAILURE).unlink(missing_ok=True)
    threads = {"OMP_NUM_THREADS": str(request.threads)} | _PATIENCE | _MEMORY
    with (folder / LOG).open("wb") as log:
        # A session of its own: Ctrl-C reaches this process only, which then ends the child.
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "fathom.baselines", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | threads,
            start_new_session=True,
        )
        try:
            code = child.wait(request.seconds * GRACE + GRACE_S)
            failure = f"The process of the rivals ended with code {code}." if code else ""
        except subprocess.TimeoutExpired:
            failure = f"What took longer than {request.seconds:.0f} s was ended."
        finally:
            child.kill()
            child.wait()
    if failure:
        (folder / FAILURE).write_text(failure, encoding="utf-8")
    return load_rivals(folder)


def load_rivals(folder: Path) -> Rivals:
    """The rivals that finished in this folder's last `run_rivals`, best on validation first."""
    failure = folder / FAILURE
    told = failure.read_text(encoding="utf-8") if failure.exists() else ""
    result = folder / RESULT
    if not result.exists():
        return Rivals((), told or "No classical method finished.")
    try:
        entries = json.loads(result.read_text(encoding="utf-8"))["rivals"]
        ranked = tuple(_rival(folder, entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise RunError(
            "The answers of the classical methods do not read.",
            where=str(folder),
            found=repr(error)[:200],
            remedy="Restore the folder from a copy, or train again.",
        ) from error
    return Rivals(ranked, told)


def save_rivals(folder: Path, rivals: Rivals) -> None:
    """Write what `load_rivals` reads; a reader finds the old list or the new one, never a part."""
    entries = []
    for rival in rivals.ranked:
        for part in PARTS:
            for name, values in rival.fields[part].items():
                np.save(_file(folder, rival.name, part, name), values, allow_pickle=False)
        entries.append(
            {
                "name": rival.name,
                "words": rival.words,
                "metric": rival.metric,
                "value": rival.value,
                "rows": rival.rows,
                "available": rival.available,
                "seconds": rival.seconds,
                "fields": list(rival.fields["valid"]),
            }
        )
    chosen = entries[0]["name"] if entries else None
    unfinished = folder / f".{RESULT}"
    unfinished.write_text(json.dumps({"chosen": chosen, "rivals": entries}), encoding="utf-8")
    unfinished.replace(folder / RESULT)


def _rival(folder: Path, entry: dict[str, Any]) -> Rival:
    fields = {
        part: {
            name: np.load(_file(folder, entry["name"], part, name), allow_pickle=False)
            for name in entry["fields"]
        }
        for part in PARTS
    }
    return Rival(**entry | {"fields": fields})


def _file(folder: Path, rival: str, part: str, field: str) -> Path:
    name = f"{rival}.{part}.{field}.npy"
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file in this folder")
    return folder / name

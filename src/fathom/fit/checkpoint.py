"""The loop's state to a verified folder on disk, and the newest verified one back."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from fathom.errors import RunError
from fathom.fit.training import State
from fathom.folders import dumps, read_json, verify, whole, write_text

TENSORS = "state.safetensors"
NUMBERS = "state.json"
KEPT = 2


def save(folder: Path, state: State, numbers: dict[str, Any]) -> Path:
    """Write a checkpoint named after its update; keep the two newest verified ones.

    `numbers` is the caller's own JSON state. Older ones are removed only after the new one's
    hashes were read back; `last` names the newest.
    """
    target = folder / f"{state.numbers['done']:08d}"
    if target.exists():
        shutil.rmtree(target)
    with whole(target) as temporary:
        tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
        save_file(tensors, temporary / TENSORS)
        both = {"loop": state.numbers, "caller": numbers}
        (temporary / NUMBERS).write_text(dumps(both), encoding="utf-8")
    verify(target)
    write_text(folder / "last", target.name)
    for old in sorted(checkpoints(folder))[:-KEPT]:
        shutil.rmtree(old)
    return target


def load(folder: Path) -> tuple[State | None, dict[str, Any], list[str]]:
    """The newest checkpoint that verifies: (state, the caller's numbers, what was passed over in
    words); (None, {}, ...) when none does.
    """
    passed: list[str] = []
    for place in sorted(checkpoints(folder), reverse=True):
        try:
            verify(place)
            both = read_json(place / NUMBERS)
            state = State(load_file(place / TENSORS), both["loop"])
        except (RunError, SafetensorError, KeyError) as error:
            passed.append(f"checkpoint {place.name} was passed over: {error}")
            continue
        return state, both["caller"], passed
    return None, {}, passed


def checkpoints(folder: Path) -> Iterator[Path]:
    """The checkpoint folders, finished ones only."""
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if p.is_dir() and p.name.isdigit())

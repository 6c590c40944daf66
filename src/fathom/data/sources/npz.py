"""NumPy .npz archives to records: x and y, also as x_train, y_train, x_test, y_test."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.parts import PARTS, is_given, part_of_value
from fathom.data.sources.arrays import columns_of, labels_of
from fathom.data.sources.joining import joined
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding, Part
from fathom.errors import DataError

INPUTS = ("x", "images", "image", "data", "features", "inputs", "imgs", "pictures")
TARGETS = ("y", "labels", "label", "target", "targets", "class", "classes")
LARGEST = 16 * 2**30


def claims(path: Path) -> Claim | None:
    """A file with the ending .npz."""
    return (
        Claim("npz", "a NumPy archive")
        if path.is_file() and path.suffix.lower() == ".npz"
        else None
    )


def read(path: Path, options: ReadOptions) -> Raw:
    """Every first index is a record; arrays that hold Python objects are refused."""
    arrays = _arrays(path)
    roles = {name: _role(name) for name in arrays}
    given = is_given(part for _, part in roles.values())
    several = []
    for part in PARTS if given else (None,):
        chosen = {name: kind for name, (kind, own) in roles.items() if not given or own == part}
        if any(kind == "x" for kind in chosen.values()):
            raw = _part(path, arrays, chosen)
            several.append(replace(raw, parts=(part,) * len(raw)) if given else raw)
    if not several:
        raise DataError(
            "No array has a usual name for examples.",
            remedy="Name the arrays x and y, or x_train, y_train, x_test and y_test.",
            where=str(path),
            found=", ".join(arrays) or "no arrays",
        )
    return joined(several)


def _part(path: Path, arrays: dict[str, np.ndarray], chosen: dict[str, str]) -> Raw:
    source = next(name for name, kind in chosen.items() if kind == "x")
    values = arrays[source]
    pictures, columns, said = columns_of(values, "image")
    labels = [name for name, kind in chosen.items() if kind == "y"]
    for name in labels[:1]:
        found = arrays[name]
        if len(found) != len(values):
            raise DataError(
                "Examples and labels are not equally many.",
                remedy="Check the arrays.",
                where=str(path),
                found=f"{source}: {len(values):,}, {name}: {len(found):,}",
            )
        if found.ndim == 2 and found.shape[1] > 1:
            columns |= {f"y{n + 1}": labels_of(found[:, n]) for n in range(found.shape[1])}
        else:
            columns["label"] = labels_of(found)
    return Raw(
        pl.DataFrame(columns) if columns else pl.DataFrame(height=len(values)),
        (path,),
        path.parent,
        origins=tuple(f"{source} item {row}" for row in range(len(values))),
        pictures={} if pictures is None else {"image": pictures},
        target="label" if "label" in columns else "",
        findings=tuple(Finding("note", "converted pictures", source, note) for note in said),
        order=("image", "label") if pictures is not None else (),
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST:
            raise DataError(
                "The archive unpacks to too much.",
                remedy="Split it, or store it as Parquet.",
                where=str(path),
                found=f"{size / 2**30:.0f} GiB",
            )
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as problem:
        raise DataError(
            "The archive does not read.",
            remedy="Write it again with numpy.savez; arrays of Python objects cannot be read.",
            where=str(path),
            found=str(problem)[:200],
        ) from problem
    return {name: array for name, array in arrays.items() if array.ndim >= 1}


def _role(name: str) -> tuple[str, Part | None]:
    """What an array holds by its name ("x", "y" or ""), and its part."""
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    part = next((found for word in words if (found := part_of_value(word))), None)
    rest = [word for word in words if part_of_value(word) is None]
    kind = "x" if any(w in INPUTS for w in rest) else "y" if any(w in TARGETS for w in rest) else ""
    return kind, part

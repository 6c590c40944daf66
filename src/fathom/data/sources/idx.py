"""IDX files (as MNIST comes, plain or gzip) to records: pictures or numbers with their labels."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.parts import PARTS, part_of_name
from fathom.data.pictures import Pictures
from fathom.data.sources.arrays import columns_of, labels_of
from fathom.data.sources.encoding import read_bytes
from fathom.data.sources.joining import joined
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding
from fathom.errors import DataError

NAME = re.compile(r"(idx\d|ubyte)(\.gz)?$", re.IGNORECASE)
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def claims(path: Path) -> Claim | None:
    """An IDX file by its name, or a folder of them."""
    if path.is_dir():
        found = any(NAME.search(file.name) for file in path.iterdir() if file.is_file())
        return Claim("idx", "a folder of IDX files", whole=True) if found else None
    return Claim("idx", "an IDX file") if NAME.search(path.name) else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every picture (or row of numbers) is a record; labels are matched by name."""
    files = sorted(path.iterdir()) if path.is_dir() else [path, *_companion(path)]
    names = [file for file in files if file.is_file() and NAME.search(file.name)]
    labels = {_stem(file): file for file in names if "label" in file.name.lower()}
    examples = [file for file in names if "label" not in file.name.lower()]
    if not examples:
        raise DataError(
            "There is no IDX file of examples beside the labels.",
            remedy="Name the folder that holds images and labels.",
            where=str(path),
        )
    parts = {file: part_of_name(file.name) for file in examples}
    ordered = sorted(examples, key=lambda file: PARTS.index(parts[file] or "train"))
    several = []
    for file in ordered:
        raw = _read_pair(file, labels.get(_stem(file)))
        given = len(examples) > 1 and parts[file] is not None
        several.append(replace(raw, parts=(parts[file],) * len(raw)) if given else raw)
    return replace(joined(several), root=path if path.is_dir() else path.parent)


def _read_pair(examples: Path, labels: Path | None) -> Raw:
    values = read_idx(examples)
    pictures, columns, findings = columns_of(values, "image")
    files = [examples]
    if labels is not None:
        found = read_idx(labels)
        files.append(labels)
        if found.shape != (len(values),):
            raise DataError(
                "Examples and labels are not equally many.",
                remedy="Check that both files belong together.",
                where=str(labels),
                found=f"{len(values):,} examples, labels of shape {found.shape}",
            )
        columns["label"] = labels_of(found)
    made: dict[str, Pictures] = {} if pictures is None else {"image": pictures}
    return Raw(
        pl.DataFrame(columns) if columns else pl.DataFrame(height=len(values)),
        tuple(files),
        examples.parent,
        origins=tuple(f"{examples.name} item {row}" for row in range(len(values))),
        pictures=dict(made),
        target="label" if labels is not None else "",
        findings=tuple(Finding("note", "converted pictures", examples.name, f) for f in findings),
        order=("image", "label"),
    )


def read_idx(path: Path) -> np.ndarray:
    """The array of one IDX file in native byte order."""
    data = read_bytes(path)
    remedy = "Fetch the file again; it is damaged or cut off."
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES or not 1 <= data[3] <= 4:
        raise DataError("The file is no IDX file.", remedy=remedy, where=str(path))
    dtype, rank = np.dtype(TYPES[data[2]]), data[3]
    start = 4 + 4 * rank
    shape = tuple(int(side) for side in np.frombuffer(data[4:start], dtype=">u4"))
    expected = start + dtype.itemsize * int(np.prod(shape, dtype=object))
    if len(shape) != rank or len(data) != expected:
        raise DataError(
            "The file does not hold what its header announces.",
            remedy=remedy,
            where=str(path),
            found=f"{len(data):,} bytes, expected {expected:,}",
        )
    values = np.frombuffer(data, dtype=dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def _companion(path: Path) -> list[Path]:
    """The labels that belong to a file of examples by name."""
    wanted = _stem(path)
    return [
        file
        for file in sorted(path.parent.iterdir())
        if file != path
        and "label" in file.name.lower()
        and NAME.search(file.name)
        and _stem(file) == wanted
    ]


def _stem(path: Path) -> str:
    """What images and labels of one part have in common: "train" of train-images-idx3-ubyte.gz."""
    return (
        re.split(r"(?i)images?|labels?|data|vectors?|features?", path.name)[0].lower().strip("-_. ")
    )

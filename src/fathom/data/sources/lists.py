"""A folder with a list of short items for each class (Arabic.txt, Czech.txt) to records."""

from pathlib import Path

import polars as pl

from fathom.data.sources.lines import TEXT, WHY, items_of
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.writing import form_of, no_text, writing
from fathom.errors import DataError
from fathom.visible import decodable

LABEL = "label"


def claims(path: Path) -> Claim | None:
    """A folder of several lists of short items, whose names speak of no parts."""
    found = path.is_dir() and form_of(path) == "lists"
    return Claim("lists", "a list of items for each class") if found else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every line that is not blank is a record, and the name of its file is its class."""
    found = writing(path)
    names = [decodable(file.name.removesuffix(".gz").rpartition(".")[0]) for file in found.files]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise DataError(
            "The files do not name classes: two or more with different names are needed.",
            remedy="Name a folder with one file a class, or pass --as lines.",
            where=str(path),
            found=", ".join(found.place(file) for file in found.files[:8]),
        )
    cells, origins, counts, findings = items_of(found)
    if not cells:
        raise no_text(path)
    labels = [name for name, count in zip(names, counts, strict=True) for _ in range(count)]
    text = pl.Series(cells, dtype=pl.String)
    return Raw(
        pl.DataFrame({TEXT: text, LABEL: pl.Series(labels, dtype=pl.String)}),
        found.files,
        found.root,
        origins=tuple(origins),
        target=LABEL,
        findings=(*found.findings, *findings),
        texts={TEXT: WHY},
    )

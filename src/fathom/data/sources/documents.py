"""A folder of texts, one sub-folder a class, to records; parts may stand above the classes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from fathom.data.sources.encoding import pieces, survey
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw, sorted_by_part
from fathom.data.sources.tree import tree_of
from fathom.data.sources.writing import form_of, no_text, not_read, texts_in
from fathom.data.table import Finding
from fathom.errors import DataError

TEXT, LABEL = "text", "label"


def claims(path: Path) -> Claim | None:
    """A folder whose sub-folders hold texts."""
    found = path.is_dir() and form_of(path) == "documents"
    return Claim("documents", "a folder of texts a class") if found else None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every file is a record; its class is the first folder below the root or below the part."""
    if not path.is_dir():
        raise DataError(
            "Classes of texts are folders.",
            remedy="Name a folder with a sub-folder of texts for each class.",
            where=str(path),
        )
    files, left = texts_in(path)
    tree = tree_of(path, files, "text")
    raw = _raw(path, tree.files)
    if not raw.frame[TEXT].str.contains(r"\S").any():
        raise no_text(path)
    findings = (*left, *tree.findings, *raw.findings)
    raw = replace(raw, parts=tree.parts, findings=findings)
    if tree.classes:
        labels = pl.Series(LABEL, tree.labels, dtype=pl.String)
        raw = replace(raw, frame=raw.frame.with_columns(labels), target=LABEL)
    return sorted_by_part(raw)


def read_files(path: Path) -> Raw:
    """Every file is a text for itself, without a class: what is to be predicted."""
    if not path.is_dir():
        return _raw(path.parent, (path,))
    files, left = texts_in(path)
    raw = _raw(path, files)
    return replace(raw, findings=(*left, *raw.findings))


def _raw(root: Path, files: Sequence[Path]) -> Raw:
    """The text of each file; one that does not read as text is set aside."""
    cells: list[str | None] = []
    findings: list[Finding] = []
    origins = tuple(file.relative_to(root).as_posix() for file in files)
    for row, (file, place) in enumerate(zip(files, origins, strict=True)):
        try:
            encoding = survey(file)
            cells.append("".join(pieces(file, encoding)))
            findings += encoding.findings(place)
        except DataError as problem:
            cells.append(None)
            findings.append(not_read(place, problem, row))
    return Raw(
        pl.DataFrame({TEXT: pl.Series(cells, dtype=pl.String)}),
        tuple(files),
        root,
        origins=origins,
        findings=tuple(findings),
        texts={TEXT: "one text a file"},
    )

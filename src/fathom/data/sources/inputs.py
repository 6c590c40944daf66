"""Files, folders and tables to be predicted to one table with the columns that training had."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from fathom.data.kinds import Reading, as_kind, plain, without_marks
from fathom.data.media import Media
from fathom.data.pictures import Item, Pictures, decode
from fathom.data.sounds import decode as decode_sounds
from fathom.data.sources import (
    delimited,
    documents,
    excel,
    idx,
    jsonl,
    lines,
    npz,
    parquet,
    sqlite,
    ts,
)
from fathom.data.sources.decoded import Listing, picture_findings
from fathom.data.sources.heard import sound_findings
from fathom.data.sources.joining import joined
from fathom.data.sources.options import Claim, Format, ReadOptions
from fathom.data.sources.paths import MEDIA, Medium, listing, with_media
from fathom.data.sources.raw import Raw, as_series, readable, refuse_lacking
from fathom.data.sources.walk import is_picture, is_sound, refuse_special, walk
from fathom.data.sources.whole_series import recognised
from fathom.data.sources.within import outer_and_inner
from fathom.data.sources.writing import is_list, is_writing
from fathom.data.table import Column, Finding, Kind, Table
from fathom.data.texts import as_text, empty_texts
from fathom.errors import DataError

PLAIN = ReadOptions()
TABULAR: Mapping[str, Format] = {
    "csv": delimited,
    "excel": excel,
    "idx": idx,
    "jsonl": jsonl,
    "npz": npz,
    "parquet": parquet,
    "sqlite": sqlite,
    "ts": ts,
}


def read_inputs(
    paths: Sequence[str],
    columns: Mapping[str, Kind],
    options: ReadOptions = PLAIN,
    *,
    optional: Collection[str] = (),
) -> Table:
    """Read what is to be predicted: every picture or row in order, with the given columns only.

    optional: columns that may be absent; they are then missing in every row, which is a finding.
    What cannot be read is set aside with its row, never dropped.
    """
    raws = [raw for place in paths for raw in _read_one(place, columns, options)]
    if not raws:
        raise DataError("There is nothing to predict.", remedy="Name files, folders or tables.")
    checked = [_checked(raw, columns, optional) for raw in raws]
    raw = readable(joined(checked))
    reading = Reading(decimal_comma=raw.decimal_comma).with_marks(options.missing)
    made, findings = [], list(raw.findings)
    for name, kind in columns.items():
        if kind in DECODED:
            column, found = DECODED[kind](name, raw)
        else:
            column, found = _values(name, kind, raw, reading)
        made.append(column)
        findings += found
    if not len(raw):
        raise DataError(
            "There are no records.", remedy="Name inputs that hold some.", where=", ".join(paths)
        )
    path = Path(paths[0])
    findings += empty_texts(made, raw.origins, findings, beside=0)
    return Table(tuple(made), "inputs", "", path, origins=raw.origins, findings=tuple(findings))


def _read_one(place: str, columns: Mapping[str, Kind], options: ReadOptions) -> list[Raw]:
    path, inner = outer_and_inner(place)
    options = replace(options, inner=inner)
    if not path.exists():
        raise DataError(f"There is no file or folder {place!r}.", remedy="Check the path.")
    refuse_special(path)
    medium = _only_medium(columns)
    if tuple(columns.values()) == ("text",) and _are_texts(path, columns):
        return [_of_texts(path, next(iter(columns)), by_line=options.by_line)]
    if path.is_dir():
        files = walk(path)
        chosen = [file for file in files.files if medium and IS[medium.kind](file)]
        if medium and chosen:
            return [_of_files(path, (next(iter(columns)), medium), chosen, files.findings)]
        whole = any(claim.whole for claim in _claims(path))
        named = [path] if whole else files.files
        raws = [_tabular(file, columns, options) for file in named]
        found = [raw for raw in raws if raw is not None]
        if not found:
            raise DataError(
                "There is nothing in the folder that can be predicted.",
                remedy="Name files or tables like those of the training.",
                where=str(path),
            )
        return found
    raw = _tabular(path, columns, options)
    if raw is not None:
        return [raw]
    if medium:
        return [_of_files(path, (next(iter(columns)), medium), [path], ())]
    raise DataError(
        "The file is no table.",
        remedy=f"Name a table with the columns {', '.join(columns)}.",
        where=str(path),
    )


def _claims(path: Path) -> list[Claim]:
    found = [module.claims(path) for module in TABULAR.values()]
    return [claim for claim in found if claim is not None]


def _tabular(path: Path, columns: Mapping[str, Kind], options: ReadOptions) -> Raw | None:
    for name, module in TABULAR.items():
        if options.as_format not in (None, name) or module.claims(path) is None:
            continue
        raw = delimited.read_file(path, columns) if name == "csv" else module.read(path, options)
        series: dict[str, Kind] = {c: kind for c, kind in columns.items() if kind == "series"}
        raw, _ = recognised(raw, series, targets=(), missing=options.missing)
        return with_media(raw, columns, exact=True)
    return None


def _are_texts(path: Path, columns: Mapping[str, Kind]) -> bool:
    """Whether a path is plain text and no table that holds the one column asked for."""
    files = walk(path).files if path.is_dir() else (path,)
    if not files or not all(map(is_writing, files)):
        return False
    if path.is_dir() or delimited.claims(path) is None:
        return True
    return not set(columns) <= set(delimited.read_file(path, columns).frame.columns)


def _of_texts(path: Path, name: str, *, by_line: bool | None) -> Raw:
    """Each line of a file is a text, or each file, as is asked for or as the lines look."""
    listed = not path.is_dir() and (is_list(path) if by_line is None else by_line)
    raw = lines.read(path, PLAIN) if listed else documents.read_files(path)
    frame = raw.frame.select(pl.first().alias(name))
    return replace(raw, frame=frame, texts={name: next(iter(raw.texts.values()))})


def _only_medium(columns: Mapping[str, Kind]) -> Medium | None:
    """What the one column asked for holds, if that is pictures or sounds."""
    kinds = tuple(columns.values())
    return next((medium for medium in MEDIA if kinds == (medium.kind,)), None)


def _of_files(
    path: Path,
    asked: tuple[str, Medium],
    files: Sequence[Path],
    findings: tuple[Finding, ...],
) -> Raw:
    """Files as the records of one column of a medium; those of a folder are named with it."""
    name, medium = asked
    folder = path.is_dir()
    root, prefix = (path, f"{path.name}/") if folder else (path.parent, "")
    raw = Raw(
        pl.DataFrame(height=len(files)),
        tuple(files),
        root,
        origins=tuple(f"{prefix}{file.relative_to(root).as_posix()}" for file in files),
        findings=findings,
    )
    return medium.add(raw, name, listing(files))


def _checked(raw: Raw, columns: Mapping[str, Kind], optional: Collection[str]) -> Raw:
    """Refuse inputs that lack a column, tell which columns are not needed, and keep the others."""
    have = (*raw.frame.columns, *raw.pictures, *raw.sounds)
    place = raw.files[0].name if raw.files else str(raw.root)
    refuse_lacking(raw, [name for name in columns if name not in optional])
    lacking = [name for name in columns if name not in have]
    findings = [
        Finding("warning", "missing column", name, "The column is absent and counts as missing.")
        for name in lacking
    ]
    extra = [name for name in have if name not in columns]
    if extra:
        listed = ", ".join(extra[:8]) + (", ..." if len(extra) > 8 else "")
        findings.append(
            Finding("note", "extra columns", place, f"Not needed for the answer: {listed}.")
        )
    kept = [name for name in raw.frame.columns if name in columns]
    return replace(
        raw,
        frame=raw.frame.select(kept) if kept else pl.DataFrame(height=len(raw)),
        pictures={name: one for name, one in raw.pictures.items() if name in columns},
        sounds={name: one for name, one in raw.sounds.items() if name in columns},
        findings=(*raw.findings, *findings),
        parts=None,
    )


def _pictures(name: str, raw: Raw) -> tuple[Column, list[Finding]]:
    given = raw.pictures.get(name)
    if isinstance(given, Pictures):
        return Column(name, "image", given), []
    decoded = decode(_items(raw, given))
    findings = picture_findings(name, decoded, raw.origins)
    column = Column(name, "image", decoded.pictures)
    return column, [*findings, *_nothing(column, raw, findings)]


def _sounds(name: str, raw: Raw) -> tuple[Column, list[Finding]]:
    heard = decode_sounds(_items(raw, raw.sounds.get(name)))
    findings = sound_findings(name, heard, raw.origins)
    column = Column(name, "audio", heard.sounds)
    return column, [*findings, *_nothing(column, raw, findings)]


def _items(raw: Raw, given: Listing | None) -> Sequence[Item]:
    return [None] * len(raw) if given is None else given()


def _nothing(column: Column, raw: Raw, findings: Sequence[Finding]) -> list[Finding]:
    """Rows without a picture or sound, but for those that were told already."""
    told = {finding.row for finding in (*raw.findings, *findings)}
    assert isinstance(column.values, Media)
    noun = column.values.noun
    return [
        Finding(
            "set aside",
            f"missing {noun}",
            raw.origins[row],
            f"There is no {noun}.",
            "Add it.",
            int(row),
        )
        for row in column.missing().nonzero()[0]
        if int(row) not in told
    ]


def _values(name: str, kind: Kind, raw: Raw, reading: Reading) -> tuple[Column, list[Finding]]:
    """One column as the kind it had in training; what does not fit is missing and told."""
    if name not in raw.frame.columns:
        return as_kind(
            Column(name, "category", pl.Series([None] * len(raw), dtype=pl.String)), kind
        )[0], []
    if kind == "text" and name in raw.texts:
        return as_text(raw.frame[name], raw.texts[name]), []
    if kind == "series":
        return as_series(raw.frame[name]), []
    values = plain(raw.frame[name])
    if values.dtype == pl.String:
        values, _ = without_marks(values, reading.asked if kind == "text" else reading.marks)
    column, lost = as_kind(Column(name, "category", values), kind, reading)
    if not lost or isinstance(column.values, Media):
        return column, []
    odd = column.values.is_null() & values.is_not_null()
    findings = [
        Finding(
            "warning",
            "cells that do not fit",
            raw.origins[row],
            f"{name} holds {str(values[row])[:30]!r}, which is no {kind}; it counts as missing.",
            "Mend the cell.",
            int(row),
        )
        for row in odd.arg_true()
    ]
    return column, findings


IS: Mapping[Kind, Callable[[Path], bool]] = {"image": is_picture, "audio": is_sound}
DECODED: Mapping[Kind, Callable[[str, Raw], tuple[Column, list[Finding]]]] = {
    "image": _pictures,
    "audio": _sounds,
}

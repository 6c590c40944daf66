"""Records as a format found them to a typed table: kinds inferred, pictures decoded, hash taken."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl

from fathom.data.kinds import Reading, as_aside, read_column
from fathom.data.parts import PARTS, part_column, part_of_value
from fathom.data.pictures import Item, Pictures
from fathom.data.sources.decoded import Listing, picture_column
from fathom.data.sources.heard import sound_column
from fathom.data.store import Store
from fathom.data.table import Column, Finding, Kind, Part, Table
from fathom.data.texts import as_text, empty_texts
from fathom.errors import DataError, OptionError
from fathom.visible import decodable


@dataclass(frozen=True)
class Raw:
    """Records before their kinds are known; all columns are equally long.

    frame: columns as read. pictures: columns of pictures by name, as a function that lists files or
    encoded bytes only when they must be decoded, or already decoded. sounds: columns of sounds, as
    listed files or encoded bytes. files: all that was read, for
    the hash; salt: content that is no file. target: the column that the format itself names as the
    target. order: of the columns, where it is not that of the frame. texts: columns that the format
    knows to be text, with the reason; they are kept as they are, blanks and all. running: the rows
    follow each other as one text. references: columns in which further people
    answered what another column answers. asides: columns that tell where a row comes from, with the
    reason: they may group the rows, and are no inputs unless the user gives them a kind.
    """

    frame: pl.DataFrame
    files: tuple[Path, ...]
    root: Path
    origins: tuple[str, ...] = ()
    pictures: Mapping[str, Listing | Pictures] = field(default_factory=dict)
    sounds: Mapping[str, Listing] = field(default_factory=dict)
    parts: tuple[Part | None, ...] | None = None
    target: str = ""
    decimal_comma: bool = False
    findings: tuple[Finding, ...] = ()
    order: tuple[str, ...] = ()
    salt: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)
    running: bool = False
    references: tuple[str, ...] = ()
    asides: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.origins)


def refuse_lacking(raw: Raw, needed: Iterable[str]) -> None:
    """Raise where a column is absent that a trained network needs; a name like it is suggested."""
    have = (*raw.frame.columns, *raw.pictures, *raw.sounds)
    lacking = [name for name in needed if name not in have]
    if not lacking:
        return
    folded = {name.casefold(): name for name in have}
    near = get_close_matches(lacking[0].casefold(), folded, n=1, cutoff=0.8)
    remedy = f"Rename {folded[near[0]]!r} if it is meant, or add it" if near else "Add it"
    raise DataError(
        f"The column {lacking[0]!r} is missing"
        + (f", and {len(lacking) - 1} more." if lacking[1:] else "."),
        remedy=f"{remedy}: the network was trained with it.",
        where=raw.files[0].name if raw.files else str(raw.root),
        found=", ".join(have[:20]) or "no columns",
    )


def readable(raw: Raw) -> Raw:
    """The same records; where names hold bytes that are no UTF-8, these are spelled out."""
    return replace(
        raw,
        origins=tuple(map(decodable, raw.origins)),
        findings=tuple(
            replace(one, place=decodable(one.place), reason=decodable(one.reason))
            for one in raw.findings
        ),
    )


def fingerprint(raw: Raw) -> str:
    """sha256 over names, sizes and content of all raw files, hex."""
    total = hashlib.sha256(raw.salt)
    for path in raw.files:
        name = path.relative_to(raw.root) if path.is_relative_to(raw.root) else Path(path.name)
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        total.update(name.as_posix().encode("utf-8", "surrogateescape") + b"\0" + content)
    return total.hexdigest()


def assemble(
    raw: Raw,
    source: str,
    *,
    kinds: Mapping[str, Kind],
    missing: Iterable[str] = (),
    cache: Store | None = None,
) -> Table:
    """Type every column and decode every picture; what does not fit becomes a finding."""
    if not len(raw):
        raise DataError(
            "There are no records.",
            remedy="Name a source that holds some.",
            where=str(raw.files[0] if len(raw.files) == 1 else raw.root),
        )
    known = (*raw.frame.columns, *raw.pictures, *raw.sounds)
    for name in kinds:
        if name not in known:
            raise OptionError.unknown("column", name, known)
        if kinds[name] not in get_args(Kind):
            raise OptionError.unknown("kind", kinds[name], get_args(Kind))
    raw, parts = _with_part_column(readable(raw), kinds)
    reading = Reading(decimal_comma=raw.decimal_comma).with_marks(missing)
    mark = fingerprint(raw)
    columns: dict[str, Column] = {}
    findings = list(raw.findings)
    for series in raw.frame:
        columns[series.name], noticed = typed(raw, series, kinds.get(series.name), reading)
        findings += noticed
    for name, pictures in raw.pictures.items():
        columns[name], found = picture_column(name, pictures, raw.origins, mark, cache)
        findings += found
    for name, sounds in raw.sounds.items():
        columns[name], found = sound_column(name, sounds, raw.origins, mark, cache)
        findings += found
    ordered = [name for name in raw.order if name in columns]
    ordered += [name for name in columns if name not in ordered]
    made = tuple(columns[name] for name in ordered)
    findings += empty_texts(made, raw.origins, findings)
    return Table(
        made,
        source,
        mark,
        raw.root,
        origins=raw.origins,
        parts=parts,
        target=raw.target,
        findings=tuple(findings),
        running=raw.running and all(column.kind == "text" for column in made),
    )


def typed(
    raw: Raw, series: pl.Series, asked: Kind | None, reading: Reading
) -> tuple[Column, Sequence[Finding]]:
    """One column of the frame with its kind: as the user says, as the format knows, as it looks."""
    name = series.name
    if name in raw.texts and asked in (None, "text"):
        return as_text(series, raw.texts[name], running=raw.running), ()
    if isinstance(series.dtype, pl.List) and isinstance(series.dtype.inner, pl.List):
        return as_series(series), series_gaps(series)
    if name in raw.asides and asked is None:
        return as_aside(series, raw.asides[name]), ()
    if name in raw.references and asked is None:
        column, noticed = read_column(name, series, "reference", reading)
        return replace(column, why="what further people answered"), noticed
    return read_column(name, series, asked, reading)


def as_series(cells: pl.Series) -> Column:
    """A column of whole series: lists of channels, each a list of values."""
    if not isinstance(cells.dtype, pl.List) or not isinstance(cells.dtype.inner, pl.List):
        raise DataError(
            f"The column {cells.name!r} holds no series.",
            remedy="Bring a file in the form that the network was trained with, such as .ts.",
        )
    return Column(cells.name, "series", cells, "a whole series in each row")


def series_gaps(cells: pl.Series) -> tuple[Finding, ...]:
    """A word on values that are missing within series."""
    frame = pl.DataFrame({"row": range(len(cells)), "value": cells}).explode("value")
    frame = frame.explode("value").filter(pl.col("value").is_nan())
    if not len(frame):
        return ()
    reason = (
        f"{len(frame):,} values are missing in {frame['row'].n_unique():,} series; the last known "
        "one is carried on, before the first it is 0."
    )
    return (Finding("warning", "gaps in series", cells.name, reason, "Fill them in if you can."),)


def sorted_by_part(raw: Raw) -> Raw:
    """The records in the order train, valid, test; findings follow their rows."""
    if raw.parts is None:
        return raw
    places = [PARTS.index(part) if part else 0 for part in raw.parts]
    if places == sorted(places):
        return raw
    order = np.argsort(np.array(places), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return replace(
        raw,
        frame=raw.frame[order],
        origins=tuple(raw.origins[row] for row in order),
        pictures={name: _reordered(pictures, order) for name, pictures in raw.pictures.items()},
        sounds={name: _relisted(sounds, order) for name, sounds in raw.sounds.items()},
        parts=tuple(raw.parts[row] for row in order),
        findings=tuple(
            replace(finding, row=int(rank[finding.row])) if finding.row >= 0 else finding
            for finding in raw.findings
        ),
    )


def _reordered(pictures: Listing | Pictures, order: np.ndarray) -> Listing | Pictures:
    if isinstance(pictures, Pictures):
        return pictures.take(order)
    return _relisted(pictures, order)


def _relisted(listing: Listing, order: np.ndarray) -> Listing:
    def listed() -> Sequence[Item]:
        items = listing()
        return [items[row] for row in order]

    return listed


def _with_part_column(raw: Raw, kinds: Mapping[str, Kind]) -> tuple[Raw, tuple[Part, ...] | None]:
    """Take a column such as "split" with the values train and test out, as given parts."""
    if raw.parts is None:
        name = part_column(raw.frame)
        if name is not None and name not in kinds:
            values = raw.frame[name].cast(pl.String).to_list()
            note = Finding(
                "note", "given parts", name, "The column says which part each row is in."
            )
            raw = replace(
                raw,
                frame=raw.frame.drop(name),
                parts=tuple(part_of_value(value) for value in values),
                findings=(*raw.findings, note),
            )
            raw = sorted_by_part(raw)
    if raw.parts is None:
        return raw, None
    return raw, tuple(part or "train" for part in raw.parts)

"""Records of several files to one set: columns matched by name, findings moved with their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.kinds import with_dots
from fathom.data.pictures import Item, Pictures
from fathom.data.sources.decoded import Listing
from fathom.data.sources.numbered import numbered_names
from fathom.data.sources.raw import Raw
from fathom.data.table import Finding
from fathom.errors import DataError


def joined(several: Sequence[Raw]) -> Raw:
    """The records of several raw sources, one after another; columns are matched by name."""
    first = several[0]
    if len(several) == 1:
        return first
    several = _alike(several)
    if len({raw.decimal_comma for raw in several}) > 1:
        several = [_with_dots(raw) if raw.decimal_comma else raw for raw in several]
    starts = np.cumsum([0, *(len(raw) for raw in several)])
    references = tuple(dict.fromkeys(name for raw in several for name in raw.references))
    pictured = dict.fromkeys(name for raw in several for name in raw.pictures)
    heard = dict.fromkeys(name for raw in several for name in raw.sounds)
    return replace(
        first,
        frame=_stacked([raw.frame for raw in several], [len(raw) for raw in several]),
        files=tuple(path for raw in several for path in raw.files),
        origins=tuple(origin for raw in several for origin in raw.origins),
        pictures={name: _pictures_joined(name, several) for name in pictured},
        sounds={name: _sounds_joined(name, several) for name in heard},
        parts=tuple(part for raw in several for part in (raw.parts or (None,) * len(raw))),
        decimal_comma=any(raw.decimal_comma for raw in several),
        findings=tuple(
            replace(finding, row=finding.row + int(start)) if finding.row >= 0 else finding
            for raw, start in zip(several, starts, strict=False)
            for finding in (*raw.findings, *_absent(raw, several))
        ),
        salt=b"".join(raw.salt for raw in several),
        texts={name: why for raw in several for name, why in raw.texts.items()},
        running=all(raw.running for raw in several),
        references=references,
        asides={name: why for raw in several for name, why in raw.asides.items()},
    )


def _stacked(frames: Sequence[pl.DataFrame], lengths: Sequence[int]) -> pl.DataFrame:
    """Frames under each other; columns whose types differ are read as text first."""
    shared: dict[str, pl.DataType] = dict(frames[0].schema)
    for frame in frames[1:]:
        for name, dtype in frame.schema.items():
            if shared.setdefault(name, dtype) != dtype:
                shared[name] = pl.String()
    cast = [
        frame.with_columns(
            pl.col(name).cast(dtype, strict=False)
            for name, dtype in shared.items()
            if name in frame.columns and frame.schema[name] != dtype
        )
        for frame in frames
    ]
    if not shared:
        return pl.DataFrame(height=sum(lengths))
    return pl.concat(cast, how="diagonal")


def _alike(several: Sequence[Raw]) -> list[Raw]:
    """Columns called summary1, summary2 in one file and summary in another get one name."""
    every = [raw.frame.columns for raw in several]
    return [_renamed(raw, *numbered_names(raw.frame.columns, every)) for raw in several]


def _renamed(raw: Raw, renamed: Mapping[str, str], further: Mapping[str, list[str]]) -> Raw:
    if not renamed:
        return raw
    place = raw.files[0].name if raw.files else str(raw.root)
    findings = [
        Finding(
            "note",
            "numbered columns",
            f"{place}: {own}",
            f"{name} is read as {own}, as the other files call it; "
            f"only judging looks at {', '.join(further[own]) or 'no other'}.",
        )
        for name, own in renamed.items()
    ]
    beside = tuple(name for names in further.values() for name in names)
    frame = raw.frame.rename(dict(renamed))
    return replace(raw, frame=frame, references=beside, findings=(*raw.findings, *findings))


def _with_dots(raw: Raw) -> Raw:
    """Numbers with decimal commas to dots: the other files of the source are written so."""
    text = [series.name for series in raw.frame if series.dtype == pl.String]
    frame = raw.frame.with_columns(with_dots(raw.frame[name]) for name in text)
    return replace(raw, frame=frame, decimal_comma=False)


def _absent(raw: Raw, several: Sequence[Raw]) -> list[Finding]:
    """The columns that other files of the source have and this one lacks."""
    every = dict.fromkeys(
        name for one in several for name in one.frame.columns if name not in one.references
    )
    place = raw.files[0].name if raw.files else str(raw.root)
    reason = f"It has no such column; the column counts as missing in its {len(raw):,} rows."
    return [
        Finding("warning", "missing column", f"{place}: {name}", reason, "Add it if it is known.")
        for name in every
        if name not in raw.frame.columns
    ]


def _pictures_joined(name: str, several: Sequence[Raw]) -> Listing | Pictures:
    parts = [(raw.pictures.get(name), len(raw)) for raw in several]
    ready = [pictures for pictures, _ in parts if isinstance(pictures, Pictures)]
    if len(ready) == len(parts):
        return Pictures.joined(ready)

    def listed() -> Sequence[Item]:
        items: list[Item] = []
        for pictures, count in parts:
            if pictures is None:
                items += [None] * count
            elif isinstance(pictures, Pictures):
                raise DataError(
                    "One part holds picture files and the other arrays.",
                    remedy="Give both parts in the same form.",
                )
            else:
                items += pictures()
        return items

    return listed


def _sounds_joined(name: str, several: Sequence[Raw]) -> Listing:
    parts = [(raw.sounds.get(name), len(raw)) for raw in several]

    def listed() -> Sequence[Item]:
        return [
            item
            for sounds, count in parts
            for item in ([None] * count if sounds is None else sounds())
        ]

    return listed

"""What the user points at to a typed table. The table of contents of the formats."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from fathom.data import watched
from fathom.data.sources import (
    delimited,
    documents,
    excel,
    folder,
    idx,
    jsonl,
    labelled,
    lines,
    lists,
    npz,
    pairs,
    parquet,
    recordings,
    sqlite,
    text,
    ts,
)
from fathom.data.sources.inputs import read_inputs
from fathom.data.sources.joining import joined
from fathom.data.sources.options import Claim, Format, ReadOptions
from fathom.data.sources.paths import with_media
from fathom.data.sources.raw import Raw, assemble, refuse_lacking
from fathom.data.sources.samples import SAMPLES, read_sample
from fathom.data.sources.walk import refuse_special, speaks_of_data
from fathom.data.sources.whole_series import recognised
from fathom.data.sources.within import outer_and_inner
from fathom.data.store import Store
from fathom.data.table import Finding, Part, Table
from fathom.data.targets import WATCHED
from fathom.data.timeline import follows_time, series_of
from fathom.errors import DataError, OptionError
from fathom.visible import decodable

__all__ = ["FORMATS", "Claim", "ReadOptions", "claims", "read", "read_inputs", "samples"]

PLAIN = ReadOptions()
TRAIN: Part = "train"
TEST: Part = "test"
UNUSED: Part = "unused"
SEVERAL = ("excel", "pairs", "sqlite")  # hold several tables, of which "#" chooses one
FORMATS: Mapping[str, Format] = {
    "csv": delimited,
    "documents": documents,
    "excel": excel,
    "folder": folder,
    "idx": idx,
    "jsonl": jsonl,
    "labelled": labelled,
    "lines": lines,
    "lists": lists,
    "npz": npz,
    "pairs": pairs,
    "parquet": parquet,
    "recordings": recordings,
    "sqlite": sqlite,
    "text": text,
    "ts": ts,
}


def claims(path: Path) -> list[Claim]:
    """Every format's word that it can read a path."""
    found = [module.claims(path) for module in FORMATS.values()]
    return [claim for claim in found if claim is not None]


def samples() -> list[tuple[str, str, str]]:
    """Name, question and description of the data sets that are already installed."""
    return [(name, sample.question, sample.description) for name, sample in SAMPLES.items()]


def read(source: str, options: ReadOptions = PLAIN, *, cache: Store | None = None) -> Table:
    """Read a path or a sample by name; an existing path wins over a sample's name.

    Raises DataError where nothing can be read, OptionError where several formats could.
    """
    raw, name = _raw(source, options)
    if options.test is not None:
        raw = _with_test(raw, _raw(options.test, options)[0])
    raw, kinds = recognised(
        with_media(raw, options.kinds),
        options.kinds,
        targets=options.target,
        missing=options.missing,
        task=options.task or ("forecasting" if options.horizon else None),
    )
    refuse_lacking(raw, options.required)
    table = assemble(raw, name, kinds=kinds, missing=options.missing, cache=cache)
    return in_time(replace(table, path=Path(source)), options)


def in_time(table: Table, options: ReadOptions) -> Table:
    """The same table; as series, where forecasts are asked for or nothing else could be."""
    if options.task in WATCHED and watched.is_watched(table, options.target):
        return watched.watched_series(table, options.target, options.known)
    unasked = options.task is None and options.horizon is None
    why = watched.stands_out(table, options.target) if unasked else ""
    if why:
        remedy = "If not, pass --task forecasting or --task classification."
        note = Finding("note", "watched series", str(table.path), f"{why}: when it behaves "
                       "unusually is asked.", remedy)  # fmt: skip
        series = watched.watched_series(table, options.target)
        return replace(series, findings=(note, *series.findings))
    asked = options.horizon is not None or options.task == "forecasting"
    alone = options.task is None and not options.target and follows_time(table)
    if not (asked or alone):
        return table
    return series_of(table, options.target, options.horizon, options.known)


def _raw(source: str, options: ReadOptions) -> tuple[Raw, str]:
    path, inner = outer_and_inner(source)
    if decodable(source) != source:
        raise DataError(
            "The path is not written in UTF-8, so no recipe can hold it.",
            remedy="Rename the file or folder.",
            where=source,
        )
    if not path.exists():
        if source in SAMPLES and not path.is_symlink():
            return read_sample(source), source
        raise _no_such(source, path)
    refuse_special(path)
    name = _format_of(path, options.as_format)
    if inner and name not in SEVERAL:
        raise OptionError(
            f"A source read as {name} holds no several tables.",
            remedy=f"Leave out {f'#{inner}'!r}.",
            where=str(path),
        )
    return FORMATS[name].read(path, replace(options, inner=inner)), name


def _format_of(path: Path, asked: str | None) -> str:
    if asked is not None:
        if asked not in FORMATS:
            raise OptionError.unknown("format", asked, FORMATS)
        return asked
    found = claims(path)
    if len(found) == 1:
        return found[0].format
    if found:
        listed = "; ".join(f"--as {claim.format} ({claim.reason})" for claim in found)
        raise OptionError(
            "The source can be read in several ways.",
            remedy=f"Choose one: {listed}.",
            where=str(path),
        )
    if path.is_dir():
        raise _nothing_in(path)
    raise DataError(
        "The kind of this file is not known.",
        remedy="Save it as CSV, TSV, JSON Lines or Parquet, or pass --as text for plain text "
        f"(or {', '.join(FORMATS)}).",
        where=str(path),
    )


def _nothing_in(path: Path) -> DataError:
    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    data = [entry for entry in entries if entry.is_file() and not speaks_of_data(entry)]
    readable = next((entry for entry in data if claims(entry)), None)
    classes = "a folder with a sub-folder of pictures, sounds or texts for each class"
    return DataError(
        "There is nothing in the folder that can be read as one source."
        if entries
        else "The folder is empty.",
        remedy=f"Name one file, such as {str(readable)!r}." if readable else f"Name {classes}.",
        where=str(path),
        found=", ".join(e.name for e in entries[:8]) + (", ..." if len(entries) > 8 else ""),
    )


def _no_such(source: str, path: Path) -> DataError:
    folder_ = path.parent
    beside = [entry.name for entry in folder_.iterdir()] if folder_.is_dir() else []
    near = get_close_matches(path.name, beside, n=1, cutoff=0.6)
    near_sample = get_close_matches(source, SAMPLES, n=1, cutoff=0.6)
    if near:
        remedy = f"Did you mean {str(folder_ / near[0])!r}?"
    elif near_sample:
        remedy = f"Did you mean the sample {near_sample[0]!r}?"
    else:
        remedy = f"Check the path, or name a sample: {', '.join(SAMPLES)}."
    return DataError(f"There is no file or folder {source!r}.", remedy=remedy)


def _with_test(raw: Raw, test: Raw) -> Raw:
    """A source and its given test part; a part named test in the source itself is not used."""
    shared = set(raw.frame.columns) & set(test.frame.columns) or raw.pictures or raw.sounds
    alike = set(raw.pictures) == set(test.pictures) and set(raw.sounds) == set(test.sounds)
    if not shared or not alike:
        raise DataError(
            "The test part has other columns than the training data.",
            remedy="Give both in the same form.",
            where=str(test.root),
            found=", ".join((*test.pictures, *test.sounds, *test.frame.columns)[:20]),
        )
    if raw.running != test.running:
        raise DataError(
            "One part reads as running text, the other as separate items.",
            remedy="Pass --as text or --as lines, so that both are read alike.",
            where=str(test.root),
        )
    own: tuple[Part | None, ...] = raw.parts or (TRAIN,) * len(raw)
    kept = tuple(UNUSED if part == TEST else part for part in own)
    return joined([replace(raw, parts=kept), replace(test, parts=(TEST,) * len(test))])

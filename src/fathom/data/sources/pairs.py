"""Parallel files (train.en beside train.de) to records: the same line of both is one pair."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fathom.data.parts import PARTS, part_of_name, settled, untrained
from fathom.data.sources.cutting import lines
from fathom.data.sources.encoding import pieces, survey
from fathom.data.sources.joining import joined
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import left_aside, speaks_of_data, walk
from fathom.data.table import Finding
from fathom.errors import DataError, OptionError

LANGUAGE = re.compile(r"[a-z]{2,3}([-_][a-z]{2,4})?", re.IGNORECASE)
# Endings of two or three letters that are no languages.
OTHERS = re.compile(
    "txt|md|py|js|css|csv|tsv|tab|psv|dat|gz|zip|db|png|jpg|gif|bmp|tif|pgm|ppm|wav|mp3|ogg|npz|"
    "npy|pq|xml|yml|log|tex|rst|ini|cfg|bak|tmp|ts|xls|pdf|doc|arff",
    re.IGNORECASE,
)


def claims(path: Path) -> Claim | None:
    """A folder of nothing but files whose endings are languages, in pairs of one name."""
    found = _languages(path) if path.is_dir() else {}
    if len(found) < 2 or len({frozenset(files) for files in found.values()}) > 1:
        return None
    return Claim("pairs", f"parallel files in {' and '.join(found)}")


def read(path: Path, options: ReadOptions) -> Raw:
    """Every line is a pair, in the order train, valid, test; the second language is the target.

    Of several languages `folder#en-de` chooses two. Raises DataError where the files of a pair have
    not equally many lines.
    """
    found = _languages(path) if path.is_dir() else {}
    source, target = _chosen(path, list(found), options.inner)
    stems = [stem for stem in found[source] if stem in found[target]]
    if not stems:
        raise DataError(
            f"No file in {source} has one in {target} beside it.",
            remedy=f"Name them alike, such as train.{source} and train.{target}.",
            where=str(path),
        )
    named = {stem: part_of_name(stem) for stem in stems}
    meant = settled(named.values()) or {}
    stems.sort(key=lambda stem: PARTS.index(named[stem] or "train"))
    several = []
    for stem in stems:
        raw = _pair({name: found[name][stem] for name in (source, target)})
        part = named[stem]
        several.append(replace(raw, parts=(meant[part] if meant and part else None,) * len(raw)))
    raw = joined(several)
    alone = sorted({*found[source]} ^ {*found[target]})
    around = walk(path)
    told = [*around.findings, *left_aside(path, around.files), *map(_alone, alone)]
    return replace(
        raw,
        root=path,
        parts=raw.parts if meant else None,
        target=target,
        findings=(*raw.findings, *told, *untrained(meant, stems[0])),
    )


def parting(first: Sequence[int], second: Sequence[int]) -> int:
    """The line, from 0, where two files of unequal numbers of lines plausibly part.

    first, second: lengths of their lines. Up to there a line belongs to the same line of the other,
    from there to the one shifted by the difference: the place where the ratios of lengths fit best.
    """
    count = min(len(first), len(second))
    shift = abs(len(first) - len(second))
    long, short = (first, second) if len(first) >= len(second) else (second, first)
    longer, shorter = np.log(np.array(long) + 3.0), np.log(np.array(short) + 3.0)
    straight, shifted = longer[:count] - shorter, longer[shift : shift + count] - shorter
    usual = np.median(np.concatenate([straight, shifted]))
    before = np.concatenate([[0.0], np.cumsum(np.abs(straight - usual))])
    after = np.cumsum(np.abs(shifted - usual)[::-1])[::-1]
    return int(np.argmin(before + np.concatenate([after, [0.0]])))


def _languages(path: Path) -> dict[str, dict[str, Path]]:
    """Files by language and by name without it; nothing where another file is among them."""
    found: dict[str, dict[str, Path]] = {}
    for file in walk(path).files:
        if speaks_of_data(file):
            continue
        stem, _, ending = file.name.removesuffix(".gz").rpartition(".")
        if file.parent != path or not stem:
            return {}
        if OTHERS.fullmatch(ending) or not LANGUAGE.fullmatch(ending):
            return {}
        found.setdefault(ending, {})[stem] = file
    return {name: found[name] for name in _in_order(path, found)}


def _in_order(path: Path, names: Collection[str]) -> list[str]:
    """Languages in the order in which the folder's name holds them, else by the alphabet."""
    words = re.split(r"[\W_]+", path.absolute().name.lower())
    if all(name.lower() in words for name in names):
        return sorted(names, key=lambda name: words.index(name.lower()))
    return sorted(names)


def _chosen(path: Path, known: list[str], asked: str) -> tuple[str, str]:
    """The two languages asked for as "en-de", or the only two."""
    if asked:
        pairs = [(one, two) for one in known for two in known if one != two]
        named = {f"{one}-{two}": (one, two) for one, two in pairs}
        if asked not in named:
            raise OptionError.unknown("pair of languages", asked, named)
        return named[asked]
    if len(known) == 2:
        return known[0], known[1]
    if not known:
        raise DataError(
            "The folder holds no parallel files.",
            remedy="Name files alike and end them with the language: train.en beside train.de.",
            where=str(path),
        )
    example = f"{path}#{known[0]}-{known[-1]}"
    raise OptionError(
        "The folder holds more or fewer languages than two.",
        remedy=f"Choose two in the order from and to, such as {example!r}.",
        where=str(path),
        found=", ".join(known),
    )


def _pair(files: Mapping[str, Path]) -> Raw:
    """The lines of two files side by side; raises DataError where their numbers differ."""
    findings: list[Finding] = []
    sides: dict[str, list[str]] = {}
    for name, file in files.items():
        encoding = survey(file)
        findings += encoding.findings(file.name)
        sides[name] = list(lines(pieces(file, encoding)))
    first, second = files.values()
    _refuse_unequal(first, second, *sides.values())
    frame = pl.DataFrame({name: pl.Series(cells, dtype=pl.String) for name, cells in sides.items()})
    origins = tuple(f"{first.name} line {line}" for line in range(1, len(frame) + 1))
    return Raw(
        frame,
        (first, second),
        first.parent,
        origins=origins,
        findings=(*findings, *_empty_sides(frame, origins)),
        texts=dict.fromkeys(files, "parallel lines"),
    )


def _refuse_unequal(first: Path, second: Path, ones: Sequence[str], others: Sequence[str]) -> None:
    if len(ones) == len(others):
        return
    for file, own in ((first, ones), (second, others)):
        if not own:
            remedy = "Fill it, or remove both files."
            raise DataError(f"{file.name} is empty.", remedy=remedy, where=str(file.parent))
    place = parting([len(line) for line in ones], [len(line) for line in others])
    raise DataError(
        f"{first.name} and {second.name} have not equally many lines.",
        remedy=f"They seem to part at line {place + 1:,}: look there for a line that is missing, "
        "doubled or broken in two.",
        where=str(first.parent),
        found=f"{first.name} {len(ones):,} lines, {second.name} {len(others):,} lines",
    )


def _empty_sides(frame: pl.DataFrame, origins: Sequence[str]) -> list[Finding]:
    """Pairs of which one text, or both, are blank."""
    blank = {series.name: series.str.strip_chars().str.len_bytes() == 0 for series in frame}
    found = []
    for row in pl.DataFrame(blank).select(pl.any_horizontal(pl.all())).to_series().arg_true():
        sides = " and ".join(name for name, cells in blank.items() if cells[row])
        reason, remedy = f"The line is blank in {sides}.", "Remove it from both files, or fill it."
        found.append(Finding("set aside", "empty side", origins[row], reason, remedy, int(row)))
    return found


def _alone(stem: str) -> Finding:
    reason = "The file stands in one language only."
    return Finding("set aside", "no partner", stem, reason, "Add the other language.")

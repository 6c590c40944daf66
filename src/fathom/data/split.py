"""A table to its parts, train, valid, test and unused: seeded, made before anything is fitted."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from fathom.data import origins
from fathom.data.draw import Draw, moments
from fathom.data.duplicates import duplicate_groups
from fathom.data.kinds import names
from fathom.data.parts import PARTS, is_given
from fathom.data.rhythm import Rhythm
from fathom.data.table import Column, Part, Table
from fathom.data.timeline import by_row
from fathom.errors import DataError, OptionError

By = Literal["given", "stratified", "random", "grouped", "time", "order", "file", "folds"]
RULES: Mapping[str, By] = {rule: rule for rule in get_args(By)}
TEST_SHARE = 0.20
VALID_SHARE = (0.15, "15 %")
# Of a language to be modelled; the second is 5 % of the whole as a share of what the test leaves.
TEXT_TEST_SHARE = 0.10
TEXT_VALID_SHARE = (0.05 / 0.9, "5 %")
GIVEN_TEXT_SHARE = (0.05, "5 %")
# An accuracy is then known to within a point; more rows teach more than they tell.
VALID_MOST = 5000
MOST_FOLDS = 100
BRING = "Bring more examples, or give the parts with --split FILE."
FEWER = "Bring more examples, or pass fewer --folds."


@dataclass(frozen=True)
class Split:
    """The part of each row, how it was made in one sentence, and by which rule."""

    parts: tuple[Part, ...]
    how: str
    by: By

    def rows(self, part: str) -> np.ndarray:
        """Row numbers of a part, int64, in order."""
        chosen = [row for row, own in enumerate(self.parts) if own == part]
        return np.array(chosen, dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        """What `split.json` holds: the rule, and the part of each row in order."""
        return {"by": self.by, "how": self.how, "parts": list(self.parts)}

    @classmethod
    def from_json(cls, content: Any, rows: int, where: str = "split.json") -> "Split":
        """From what `to_json` gave, a plain list of parts, or an object of row number to part."""
        remedy = "Give one of train, valid, test, unused for each row, in the form of split.json."
        listed = content.get("parts", content) if isinstance(content, dict) else content
        if isinstance(listed, dict):
            odd = next((row for row in listed if not _is_row(row, rows)), None)
            if odd is not None:
                raise DataError(
                    "The split names a row that is not there.",
                    remedy=f"Count the rows from 0 to {rows - 1}.",
                    where=where,
                    found=repr(odd),
                )
            listed = [listed.get(str(row), "unused") for row in range(rows)]
        if not isinstance(listed, list) or not all(part in PARTS for part in listed):
            raise DataError("The split does not read.", remedy=remedy, where=where)
        if len(listed) != rows:
            found = f"{len(listed):,} parts for {rows:,} rows"
            raise DataError(
                "The split belongs to other data.", remedy=remedy, where=where, found=found
            )
        told = content if isinstance(content, dict) and "parts" in content else {}
        how = str(told.get("how") or f"Parts as given in {where}.")
        return cls(tuple(listed), how, RULES.get(str(told.get("by")), "file"))


def split(
    table: Table,
    *,
    target: Sequence[str] = (),
    kind: str = "classification",
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
    file: Path | str | None = None,
    duplicates: np.ndarray | None = None,
) -> Split:
    """Make the parts: as given; else 20 % test, then 15 % of the rest validation.

    Of a language 10 % are test and 5 % validation: the end of a running text, or items at random.
    Rows of a series go by time.
    Rows that were set aside or lack a target are unused. duplicates: what `duplicate_groups` gave.
    """
    if group is not None and time is not None:
        raise OptionError(
            "A split is by group or by time, not both.", remedy="Leave one of them out."
        )
    if table.rhythm is not None:
        return _in_time(table, table.rhythm, None if file is None else Path(file))
    usable = usable_rows(table, target)
    if time is not None:
        usable &= ~np.isnan(moments(table[time]))
    if file is not None:
        return _from_file(table, Path(file), usable)
    if not usable.any():
        raise DataError("No row can be used.", remedy="See fathom inspect.", where=str(table.path))
    if duplicates is None:
        duplicates = duplicate_groups(table, target)
    draw = Draw(table, tuple(target), kind, np.random.default_rng(seed), group, time, duplicates)
    parts = _given(table)
    if parts is not None:
        made, how = _complete(parts, usable, draw)
        by: By = "given"
    else:
        made, how, by = _drawn(usable, draw)
    made[~usable] = "unused"
    return checked(Split(tuple(made.tolist()), how, by), table)


def _in_time(table: Table, rhythm: Rhythm, file: Path | None) -> Split:
    """The part of each row of a series, and so of the forecast that begins there: as given, else by
    time.
    """
    parts = _given(table)
    by: By = "time"
    if file is not None:
        read = _of_source(table, rhythm, file)
        made, how, by = (
            np.array(read.parts, dtype=object),
            f"Parts as given in {file.name}.",
            "file",
        )
    elif parts is not None:
        made, how, by = parts, "Parts as the source gives them.", "given"
    else:
        labelled = bool(table.target)
        made, how = origins.first_half(table) if labelled else origins.by_time(table, rhythm)
    kept = origins.whole(made, table, rhythm)
    shorter = f", or a shorter --horizon than {rhythm.horizon:,}" if rhythm.horizon > 1 else ""
    remedy = f"Bring a longer series{shorter}."
    return checked(Split(tuple(kept.tolist()), how, by), table, remedy)


def _of_source(table: Table, rhythm: Rhythm, file: Path) -> Split:
    """The parts of a file that has a part for each row of the source."""
    if not rhythm.rows or rhythm.source_rows == len(table):
        return _read(table, file)
    own = _read(table, file, rhythm.source_rows)
    return replace(own, parts=by_row(own.parts, rhythm.rows))


def usable_rows(table: Table, target: Sequence[str]) -> np.ndarray:
    """Which rows are neither set aside nor lack a target, (N,) bool; of series in time all are."""
    usable = np.ones(len(table), dtype=bool)
    if table.rhythm is not None:  # what is not known is left out of each loss and error
        return usable
    usable[table.unusable()] = False
    for name in target:
        usable &= ~table[name].missing()
    return usable


def folds(
    table: Table,
    how: int | str,
    *,
    target: Sequence[str] = (),
    kind: str = "classification",
    seed: int = 0,
    group: str | None = None,
) -> tuple[Split, ...]:
    """K splits whose test parts together are all usable rows once, drawn or named by a column.

    The validation part of each is drawn from its other rows.
    """
    if table.rhythm is not None:
        raise OptionError(
            "Folds of a series would learn from what comes after the rows they are judged by.",
            remedy="Leave out --folds, or name the test rows with --split FILE.",
            where=str(table.path),
        )
    if _given(table) is not None:
        raise OptionError(
            "The source gives its own parts, so there are no folds to make.",
            remedy="Leave out --folds, or name the source without its parts.",
            where=str(table.path),
        )
    usable = usable_rows(table, target)
    rng = np.random.default_rng(seed)
    draw = Draw(table, tuple(target), kind, rng, group, None, duplicate_groups(table, target))
    if isinstance(how, str):
        number = _fold_numbers(table[how], usable)
        words = f"the column {how!r}"
    else:
        number = _drawn_folds(how, usable, draw)
        words = f"{how} folds drawn with seed {seed}"
    count = int(number.max()) + 1
    if count > MOST_FOLDS:
        raise OptionError(
            "There are more folds than networks that a run may hold.",
            found=f"{count:,}, at most {MOST_FOLDS}",
            remedy="Pass --folds 5, or a column with fewer values.",
        )
    splits = []
    for fold in range(count):
        made = np.full(len(table), "train", dtype=object)
        made[number == fold] = "test"
        rest = usable & (number != fold)
        made[draw.some(rest, validation_share(rest)[0])] = "valid"
        made[~usable] = "unused"
        sentence = f"Fold {fold + 1} of {count} by {words} is the test part."
        splits.append(checked(Split(tuple(made.tolist()), sentence, "folds"), table, FEWER))
    return tuple(splits)


def _given(table: Table) -> np.ndarray | None:
    """The parts that the source gives, if they are parts."""
    if table.parts is None or not is_given(part for part in table.parts if part != "unused"):
        return None
    return np.array(table.parts, dtype=object)


def _complete(parts: np.ndarray, usable: np.ndarray, draw: Draw) -> tuple[np.ndarray, str]:
    """Add what a given split lacks: of two parts the second is the test part."""
    present = set(parts[usable].tolist())
    if {"train", "valid", "test"} <= present:
        return parts, "Train, validation and test parts as given."
    second: Part = "test" if "test" in present else "valid"
    parts[parts == second] = "test"
    rest = usable & (parts == "train")
    share, told = validation_share(rest, GIVEN_TEXT_SHARE if _is_language(draw) else VALID_SHARE)
    parts[draw.some(rest, share)] = "valid"
    told = f"the last {told}" if draw.table.running else told
    how = "Test part as given" if second == "test" else "The given validation part is the test part"
    return parts, f"{how}; {told} of the training part drawn for validation."


def validation_share(rest: np.ndarray, usual: tuple[float, str] = VALID_SHARE) -> tuple[float, str]:
    """The share of the rows marked True that become validation, as a number and in words."""
    share = VALID_MOST / max(1, int(rest.sum()))
    return (share, f"{VALID_MOST:,} rows") if share < usual[0] else usual


def _is_language(draw: Draw) -> bool:
    return draw.table.running or draw.kind == "language"


def _drawn(usable: np.ndarray, draw: Draw) -> tuple[np.ndarray, str, By]:
    language = _is_language(draw)
    parts = np.full(len(usable), "train", dtype=object)
    parts[draw.some(usable, TEXT_TEST_SHARE if language else TEST_SHARE)] = "test"
    rest = usable & (parts == "train")
    share, told = validation_share(rest, TEXT_VALID_SHARE if language else VALID_SHARE)
    parts[draw.some(rest, share)] = "valid"
    return parts, *_told(draw, told, len(parts))


def _told(draw: Draw, told: str, rows: int) -> tuple[str, By]:
    """How the parts were drawn, in a sentence, and by which rule; told: the validation part."""
    if draw.time is not None:
        how = f"By time ({draw.time}): the last 20 % test, the {told} before it validation."
        return how, "time"
    if draw.table.running:
        how = f"By order: the last 10 % of the characters test, the {told} before them validation."
        return how, "order"
    if draw.group is not None:
        how = f"Whole groups of {draw.group!r}: 20 % test, {told} of the rest validation."
        return how, "grouped"
    together = "; duplicates stay together" if len(np.unique(draw.duplicates)) < rows else ""
    if draw.kind == "language":
        return f"At random: 10 % test, {told} validation{together}.", "random"
    words = f"20 % test, then {told} of the rest validation"
    if not draw.stratified:
        return f"At random: {words}{together}.", "random"
    by = "each range of the target" if draw.kind == "regression" else "each class"
    return f"At random, {by} in proportion: {words}{together}.", "stratified"


def _from_file(table: Table, file: Path, usable: np.ndarray) -> Split:
    read = _read(table, file)
    parts = tuple(
        part if use else "unused" for part, use in zip(read.parts, usable.tolist(), strict=True)
    )
    return checked(Split(parts, f"Parts as given in {file.name}.", "file"), table)


def _read(table: Table, file: Path, rows: int | None = None) -> Split:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise DataError(
            "The split does not read.",
            remedy="Give a file in the form of split.json.",
            where=str(file),
            found=str(problem),
        ) from problem
    return Split.from_json(content, rows or len(table), file.name)


def checked(made: Split, table: Table, remedy: str = BRING) -> Split:
    """The split as it is; raises DataError where it leaves a part empty."""
    counts: Mapping[str, int] = Counter(made.parts)
    for part in ("train", "valid", "test"):
        if not counts.get(part):
            raise DataError(
                f"The {'validation' if part == 'valid' else part} part is empty.",
                remedy=remedy,
                where=str(table.path),
                found=", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())),
            )
    return made


def _is_row(name: str, rows: int) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 20 and int(name) < rows


def _fold_numbers(column: Column, usable: np.ndarray) -> np.ndarray:
    labels = names(column.series).fill_null("").to_numpy().astype(str)
    number = np.full(len(labels), -1)
    _, number[usable] = np.unique(labels[usable], return_inverse=True)
    if number.max() < 1:
        raise DataError(
            f"The column {column.name!r} names fewer than two folds.",
            remedy="Name another with --folds.",
        )
    return number


def _drawn_folds(count: int, usable: np.ndarray, draw: Draw) -> np.ndarray:
    if not 2 <= count <= int(usable.sum()):
        raise OptionError("There must be between 2 folds and one a row.", remedy="Pass --folds 5.")
    number = np.full(len(usable), -1)
    rest = usable.copy()
    for fold in range(count - 1):
        chosen = draw.some(rest, 1 / (count - fold))
        number[chosen] = fold
        rest[chosen] = False
    number[rest] = count - 1
    return number

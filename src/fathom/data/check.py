"""A table and its targets to findings: what is doubtful about the data before training."""

import re
from collections.abc import Collection

import numpy as np
import polars as pl

from fathom.data.duplicates import duplicate_groups
from fathom.data.kinds import ID_NAMES, names
from fathom.data.label_sets import separator_of
from fathom.data.leaks import leaking_columns
from fathom.data.media import Media
from fathom.data.surprise import last_part
from fathom.data.table import Column, Finding, Table
from fathom.data.texts import odd_characters
from fathom.errors import DataError

IMBALANCE = 10.0
RARE = 10
MANY_LEVELS = 1000
EXAMPLES = 3
GROUP_ROWS = (2, 500)
# Rows of one of these are more alike than new ones will be.
GROUP_NAMES = re.compile(
    r"(^|[\s_.-])(speaker|singer|session|recording|fold|subject|patient|person|user|author)s?$",
    re.IGNORECASE,
)


def check(
    table: Table,
    target: tuple[str, ...] = (),
    *,
    duplicates: np.ndarray | None = None,
    classes: bool = True,
    settled: Collection[str | None] = (),
) -> tuple[Finding, ...]:
    """Look for duplicates, conflicts, leaks, ids, groups, dates, rare classes and empty columns,
    and for odd characters and a last part of another kind in texts.

    duplicates: what `duplicate_groups` gave, where it is known already; classes: the targets may be
    classes; settled: columns that the split goes by already, so that no such split is suggested,
    nor are they called unused.
    """
    if duplicates is None:
        duplicates = duplicate_groups(table, target)
    findings = [
        *(one for one in _unused(table, target) if one.place not in settled),
        *(_missing_target(table, target) if table.rhythm is None else ()),
        *_duplicates(table, target, duplicates),
        *(leaking_columns(table, target) if table.rhythm is None else ()),
        *odd_characters(table),
        *last_part(table),
        *(
            one
            for one in _groups_and_dates(table, target)
            if one.place not in settled and table.rhythm is None
        ),
    ]
    for name in target if classes else ():
        findings += _classes(table, name)
    return tuple(findings)


def _unused(table: Table, target: Collection[str]) -> list[Finding]:
    """Columns that no network is trained on."""
    findings = []
    for column in table:
        if column.name in target:
            continue
        overrule = f"If it means something, pass --column {column.name}=KIND."
        if column.constant:
            empty = bool(column.missing().all())
            reason = "All cells are missing" if empty else "All known values are equal"
            reason += "; nothing can be learnt from it."
            subject = "empty column" if empty else "constant column"
            findings.append(Finding("note", subject, column.name, reason))
        elif column.kind == "id":
            reason = f"The column names rows ({column.why}); it is not used."
            findings.append(Finding("warning", "id column", column.name, reason, overrule))
        elif isinstance(column.values, pl.Series) and column.kind == "category":
            levels = column.values.n_unique()
            if levels > MANY_LEVELS:
                reason = f"The column has {levels:,} different names; rare ones count as unknown."
                findings.append(
                    Finding("warning", "many categories", column.name, reason, overrule)
                )
    return findings


def _missing_target(table: Table, target: tuple[str, ...]) -> list[Finding]:
    findings = []
    for name in target:
        rows = np.setdiff1d(np.flatnonzero(table[name].missing()), table.unusable())
        if len(rows):
            listed = ", ".join(table.origin(int(row)) for row in rows[:EXAMPLES])
            more = ", ..." if len(rows) > EXAMPLES else ""
            lack = counted(len(rows), "row has no target and is", "rows have no target and are")
            reason = f"{lack} not used ({listed}{more})."
            remedy = "Fill them in, or remove the rows."
            findings.append(Finding("set aside", "missing target", name, reason, remedy))
    return findings


def _duplicates(table: Table, target: tuple[str, ...], groups: np.ndarray) -> list[Finding]:
    """Rows that are one example, those across given parts, those with different targets."""
    first, counts = np.unique(groups, return_counts=True)
    repeated = first[counts > 1]
    if not len(repeated):
        return []
    extra = int(counts[counts > 1].sum()) - len(repeated)
    members = {int(row): np.flatnonzero(groups == row) for row in repeated[:EXAMPLES]}
    shown = "; ".join(" = ".join(table.origin(int(r)) for r in m[:2]) for m in members.values())
    findings = [
        Finding(
            "warning",
            "duplicates",
            str(table.path),
            f"{counted(extra, 'row repeats', 'rows repeat')} another, exactly or nearly ({shown}).",
            "They are kept in one part; remove them if they are mistakes.",
        )
    ]
    if table.parts is not None:
        across = _across(np.array(table.parts), groups)
        if across:
            repeats = counted(across, "test row repeats", "test rows repeat")
            reason = f"{repeats} a row of another given part."
            remedy = "The result is shown with and without them."
            findings.append(
                Finding("warning", "duplicates across parts", str(table.path), reason, remedy)
            )
    for name in target:
        findings += _conflicts(table, name, groups)
    return findings


def _across(parts: np.ndarray, groups: np.ndarray) -> int:
    outside = np.unique(groups[parts != "test"])
    return int(np.isin(groups[parts == "test"], outside).sum())


def _conflicts(table: Table, name: str, groups: np.ndarray) -> list[Finding]:
    """Duplicates that have different classes."""
    column = table[name]
    if isinstance(column.values, Media) or column.kind == "text":
        return []
    frame = pl.DataFrame(
        {"group": groups, "value": names(column.values), "row": range(len(groups))}
    )
    odd = (
        frame.drop_nulls("value")
        .group_by("group", maintain_order=True)
        .agg(pl.col("value").n_unique().alias("different"), pl.col("row").first())
        .filter(pl.col("different") > 1)
    )
    if not len(odd):
        return []
    shown = ", ".join(table.origin(int(row)) for row in odd["row"].head(EXAMPLES))
    stand = counted(len(odd), "example stands", "examples stand")
    reason = f"{stand} there several times with different values ({shown})."
    return [Finding("warning", "label conflict", name, reason, "Mend or remove the wrong ones.")]


def _groups_and_dates(table: Table, target: tuple[str, ...]) -> list[Finding]:
    findings = []
    for column in table:
        if column.name in target or column.constant or isinstance(column.values, Media):
            continue
        if column.kind == "date":
            reason = "The rows have dates; a random split lets the network see the future."
            remedy = f"Pass --time {column.name} if new rows will be later ones."
            findings.append(Finding("note", "date column", column.name, reason, remedy))
        elif _is_group(column, len(table)):
            reason = (
                "Its values stand in several rows each: perhaps a person, a thing or a session."
            )
            remedy = f"Pass --group {column.name} to keep each in one part."
            findings.append(Finding("warning", "group column", column.name, reason, remedy))
    return findings


def _is_group(column: Column, rows: int) -> bool:
    named = ID_NAMES.search(column.name) or GROUP_NAMES.search(column.name)
    if isinstance(column.values, Media) or not named:
        return False
    mean = rows / max(1, column.values.drop_nulls().n_unique())
    return GROUP_ROWS[0] <= mean <= GROUP_ROWS[1]


def _classes(table: Table, name: str) -> list[Finding]:
    """Classes that are rare or far apart in number, where the target looks like classes."""
    column = table[name]
    if isinstance(column.values, Media):
        raise DataError(
            f"{column.values.noun.capitalize()}s cannot be the target.",
            remedy="Name another --target.",
            where=name,
        )
    if column.kind == "text" or separator_of(column.values) is not None:
        return []
    usable = np.ones(len(table), dtype=bool)
    usable[table.unusable()] = False
    known = names(column.values.filter(pl.Series(usable))).drop_nulls()
    counts = known.rename("name").value_counts(sort=True, name="count")
    if len(counts) < 2 or (column.kind == "number" and len(counts) > 20):
        return []
    findings = []
    single = counts.filter(pl.col("count") == 1)["name"].sort().to_list()
    if single:
        listed = ", ".join(single[:8]) + (", ..." if len(single) > 8 else "")
        have = "class has" if len(single) == 1 else "classes have"
        reason = f"{len(single):,} {have} one example ({listed}); it is used for training only."
        remedy = "Bring more examples of them, or join them with another class."
        findings.append(Finding("warning", "one example of a class", name, reason, remedy))
    rare = counts.filter((pl.col("count") > 1) & (pl.col("count") < RARE))
    if len(rare):
        listed = ", ".join(f"{label} {count}" for label, count in rare.head(8).iter_rows())
        have = "class has" if len(rare) == 1 else "classes have"
        reason = f"{len(rare):,} {have} fewer than {RARE} examples ({listed})."
        findings.append(Finding("warning", "rare class", name, reason, "Bring more of them."))
    most, least = counts.row(0), counts.row(-1)
    if most[1] > IMBALANCE * least[1]:
        reason = f"{most[0]!r} has {most[1]:,} examples, {least[0]!r} {least[1]:,}."
        remedy = "Look at each class by itself, not at the mean over all examples alone."
        findings.append(Finding("warning", "imbalance", name, reason, remedy))
    return findings


def counted(count: int, one: str, several: str) -> str:
    """A number before the words that agree with it."""
    return f"{count:,} {one if count == 1 else several}"

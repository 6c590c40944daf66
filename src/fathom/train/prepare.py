"""What was understood of a source to examples ready for batches: split, encoded, usable."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fathom.data.batches import Examples
from fathom.data.batches import encoded as chosen
from fathom.data.fields import TARGET, Fields, Limits
from fathom.data.split import Split, checked
from fathom.data.table import Finding, Table
from fathom.data.units import UNITS, Units
from fathom.errors import DataError, OptionError
from fathom.recipe import Data, Task
from fathom.spec import Spec
from fathom.train.listener import Listener
from fathom.train.options import Options
from fathom.train.understanding import Understood, divided, opened, told, understand

BLOCK = 4096  # rows looked at together
JUDGED_BYTES = 400  # measured for each held-out row and class: answers, rivals', resamples


@dataclass(frozen=True)
class Prepared:
    """The data of a run, understood.

    table: raw rows; findings: everything noticed, the source's and the check's; fields: fitted on
    the training rows; examples: all rows as stored tensors; cache: where decoded data are kept,
    None for the usual place.
    """

    table: Table
    findings: tuple[Finding, ...]
    targets: tuple[str, ...]
    task: Task
    split: Split
    fields: Fields
    examples: Examples
    cache: str | None = None

    def rows(self, part: str) -> np.ndarray:
        """Row numbers of a part, int64, in order."""
        return self.split.rows(part)

    @property
    def input_specs(self) -> dict[str, Spec]:
        """The spec of every input field by name."""
        return {field.name: field.codec.spec() for field in self.fields.inputs}

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, labels or numbers of the target."""
        return self.fields.target.codec.spec().classes

    @property
    def units(self) -> Units:
        """How the target is told."""
        return UNITS[self.fields.target.codec.spec().kind]

    def truth(self, rows: np.ndarray) -> np.ndarray:
        """The targets of rows as metrics and rivals take them, numbers in the user's units."""
        stored = self.examples.targets[TARGET]
        return self.units.truth(self.fields.target.codec, chosen(stored, rows))

    def in_units(self, fields: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """An objective's answers in the user's units."""
        return self.units.fields(self.fields.target.codec, fields)

    def columns(self, fields: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Answers or truth in the user's units as columns of predictions.parquet."""
        return self.units.columns(self.fields.target.codec, fields)

    @property
    def horizon(self) -> int | None:
        """Rows ahead that are forecast, None where none are."""
        forecasts = self.fields.target.codec.spec().kind == "future"
        return self.table.rhythm.horizon if forecasts and self.table.rhythm else None

    def describe(self, source: str, options: Options) -> Data:
        """The data as the recipe holds them."""
        used = {*self.fields.input_columns, *self.fields.target.columns, *self.targets}
        return Data(
            path=source,
            source=self.table.source,
            fingerprint=self.table.fingerprint,
            targets=self.targets,
            kinds={column.name: column.kind for column in self.table if column.name in used},
            rows=len(self.table),
            parts={part: len(self.rows(part)) for part in ("train", "valid", "test", "unused")},
            split=self.split.how,
            options=options.facts(horizon=self.horizon),
        )


def prepare(source: str, options: Options, listener: Listener) -> Prepared:
    """Read, check, split and encode a source, saying what was understood."""
    understood = understand(source, opened(source, options), options, listener)
    return encoded(understood, divided(understood, options), options.limits(), listener)


def encoded(understood: Understood, parts: Split, limits: Limits, listener: Listener) -> Prepared:
    """Codecs fitted on the training rows, and all rows as stored tensors."""
    listener.say(parts.how)
    table, targets, task = understood.table, understood.targets, understood.task
    parts = only_normal(understood, parts, limits.normal, listener)
    train = parts.rows("train")
    fields = task.fields(table, train, targets, limits, train)
    noticed = (*unread(table, fields, targets), *scarce(table, task, len(train)))
    for line in (*task.told(fields), *told(noticed)):
        listener.say(line)
    findings = (*understood.findings, *noticed)
    examples = fields.encode(table)
    prepared = without_unseen(
        Prepared(table, findings, targets, task, parts, fields, examples, understood.cache),
        listener,
    )
    prepared = without_unlearnable(prepared, listener)
    unseen = fields.unanswerable(table, (*prepared.rows("valid"), *prepared.rows("test")))
    for line in told(unseen):
        listener.say(line)
    prepared = replace(prepared, findings=(*prepared.findings, *unseen))
    check_targets(prepared)
    check_memory(prepared, memory())
    return prepared


def unread(table: Table, fields: Fields, targets: tuple[str, ...]) -> tuple[Finding, ...]:
    """The columns that no field holds, in one finding; ids and constants have had their own."""
    held = {*fields.input_columns, *fields.target.columns, *targets}
    left = [one for one in table if one.name not in held and one.kind != "id" and not one.constant]
    if not left:
        return ()
    listed = ", ".join(f"{one.name} ({one.kind})" for one in left)
    return (
        Finding(
            "warning",
            "unread columns",
            listed,
            "This question does not read them, so nothing is learnt of them or written in them.",
            "Another kind may be read: --column NAME=KIND.",
        ),
    )


def scarce(table: Table, task: Task, count: int) -> tuple[Finding, ...]:
    """That there are few training rows, where that is known to go wrong."""
    if count >= task.scarce:
        return ()
    reason = f"{count:,} training examples are few: what is learnt mostly repeats them."
    remedy = f"Bring {task.scarce:,} or more."
    return (Finding("warning", "few examples", str(table.path), reason, remedy),)


def without_unlearnable(prepared: Prepared, listener: Listener) -> Prepared:
    """Set aside the training rows that the task says cannot be learnt from; held-out rows stay."""
    reasons = prepared.task.unlearnable(prepared.examples)
    rows = np.array([row for row in prepared.rows("train") if int(row) in reasons], dtype=np.int64)
    if not len(rows):
        return prepared
    first = int(rows[0])
    finding = Finding(
        "set aside",
        "cannot be learnt from",
        ", ".join(prepared.targets),
        f"{len(rows):,} training rows are left out; the first is "
        f"{prepared.table.origin(first)}: {reasons[first]}.",
        "Check that these targets belong to these inputs.",
    )
    return set_aside(prepared, rows, finding, listener)


def set_aside(
    prepared: Prepared, rows: np.ndarray, finding: Finding, listener: Listener
) -> Prepared:
    """The same without rows, and with the word on why."""
    for line in told((finding,)):
        listener.say(line)
    parts = np.array(prepared.split.parts, dtype=object)
    parts[rows] = "unused"
    split = checked(replace(prepared.split, parts=tuple(parts.tolist())), prepared.table)
    return replace(prepared, split=split, findings=(*prepared.findings, finding))


def only_normal(understood: Understood, parts: Split, normal: str, listener: Listener) -> Split:
    """Train on nothing but rows that have the value named as normal, where one was named."""
    table, targets, task = understood.table, understood.targets, understood.task
    if not normal:
        return parts
    if task.normal is None:
        raise OptionError(
            "Only the search for anomalies knows normal rows.",
            found=f"--normal {normal}",
            remedy="Add --task anomaly, or leave it out.",
        )
    train = parts.rows("train")
    clean = task.normal(table, train, targets, normal)
    listener.say(
        f"trained on clean rows only: {len(clean):,} of {len(train):,} training rows have "
        f"{targets[0]} {normal}"
    )
    kept = np.array(parts.parts, dtype=object)
    kept[np.setdiff1d(train, clean)] = "unused"
    return replace(parts, parts=tuple(kept.tolist()))


def without_unseen(prepared: Prepared, listener: Listener) -> Prepared:
    """Set aside the rows whose class no training row has: no answer about them could be right."""
    stored = prepared.examples.targets[TARGET]
    blocks = np.split(np.arange(len(prepared.table)), range(BLOCK, len(prepared.table), BLOCK))
    known = np.concatenate([prepared.units.known(chosen(stored, block)) for block in blocks])
    rows = np.flatnonzero((np.array(prepared.split.parts) != "unused") & ~known)
    if not len(rows):
        return prepared
    table = prepared.table
    names = table[prepared.targets[0]].take(rows).series.unique().sort().to_list()
    listed = ", ".join(map(str, names[:8])) + (", ..." if len(names) > 8 else "")
    finding = Finding(
        "set aside",
        "class unseen in training",
        ", ".join(prepared.targets),
        f"{len(rows):,} rows have a class that no training row has ({listed}), "
        f"the first is {table.origin(int(rows[0]))}.",
        "Bring training examples of these classes.",
    )
    return set_aside(prepared, rows, finding, listener)


def prepared_again(understood: Understood, parts: Split, fields: Fields) -> Prepared:
    """The data of a resumed run: nothing is fitted anew."""
    table, own = understood.table, understood
    few = scarce(table, own.task, len(parts.rows("train")))
    findings = (*own.findings, *unread(table, fields, own.targets), *few)
    examples = fields.encode(table)
    return Prepared(table, findings, own.targets, own.task, parts, fields, examples, own.cache)


def check_targets(prepared: Prepared) -> None:
    """Every used row must have a target that its codec knows."""
    train = prepared.rows("train")
    if len(train) < 2:
        raise DataError(
            "There are fewer than two examples to train on.",
            remedy="Bring more examples, or another split.",
            where=str(prepared.table.path),
            found=str(len(train)),
        )
    spec = prepared.fields.target.codec.spec()
    classes = spec.classes
    if spec.kind == "category" and len(classes) < 2:
        raise DataError(
            "There is only one class, so there is nothing to tell apart.",
            where=str(prepared.table.path),
            found=", ".join(classes) or "none",
            remedy="Add examples of another class, or name another --target.",
        )


def memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_memory(prepared: Prepared, available: int) -> None:
    """Refuse more held-out answers than memory (in bytes) can judge, before hours are spent."""
    rows = len(prepared.rows("valid")) + len(prepared.rows("test"))
    classes = len(prepared.fields.target.codec.spec().classes)
    needed = rows * classes * JUDGED_BYTES
    if needed > available:
        raise DataError(
            f"Judging {rows:,} held-out rows of {classes:,} classes takes more memory than there "
            "is.",
            where=str(prepared.table.path),
            found=f"{available / 2**30:.0f} GiB, needed about {needed / 2**30:.0f}",
            remedy="Join rare classes, or hold out fewer rows with --split FILE.",
        )

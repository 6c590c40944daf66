"""A raw source to examples ready for batches: read, checked, split, understood, encoded."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fathom.data.batches import Examples
from fathom.data.batches import encoded as chosen
from fathom.data.check import check
from fathom.data.duplicates import duplicate_groups
from fathom.data.fields import TARGET, Fields, Limits
from fathom.data.sources import read
from fathom.data.split import Split, checked, split
from fathom.data.store import Store
from fathom.data.table import Finding, Table
from fathom.data.targets import choose_target, question
from fathom.data.units import UNITS, Units
from fathom.errors import DataError, OptionError, RunError
from fathom.recipe import Data, Recipe, Task
from fathom.spec import Spec
from fathom.tasks import TASKS, task_of
from fathom.train.listener import Listener
from fathom.train.options import Options

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


@dataclass(frozen=True)
class Understood:
    """A source before it is split: raw rows, what was noticed, and the question asked of them."""

    table: Table
    findings: tuple[Finding, ...]
    targets: tuple[str, ...]
    task: Task
    duplicates: np.ndarray


def prepare(source: str, options: Options, listener: Listener) -> Prepared:
    """Read, check, split and encode a source, saying what was understood."""
    understood = understand(source, opened(source, options), options, listener)
    prepared = encoded(understood, divided(understood, options), options.limits(), listener)
    return replace(prepared, cache=options.cache)


@dataclass(frozen=True)
class Opened:
    """The raw rows of a source, and all that was noticed in reading them."""

    table: Table
    findings: tuple[Finding, ...]


def opened(source: str, options: Options) -> Opened:
    """Read a source as the options say."""
    store = Store(options.cache)
    reading = replace(options.reading(), task=asked_task(options))
    table = read(source, reading, cache=store)
    return Opened(table, (*table.findings, *store.findings))


def understand(source: str, raw: Opened, options: Options, listener: Listener) -> Understood:
    """Check the rows of a source and find its question."""
    table = raw.table
    rhythm = table.rhythm
    wanted = asked_task(options)
    if wanted is not None and wanted not in TASKS:
        raise OptionError.unknown("task", wanted, TASKS)
    needed = wanted is None or TASKS[wanted].labelled
    whole = wanted is not None and TASKS[wanted].whole
    targets = choose_target(table, list(options.target) or None, needed=needed, whole=whole)
    task = TASKS[question(table, targets, wanted)]
    refuse_choices(task, options)
    duplicates = np.arange(len(table)) if task.apart else duplicate_groups(table, targets)
    doubts = check(
        table,
        targets,
        duplicates=duplicates,
        classes=task.name == "classification",
        settled=(options.group, options.time, options.folds, rhythm.date if rhythm else None),
    )
    findings = (*raw.findings, *doubts)
    listener.say(
        f"{source}: {len(table):,} rows as {table.source}; {task.question.lower()} "
        f"({asked_of(task, targets)})"
    )
    for line in told(findings):
        listener.say(line)
    return Understood(table, findings, targets, task, duplicates)


def refuse_choices(task: Task, options: Options) -> None:
    """Raise OptionError where a choice was made that another task alone knows."""
    for name in {name for other in TASKS.values() for name in other.choices}:
        if getattr(options, name) is not None and name not in task.choices:
            fitting = [other.name for other in TASKS.values() if name in other.choices]
            raise OptionError(
                f"The question of {task.name} knows no choice to {name}.",
                remedy=f"Leave it out, or pass --task {' or '.join(fitting)}.",
            )


def asked_of(task: Task, targets: tuple[str, ...]) -> str:
    """The task and its targets in words; what learns without a target is at most judged by one."""
    listed = ", ".join(targets)
    if task.labelled and targets:
        return f"{task.name} of {listed}"
    return f"{task.name}; {listed} is not learnt from" if targets else task.name


def asked_task(options: Options) -> str | None:
    """The task asked for, or the first one that the family asked for is for."""
    if options.task is not None:
        return options.task
    if options.normal is not None:
        return "anomaly"
    fitting = [name for name, task in TASKS.items() if options.family in task.principles]
    return next((name for name in fitting if not TASKS[name].labelled), task_of(options.family))


def divided(understood: Understood, options: Options) -> Split:
    """The parts, made before anything is fitted."""
    return split(
        understood.table,
        target=understood.targets,
        kind=understood.task.name,
        seed=options.seed,
        group=options.group,
        time=options.time,
        file=options.split,
        duplicates=understood.duplicates,
    )


def encoded(understood: Understood, parts: Split, limits: Limits, listener: Listener) -> Prepared:
    """Codecs fitted on the training rows, and all rows as stored tensors."""
    listener.say(parts.how)
    table, targets, task = understood.table, understood.targets, understood.task
    parts = only_normal(understood, parts, limits.normal, listener)
    train = parts.rows("train")
    fields = task.fields(table, train, targets, limits, train)
    for line in task.told(fields):
        listener.say(line)
    examples = fields.encode(table)
    prepared = without_unseen(
        Prepared(table, understood.findings, targets, task, parts, fields, examples), listener
    )
    prepared = without_unlearnable(prepared, listener)
    check_targets(prepared)
    check_memory(prepared, memory())
    return prepared


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


def reopened(recipe: Recipe, cache: str | None, listener: Listener, *, accept: bool) -> Understood:
    """The same raw rows for a resumed run: read again, compared by fingerprint."""
    data = recipe.data
    options = Options.from_facts(data.options)
    reading = replace(options.reading(), task=recipe.task, target=data.targets)
    table = read(data.path, reading, cache=Store(cache))
    refuse_other_data(table, data, accept=accept)
    if len(table) != data.rows:
        raise RunError(
            "The data have another number of rows than the split.",
            where=data.path,
            found=f"{len(table)}, expected {data.rows}",
            remedy="Train anew.",
        )
    duplicates = duplicate_groups(table, data.targets)
    findings = (*table.findings, *check(table, data.targets, duplicates=duplicates))
    listener.say(f"{data.path}: {len(table):,} rows, unchanged")
    return Understood(table, findings, data.targets, TASKS[recipe.task], duplicates)


def prepared_again(understood: Understood, parts: Split, fields: Fields) -> Prepared:
    """The data of a resumed run: nothing is fitted anew."""
    table, own = understood.table, understood
    examples = fields.encode(table)
    return Prepared(table, own.findings, own.targets, own.task, parts, fields, examples)


def refuse_other_data(table: Table, data: Data, *, accept: bool) -> None:
    """Raise RunError where the data are not, byte for byte, those of the recipe."""
    if table.fingerprint != data.fingerprint and not accept:
        raise RunError(
            "The data changed since this run began, so it cannot go on as it was.",
            where=str(table.path),
            found=f"fingerprint {table.fingerprint[:12]}, expected {data.fingerprint[:12]}",
            remedy="Restore the data, train anew, or accept the change with --accept-changes.",
        )


def told(findings: tuple[Finding, ...], most: int = 12) -> list[str]:
    """The findings as lines, the gravest first; repeated subjects are counted."""
    lines = []
    for severity in ("set aside", "warning", "note"):
        subjects: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.severity == severity:
                subjects.setdefault(finding.subject, []).append(finding)
        for subject, group in subjects.items():
            first = group[0]
            more = f" (and {len(group) - 1:,} more)" if len(group) > 1 else ""
            text = f"{severity}: {subject}: {first.place}: {first.reason}{more} {first.remedy}"
            lines.append(" ".join(text.split()))
    hidden = len(lines) - most
    return lines[:most] + ([f"... and {hidden} more; see fathom inspect"] if hidden > 0 else [])


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

"""A raw source to the question asked of it: read, checked, and read again for a resumed run."""

from dataclasses import dataclass, replace

import numpy as np

from fathom.data.check import check
from fathom.data.duplicates import duplicate_groups
from fathom.data.media import Media
from fathom.data.sources import read
from fathom.data.split import Split, split
from fathom.data.store import Store
from fathom.data.table import Finding, Table
from fathom.data.targets import choose_target, question
from fathom.errors import OptionError, RunError
from fathom.explain.wording import plural
from fathom.recipe import Data, Recipe, Task
from fathom.tasks import TASKS, task_of
from fathom.train.listener import Listener
from fathom.train.options import Options


@dataclass(frozen=True)
class Opened:
    """The raw rows of a source, and all that was noticed in reading them."""

    table: Table
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Understood:
    """A source before it is split: raw rows, what was noticed, and the question asked of them.

    cache: where decoded data are kept, None for the usual place.
    """

    table: Table
    findings: tuple[Finding, ...]
    targets: tuple[str, ...]
    task: Task
    duplicates: np.ndarray
    cache: str | None = None


def opened(source: str, options: Options) -> Opened:
    """Read a source as the options say."""
    store = Store(options.cache)
    reading = replace(options.reading(), task=asked_task(options))
    table = read(source, reading, cache=store)
    return Opened(table, (*table.findings, *store.findings))


def understand(source: str, raw: Opened, options: Options, listener: Listener) -> Understood:
    """Check the rows of a source and find its question."""
    table = raw.table
    wanted = asked_task(options)
    if wanted is not None and wanted not in TASKS:
        raise OptionError.unknown("task", wanted, TASKS)
    needed = wanted is None or TASKS[wanted].labelled
    whole = wanted is not None and TASKS[wanted].whole
    targets = choose_target(table, list(options.target) or None, needed=needed, whole=whole)
    task = TASKS[question(table, targets, wanted)]
    refuse_choices(task, options)
    checked = looked_over(table, targets, task, options)
    findings = (*raw.findings, *checked.findings)
    listener.say(
        f"{source}: {plural(len(table), 'rows')} as {table.source}; {task.question.lower()} "
        f"({asked_of(task, targets)})"
    )
    for line in told(findings):
        listener.say(line)
    return replace(checked, findings=findings, cache=options.cache)


def looked_over(table: Table, targets: tuple[str, ...], task: Task, options: Options) -> Understood:
    """What is doubtful about the rows, for this question; classes are looked at where it has
    some: a picture that is itself asked for has none.
    """
    duplicates = np.arange(len(table)) if task.apart else duplicate_groups(table, targets)
    rhythm = table.rhythm
    itself = task.whole and any(isinstance(table[name].values, Media) for name in targets)
    doubts = check(
        table,
        targets,
        duplicates=duplicates,
        classes=task.classed and not itself,
        settled=(options.group, options.time, options.folds, rhythm.date if rhythm else None),
    )
    return Understood(table, doubts, targets, task, duplicates)


def refuse_choices(task: Task, options: Options) -> None:
    """Raise OptionError where a choice was made that another task alone knows."""
    for name in {name for other in TASKS.values() for name in other.choices}:
        if getattr(options, name) is not None and name not in task.choices:
            fitting = [other.name for other in TASKS.values() if name in other.choices]
            raise OptionError(
                f"The question of {task.called} knows no choice to {name}.",
                remedy=f"Leave it out, or pass --task {' or '.join(fitting)}.",
            )


def asked_of(task: Task, targets: tuple[str, ...]) -> str:
    """The task and its targets in words; what learns without a target is at most judged by one."""
    listed = ", ".join(targets)
    if not targets:
        return task.called
    if task.normal is not None:
        return f"{task.called}, judged by {listed}"
    told = f" of {listed}" if task.labelled else f"; {listed} is not learnt from"
    return f"{task.called}{told}"


def asked_task(options: Options) -> str | None:
    """The task asked for, or the one that the family asked for is for."""
    if options.task is not None:
        return options.task
    if options.normal is not None:
        return "anomaly"
    return task_of(options.family)


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
    checked = looked_over(table, data.targets, TASKS[recipe.task], options)
    listener.say(f"{data.path}: {len(table):,} rows, unchanged")
    return replace(checked, findings=(*table.findings, *checked.findings), cache=cache)


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

"""A table and what the user said to the columns that are asked for, and to the kind of question."""

from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl

from fathom.data.pictures import Pictures
from fathom.data.table import Table
from fathom.data.texts import only_text, text_columns
from fathom.errors import DataError, OptionError

Question = Literal[
    "classification", "regression", "language", "translation", "summarisation", "generation"
]
NAMES = ("target", "label", "class", "y")
TASKS: tuple[Question, ...] = get_args(Question)
WRITTEN = ("translation", "summarisation")
FEW_CLASSES = 20
MOST_CLASSES = 1000
PER_CLASS = 4
REMEDY = "Name another column with --target."


def choose_target(table: Table, asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """The columns asked for; else the source's own; else the only target, label, class or y.

    A table that holds a text, or pictures, and nothing else to learn from is asked for those.
    """
    if asked:
        for name in asked:
            several = [part.strip() for part in name.split(",")]
            if name not in table.names and set(several) <= set(table.names):
                raise OptionError(
                    f"There is no column {name!r}.",
                    remedy=f"Write each target: --target {' --target '.join(several)}.",
                )
            table[name]  # raises with the nearest name
        if len(set(asked)) < len(asked):
            raise OptionError("A target is named twice.", remedy="Name each column once.")
        return tuple(asked)
    if table.target:
        return (table.target,)
    found = [name for name in table.names if name.strip().lower() in NAMES]
    if len(found) == 1:
        return (found[0],)
    alone = only_text(table) or only_pictures(table)
    if alone is not None:
        return (alone,)
    columns = ", ".join(f"{c.name} ({c.kind})" for c in list(table)[:40])
    what = (
        "Several columns could be the target."
        if found
        else "It is not clear which column is to be predicted."
    )
    raise OptionError(
        what, remedy=f"Name it with --target COLUMN. There are: {columns}.", where=str(table.path)
    )


def question(table: Table, targets: Sequence[str], task: str | None = None) -> Question:
    """What is asked of the targets; raises where they cannot answer it.

    Whole numbers with at most 20 values are classes. Several 0/1 or yes/no columns are labels. A
    text beside which nothing can be learnt from is a language to be modelled, and the second of two
    parallel texts a translation; no target at all is the same as the only text. Pictures without
    anything beside them are to be drawn.
    """
    if task is not None and task not in TASKS:
        raise OptionError.unknown("task", task, TASKS)
    names = list(targets) or [name for name in (only_text(table),) if name is not None]
    kind = task if task in TASKS else _common({name: _question_of(table, name) for name in names})
    for name in names:
        if kind == "classification":
            _check_classes(table, name, asked=task is not None)
        elif kind == "regression":
            _check_number(table, name)
        elif kind == "generation":
            _check_drawn(table, name)
        else:
            _check_text(table, name, kind)
    return kind


def is_yes_or_no(values: pl.Series) -> bool:
    """Whether a column holds 0/1, true/false or yes/no only."""
    known = {
        str(value).strip().lower().removesuffix(".0") for value in values.drop_nulls().unique()
    }
    return any(known <= pair for pair in ({"0", "1"}, {"true", "false"}, {"yes", "no"}))


def only_pictures(table: Table) -> str | None:
    """The name of the column of pictures, where there is nothing else to learn from."""
    learnt = [c for c in table if not c.constant and c.kind not in ("id", "text")]
    pictures = [c.name for c in table if c.kind == "image"]
    return (
        pictures[0] if len(pictures) == 1 and not [c for c in learnt if c.kind != "image"] else None
    )


def _common(inferred: dict[str, Question]) -> Question:
    """One question for all targets."""
    kinds = set(inferred.values())
    if not kinds:
        raise OptionError("Nothing is asked for.", remedy="Name a column with --target COLUMN.")
    if len(kinds) == 1:
        return kinds.pop()
    listed = ", ".join(f"{name}: {kind}" for name, kind in inferred.items())
    raise OptionError(
        "The targets ask for different kinds of answers.",
        remedy="Train one network for each, or pass --task.",
        found=listed,
    )


def _question_of(table: Table, name: str) -> Question:
    column = table[name]
    if column.kind == "text" and name == only_text(table):
        return "language"
    if column.kind == "text" and table.target and table[table.target].kind == "text":
        return "translation"
    if name == only_pictures(table):
        return "generation"
    if isinstance(column.values, Pictures) or column.kind != "number":
        return "classification"
    known = column.values.drop_nulls()
    whole = bool(((known % 1) == 0).all())
    return "classification" if whole and known.n_unique() <= FEW_CLASSES else "regression"


def _check_number(table: Table, name: str) -> None:
    column = table[name]
    if column.kind != "number" or isinstance(column.values, Pictures):
        raise DataError(
            f"The target {name!r} holds no numbers, so it cannot be regressed.",
            remedy="Pass --task classification, or --column " + name + "=number.",
            where=str(table.path),
            found=f"{column.kind} ({column.why})",
        )
    if column.values.drop_nulls().n_unique() < 2:
        raise DataError(
            f"The target {name!r} has one value in all rows, so there is nothing to learn.",
            remedy=REMEDY,
            where=str(table.path),
        )


def _check_drawn(table: Table, name: str) -> None:
    """Pictures, or the classes by which pictures are drawn."""
    column = table[name]
    if not any(c.kind == "image" for c in table):
        raise DataError(
            "There are no pictures to learn to draw.",
            remedy="Name data with a column of pictures, or leave out --task generation.",
            where=str(table.path),
            found=", ".join(f"{one.name} ({one.kind})" for one in table),
        )
    if column.kind == "image":
        return
    if isinstance(column.values, Pictures) or column.kind not in ("category", "number"):
        raise DataError(
            f"Pictures can't be drawn by {name!r}: it holds no classes.",
            remedy="Name a column of classes with --target, or the column of pictures itself.",
            where=str(table.path),
            found=f"{column.kind} ({column.why})",
        )
    classes = column.values.drop_nulls().n_unique()
    if classes > MOST_CLASSES:
        raise DataError(
            f"The column {name!r} has too many classes to draw by.",
            remedy="Name the column of pictures with --target to draw without classes.",
            where=str(table.path),
            found=f"{classes:,}",
        )


def _check_text(table: Table, name: str, kind: Question) -> None:
    """A text to be modelled or written; to be written it needs another one to read."""
    column = table[name]
    if column.kind != "text":
        raise DataError(
            f"The target {name!r} holds no text.",
            remedy=f"Name another column with --target, or pass --column {name}=text.",
            where=str(table.path),
            found=f"{column.kind} ({column.why})",
        )
    if kind in WRITTEN and len(text_columns(table)) < 2:
        raise DataError(
            f"There is no text beside {name!r} to write it from.",
            remedy="Name another target, or overrule a column's kind with --column NAME=text.",
            where=str(table.path),
            found=", ".join(f"{one.name} ({one.kind})" for one in table),
        )


def _check_classes(table: Table, name: str, *, asked: bool) -> None:
    column = table[name]
    if isinstance(column.values, Pictures) or column.kind == "date":
        raise DataError(
            f"The target {name!r} is a column of kind {column.kind}, which cannot be predicted.",
            remedy=REMEDY,
            where=str(table.path),
        )
    known = column.values.drop_nulls()
    classes = known.n_unique()
    if classes < 2:
        found = f"{known[0]!r} in all {len(known):,} rows" if classes else "no values"
        raise DataError(
            f"There is only one class in {name!r}, so there is nothing to tell apart.",
            remedy="Add examples of another class, or name another column with --target.",
            where=str(table.path),
            found=found,
        )
    if column.kind == "id" or (classes > FEW_CLASSES and classes * 2 > len(known)):
        written = REMEDY[:-1] + ", or pass --task translation or summarisation to have it written."
        raise DataError(
            f"The target {name!r} differs in nearly every row; it names rows, not classes.",
            remedy=written if column.kind == "text" else REMEDY,
            where=str(table.path),
            found=f"{classes:,} values in {len(known):,} rows",
        )
    if classes > MOST_CLASSES and not asked and classes * PER_CLASS > len(known):
        raise DataError(
            f"The target {name!r} has {classes:,} classes, too few examples of each to learn.",
            remedy=REMEDY[:-1]
            + ", join rare classes, or pass --task classification to train all the same.",
            where=str(table.path),
            found=f"{len(known) / classes:.1f} examples a class",
        )

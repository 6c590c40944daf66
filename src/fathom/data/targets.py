"""A table and what the user said to the columns that are asked for, and to the kind of question."""

from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl

from fathom.data.label_sets import labels_of, separator_of
from fathom.data.media import Media
from fathom.data.table import Table
from fathom.data.texts import UNUSED, only_text, text_columns
from fathom.data.timeline import ask_what_comes
from fathom.errors import DataError, OptionError

Question = Literal[
    "classification",
    "regression",
    "language",
    "transcription",
    "translation",
    "summarisation",
    "forecasting",
    "compression",
    "anomaly",
    "generation",
    "series_anomaly",
]
NAMES = ("target", "label", "class", "y")
TASKS: tuple[Question, ...] = get_args(Question)
DRAWN = ("audio", "image")
LISTED = ("category", "number")  # columns of a row that is drawn
SELF_TAUGHT = ("compression", "anomaly")  # learnt from the inputs alone
WATCHED = ("anomaly", "series_anomaly")  # what can be asked of moments that are watched
WRITTEN = ("translation", "summarisation")
SUMMARIES = ("abstract", "headline", "highlights", "summary", "title", "tldr")
SAME_LANGUAGE = 0.15  # of the different words of a text, those that stand in the other one too
COMPARED = 1_000  # rows
FEW_CLASSES = 20
MOST_CLASSES = 1000
PER_CLASS = 4
REMEDY = "Name another column with --target."


def choose_target(
    table: Table, asked: Sequence[str] | None = None, *, needed: bool = True, whole: bool = False
) -> tuple[str, ...]:
    """The columns asked for; else the source's own; else the only target, label, class or y.

    A table that holds a text, or pictures, and nothing else to learn from is asked for those; one
    of two texts of which one is called summary, title ... for that one; texts beside one column of
    few classes, for these. needed: raise where none is found, instead of naming none. whole: where
    nothing tells, name none: the whole row is asked for.
    """
    if table.rhythm is not None and not table.target:
        return tuple(column.name for column in table if column.kind == "number")
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
    if not needed:
        return ()
    inferred = None if found else inferred_target(table)
    sole = only_text(table) or transcript(table) or inferred or only_pictures(table)
    if sole is not None:
        return (sole,)
    refuse_equal_rows(table)
    return () if whole and not found else refuse_unclear(table, several=bool(found))


def refuse_unclear(table: Table, *, several: bool) -> tuple[str, ...]:
    """Raise OptionError with the columns that could be named."""
    columns = ", ".join(f"{c.name} ({c.kind})" for c in list(table)[:40])
    if all(column.kind == "series" for column in table):
        raise DataError(
            "There are series and nothing beside them that could be told from them.",
            remedy="Give each its class: in a .ts file @classLabel true and a name behind the last "
            'colon of each line, in a table a column called "label".',
            where=str(table.path),
            found=columns,
        )
    what = (
        "Several columns could be the target."
        if several
        else "It is not clear which column is to be predicted."
    )
    remedy = f"Name it with --target COLUMN. There are: {columns}. {ask_what_comes(table)}"
    raise OptionError(what, remedy=remedy.strip(), where=str(table.path))


def inferred_target(table: Table) -> str | None:
    """The text that is called a summary of another one, or the column of classes beside texts."""
    short = [name for name in table.names if name.strip().lower() in SUMMARIES]
    if len(short) == 1 and read_beside(table, short[0]):
        return short[0]
    return beside_texts(table)


def refuse_equal_rows(table: Table) -> None:
    """Raise DataError where no column that could be used has two values."""
    used = [column for column in table if column.kind not in UNUSED]
    if used and all(column.constant for column in used):
        first = used[0].values
        raise DataError(
            f"All {len(table):,} rows are equal in what is known, so there is nothing to learn.",
            remedy="Bring rows that differ.",
            where=str(table.path),
            found=repr(str(first[0])[:60]) if isinstance(first, pl.Series) else "",
        )


def beside_texts(table: Table) -> str | None:
    """The one column that is no text, where it holds few classes."""
    used = [column for column in table if column.kind not in UNUSED and not column.constant]
    others = [column for column in used if column.kind != "text"]
    if len(used) == len(others) or len(others) != 1 or isinstance(others[0].values, Media):
        return None
    known = others[0].values.drop_nulls()
    few = others[0].kind in ("number", "category") and known.n_unique() <= FEW_CLASSES
    return others[0].name if few and _question_of(table, others[0].name) != "regression" else None


def question(table: Table, targets: Sequence[str], task: str | None = None) -> Question:
    """What is asked of the targets; raises where they cannot answer it.

    Whole numbers with at most 20 values, most of them in several rows, are classes. Several 0/1 or
    yes/no columns are labels. A text beside which nothing can be learnt from is a language to be
    modelled, the second of two parallel texts a translation, a text beside a sound its transcript;
    no target at all is the same as the only text. A text beside one other text is a summary of it
    where it is shorter and shares words with it, else a translation. Pictures without anything
    beside them are to be drawn.
    """
    if task is not None and task not in TASKS:
        raise OptionError.unknown("task", task, TASKS)
    if table.rhythm is not None and (table.target or task in WATCHED):
        return "series_anomaly"
    if task in SELF_TAUGHT:
        return task
    if table.rhythm is not None:
        return "forecasting"
    names = list(targets) or [name for name in (only_text(table),) if name is not None]
    if task == "generation":
        _check_drawable(table, names)
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


def read_beside(table: Table, name: str) -> str | None:
    """The one text that another text can be written from, where hardly two of either are equal.

    What is called a summary is written, however often one repeats another.
    """
    others = [column for column in text_columns(table) if column.name != name]
    if table[name].kind != "text" or len(others) != 1:
        return None
    known = table[name].series.drop_nulls()
    written = name.strip().lower() in SUMMARIES or known.n_unique() * 2 > len(known)
    return others[0].name if written else None


def is_short_for(short: pl.Series, long: pl.Series) -> bool:
    """Whether texts are shorter than those beside them, and in the same words."""
    frame = pl.DataFrame({"short": short, "long": long}).drop_nulls().head(COMPARED)
    words = [
        (set(one.lower().split()), set(other.lower().split())) for one, other in frame.iter_rows()
    ]
    shared = sum(len(one & other) for one, other in words)
    shorter = sum(len(one) < len(other) for one, other in words) * 2 > len(words)
    return shorter and shared > SAME_LANGUAGE * sum(len(one) for one, _ in words)


def transcript(table: Table) -> str | None:
    """The only column of text, where it stands beside a column of sounds."""
    texts = text_columns(table)
    heard = any(column.kind == "audio" for column in table)
    return texts[0].name if heard and len(texts) == 1 else None


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
    if column.kind == "text" and any(other.kind == "audio" for other in table):
        return "transcription"
    if column.kind == "text" and name == only_text(table):
        return "language"
    if column.kind == "text" and table.target and table[table.target].kind == "text":
        return "translation"
    if name == only_pictures(table):
        return "generation"
    if column.kind == "text" and (beside := read_beside(table, name)):
        return (
            "summarisation" if is_short_for(column.series, table[beside].series) else "translation"
        )
    if isinstance(column.values, Media) or column.kind != "number":
        return "classification"
    return "classification" if are_classes(column.values) else "regression"


def are_classes(numbers: pl.Series) -> bool:
    """Whether numbers are whole, of few values, and most of these stand in several rows.

    Where they do not, as with the pulse of twenty people, no class could be learnt.
    """
    known = numbers.drop_nulls()
    values = known.n_unique()
    whole = bool(((known % 1) == 0).all())
    return whole and values <= FEW_CLASSES and values * PER_CLASS <= max(len(known), 2 * PER_CLASS)


def _check_number(table: Table, name: str) -> None:
    column = table[name]
    if column.kind != "number" or isinstance(column.values, Media):
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


def _check_drawable(table: Table, names: Sequence[str]) -> None:
    """Pictures or sounds, or other columns of numbers or categories than the classes."""
    listed = [c for c in table if c.kind in LISTED and c.name not in names and not c.constant]
    if not listed and not any(c.kind in DRAWN for c in table):
        raise DataError(
            "There are no pictures, sounds, numbers or categories to learn to draw.",
            remedy="Name data with such columns beside the --target; see fathom inspect.",
            where=str(table.path),
            found=", ".join(f"{one.name} ({one.kind})" for one in table),
        )


def _check_drawn(table: Table, name: str) -> None:
    """Pictures or sounds themselves, or the classes by which examples are drawn."""
    column = table[name]
    if column.kind in DRAWN:
        return
    if isinstance(column.values, Media) or column.kind not in ("category", "number"):
        raise DataError(
            f"Examples can't be drawn by {name!r}: it holds no classes.",
            remedy="Name a column of classes with --target, or the pictures or sounds themselves.",
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
    if kind == "transcription" and not any(other.kind == "audio" for other in table):
        raise DataError(
            f"There is no sound beside {name!r} that could be transcribed.",
            remedy="Name a table with a column of sound files.",
            where=str(table.path),
            found=", ".join(f"{one.name} ({one.kind})" for one in table),
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
    if isinstance(column.values, Media) or column.kind == "date":
        raise DataError(
            f"The target {name!r} is a column of kind {column.kind}, which cannot be predicted.",
            remedy=REMEDY,
            where=str(table.path),
        )
    known = column.values.drop_nulls()
    separator = separator_of(known)
    classes = len(labels_of(known, separator)) if separator else known.n_unique()
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

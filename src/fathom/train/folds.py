"""A source to its folds: each usable row is in the test part of one, and codecs are fitted for each
on that fold's training rows alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fathom.data.batches import Examples
from fathom.data.fields import Fields
from fathom.data.seeds import derived
from fathom.data.split import Split, folds, usable_rows
from fathom.data.table import Finding
from fathom.errors import OptionError, RunError
from fathom.recipe import Recipe
from fathom.train.options import Options
from fathom.train.prepare import Prepared, check_memory, check_targets, memory, unread
from fathom.train.understanding import Understood

PART = "folds"


@dataclass(frozen=True)
class Folds:
    """The data of a run of K networks; understood: without the column that names the folds."""

    understood: Understood
    splits: tuple[Split, ...]
    fields: tuple[Fields, ...]

    def __len__(self) -> int:
        return len(self.splits)

    def prepared(self, number: int, *, inputs: bool = True) -> Prepared:
        """The data of one fold; without inputs, enough to judge answers."""
        own, fields = self.understood, self.fields[number]
        targets = fields.target.encode(own.table)
        tensors = fields.encode_inputs(own.table) if inputs else {}
        examples = Examples(tensors, targets, fields.codecs)
        parts = self.splits[number]
        findings = (*own.findings, *self.unread)
        return Prepared(
            own.table, findings, own.targets, own.task, parts, fields, examples, own.cache
        )

    @property
    def unread(self) -> tuple[Finding, ...]:
        """What is said of columns that no field holds."""
        return unread(self.understood.table, self.fields[0], self.understood.targets)

    def codecs(self) -> dict[str, Any]:
        """What `codecs.json` holds: each member's."""
        return {f"member.{k}": fields.to_json() for k, fields in enumerate(self.fields)}

    def to_json(self) -> dict[str, Any]:
        """What `split.json` holds: the parts of each fold."""
        return {"by": "folds", "folds": [split.to_json() for split in self.splits]}

    def recipe(self, planned: Recipe) -> Recipe:
        """The recipe of all members, from the one that was planned on the first fold."""
        least = min(len(split.rows("train")) for split in self.splits)
        batch = min(planned.training.batch, least)
        tested = sum(len(split.rows("test")) for split in self.splits)
        data = planned.data.model_copy(
            update={
                "parts": {PART: tested, "unused": len(self.splits[0].rows("unused"))},
                "split": f"{len(self)} folds: each row is held out once.",
            }
        )
        training = planned.training.model_copy(update={"batch": batch})
        return planned.model_copy(update={"folds": len(self), "data": data, "training": training})


def member_recipe(recipe: Recipe, number: int) -> Recipe:
    """The recipe of one member: the same but for the seed."""
    seed = derived(recipe.seed, "fold", number)
    training = recipe.training.model_copy(update={"seed": seed})
    return recipe.model_copy(update={"seed": seed, "training": training})


def fitted(understood: Understood, splits: Sequence[Split], options: Options) -> Folds:
    """Codecs of each fold; the classes are those of all usable rows."""
    own = unfolded(understood, options.folds)
    known = np.flatnonzero(usable_rows(own.table, own.targets))
    fields = [
        own.task.fields(own.table, split.rows("train"), own.targets, options.limits(), known)
        for split in splits
    ]
    made = Folds(own, tuple(splits), tuple(fields))
    for number in range(len(made)):
        prepared = made.prepared(number, inputs=False)
        check_targets(prepared)
        check_memory(prepared, memory())
    return made


def made(understood: Understood, options: Options) -> tuple[Split, ...]:
    """The folds that `--folds` asks for, made before anything is fitted."""
    asked = str(options.folds)
    return folds(
        understood.table,
        int(asked) if asked.isdecimal() else asked,
        target=understood.targets,
        kind=understood.task.name,
        seed=options.seed,
        group=options.group,
    )


def given(content: Mapping[str, Any], rows: int, count: int) -> tuple[Split, ...]:
    """The folds that a split.json holds."""
    listed = content.get("folds")
    if not isinstance(listed, list) or len(listed) != count:
        raise RunError(
            "The split holds other folds than the recipe.",
            where="split.json",
            remedy="Restore it from a copy, or train anew.",
        )
    return tuple(Split.from_json(one, rows) for one in listed)


def unfolded(understood: Understood, asked: str | None) -> Understood:
    """Without the column that names the folds: it is no property of an example."""
    table = understood.table
    columns = tuple(column for column in table if column.name != asked)
    return replace(understood, table=replace(table, columns=columns))


def refuse_beside_folds(options: Options) -> None:
    """Raise OptionError where the parts are also asked for in another way."""
    beside = {"test": options.test, "split": options.split, "time": options.time}
    odd = [f"--{name}" for name, value in beside.items() if value is not None]
    if odd:
        raise OptionError(
            "Folds make all parts themselves.",
            found=" and ".join(odd),
            remedy="Leave that out, or leave out --folds.",
        )

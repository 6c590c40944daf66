"""The recipe of an earlier run to the same training again: its data, its parts, its plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from fathom.data.fields import Fields
from fathom.data.split import Split, checked, usable_rows
from fathom.errors import OptionError, RunError
from fathom.folders import MANIFEST, read_json, verify
from fathom.members import blueprint
from fathom.recipe import Recipe
from fathom.run_folder import RECIPE, SPLIT, read_recipe
from fathom.tasks import TASKS
from fathom.train.folds import Folds, fitted, given, made
from fathom.train.listener import Listener
from fathom.train.options import Clock, Options
from fathom.train.planning import Planned, fresh
from fathom.train.prepare import Prepared, encoded
from fathom.train.understanding import Understood, divided, opened, refuse_other_data, understand


@dataclass(frozen=True)
class Again:
    """A training whose recipe is given; nothing in it is decided anew.

    parts: the content of the split.json beside the recipe, if there is one; accept: train although
    the data are not those of the recipe.
    """

    source: str
    options: Options
    recipe: Recipe
    parts: Mapping[str, Any] | None
    accept: bool

    @classmethod
    def of(
        cls, source: str, given: Path, *, out: str | None, cache: str | None, accept: bool
    ) -> "Again":
        """The training that a run folder, or the file of a recipe, describes.

        Raises RunError where it does not read, or is not what its folder's manifest vouches for.
        """
        path = given / RECIPE if given.is_dir() else given
        if not path.is_file():
            raise OptionError(
                "There is no recipe to repeat.",
                found=str(given),
                remedy="Name a run folder, or the recipe.json of one.",
            )
        if path.name == RECIPE and (path.parent / MANIFEST).exists():
            verify(path.parent, (RECIPE, SPLIT))
        recipe = read_recipe(path.parent, path.name)
        beside = path.with_name(SPLIT)
        parts = read_json(beside) if beside.is_file() else None
        return cls(source, Options.from_recipe(recipe, out=out, cache=cache), recipe, parts, accept)

    def prepare(self, listener: Listener) -> Prepared:
        """Read and check as usual; split as the earlier run did."""
        understood = self.understood(listener)
        if self.parts is None:
            parts = divided(understood, self.options)
        else:
            parts = usable(Split.from_json(self.parts, len(understood.table)), understood)
        prepared = encoded(understood, parts, self.options.limits(), listener)
        self.fits(prepared.fields)
        return prepared

    def folds(self, listener: Listener) -> Folds:
        """The same for a run of several networks."""
        understood = self.understood(listener)
        if self.parts is None:
            splits = made(understood, self.options)
        else:
            found = given(self.parts, len(understood.table), self.recipe.folds)
            splits = tuple(usable(split, understood) for split in found)
        folds = fitted(understood, splits, self.options)
        for fields in folds.fields:
            self.fits(fields)
        return folds

    def understood(self, listener: Listener) -> Understood:
        """The data of the recipe, and its question."""
        torch.set_num_threads(self.recipe.training.threads)
        raw = opened(self.source, self.options)
        refuse_other_data(raw.table, self.recipe.data, accept=self.accept)
        return understand(self.source, raw, self.options, listener)

    def fits(self, fields: Fields) -> None:
        """Raise RunError, before the rival's minutes, where the networks cannot be built."""
        task = TASKS[self.recipe.task]
        found, planned = sorted(task.network_specs(fields.specs)), sorted(self.recipe.network)
        if found != planned:
            raise RunError(
                "The recipe has networks for other inputs.",
                where=self.source,
                found=f"{', '.join(found)}; expected {', '.join(planned)}",
                remedy="Train anew, without --recipe.",
            )
        blueprint(self.recipe, fields)

    def plan(self, prepared: Prepared, clock: Clock, listener: Listener) -> Planned:
        """The recipe as it is, for these data, and its objective before the first update."""
        data = prepared.describe(self.source, self.options)
        listener.say(f"{self.recipe.training.updates:,} updates as the recipe says")
        recipe = self.recipe.model_copy(update={"data": data})
        return Planned(recipe, fresh(recipe, prepared))


def usable(parts: Split, understood: Understood) -> Split:
    """The same parts without rows that can no longer be used: accepted data may have changed."""
    good = usable_rows(understood.table, understood.targets).tolist()
    kept = (part if use else "unused" for part, use in zip(parts.parts, good, strict=True))
    return checked(replace(parts, parts=tuple(kept)), understood.table)

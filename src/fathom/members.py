"""Networks, each with the codecs it was trained with, to one answer about raw rows.

One network is an ensemble of one; where each fold trained a network, their mean answers.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Examples
from fathom.data.codecs import Tensors
from fathom.data.fields import Fields
from fathom.data.table import Finding, Table
from fathom.data.units import UNITS, Arrays
from fathom.errors import RunError
from fathom.fit.precision import set_precision
from fathom.objectives import Objective
from fathom.recipe import Recipe
from fathom.spec import PADDING
from fathom.tasks import TASKS
from fathom.weights import CHANGED, WithoutDraws, fill

ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Member:
    """A trained objective and the fields it was trained with."""

    fields: Fields
    objective: Objective

    def answers(self, table: Table, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Every named array of `predict` over rows of a table, by default all, in the user's
        units.
        """
        examples = Examples(self.fields.encode_inputs(table), {}, self.fields.codecs)
        asked = np.arange(len(table)) if rows is None else rows
        outputs = predicted(self.objective, examples, asked)
        codec = self.fields.target.codec
        found = {name: value.numpy() for name, value in outputs.items()}
        target = self.fields.target
        if set(target.columns) <= set(self.fields.input_columns):  # what is asked is itself given
            size = target.encode(table)[target.name]
            assert isinstance(size, Tensor)
            found["size"] = size.numpy()
        return UNITS[codec.spec().kind].fields(codec, found)


def answers(members: Sequence[Member], table: Table, rows: np.ndarray | None = None) -> Arrays:
    """What the members answer together, in the user's units; nothing for no rows.

    rows: those that are answered, where the others are what they are answered from.
    """
    if not len(table) or (rows is not None and not len(rows)):
        return {}
    kind = members[0].fields.target.codec.spec().kind
    return UNITS[kind].together([member.answers(table, rows) for member in members])


def strangers(members: Sequence[Member], table: Table) -> Iterator[Finding]:
    """What rows of a table hold that no member knows."""
    found = [finding for member in members for finding in member.fields.strangers(table)]
    agreed = Counter((finding.row, finding.reason) for finding in found)
    for finding in dict.fromkeys(found):
        if agreed[finding.row, finding.reason] == len(members):
            yield finding


def predicted(objective: Objective, examples: Examples, rows: np.ndarray) -> Tensors:
    """Every named tensor of `predict` for the given rows, in batches, in eval and inference
    mode.
    """
    device = next(objective.parameters()).device
    objective.eval()
    parts: list[Tensors] = []
    with torch.inference_mode():
        for batch in examples.rows(rows, ROWS_AT_ONCE, device):
            found = objective.predict(dict(batch.inputs))
            parts.append({name: value.cpu() for name, value in found.items()})
        if not parts:
            return {}
    return {name: rows_joined([part[name] for part in parts]) for name in parts[0]}


def rows_joined(parts: Sequence[Tensor]) -> Tensor:
    """The rows of several batches; those of tokens are padded to the longest, numbers with nan."""
    if len({part.shape[1:] for part in parts}) > 1:
        longest = max(part.shape[1] for part in parts)
        filling = math.nan if parts[0].is_floating_point() else PADDING
        parts = [F.pad(part, (0, longest - part.shape[1]), value=filling) for part in parts]
    return torch.cat(list(parts))


class Ensemble(nn.Module):
    """Objectives side by side, so that their tensors are named `member.0.` ..."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        super().__init__()
        self.member = nn.ModuleList(objectives)


def joined(objectives: Sequence[Objective]) -> nn.Module:
    """What the weights file holds: a single objective as it is, several side by side."""
    return objectives[0] if len(objectives) == 1 else Ensemble(objectives)


def build(recipe: Recipe, fields: Fields) -> Objective:
    """The untrained objective of a recipe; unknown names and wrong sizes are errors."""
    try:
        objective = TASKS[recipe.task].build(recipe, fields.specs)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise RunError(
            "The recipe's networks cannot be built.", found=repr(error)[:200], remedy=CHANGED
        ) from error
    set_precision(objective, recipe.precision)
    return objective


def blueprint(recipe: Recipe, fields: Fields) -> Objective:
    """The objective of a recipe without memory for its weights."""
    with torch.device("meta"), WithoutDraws():
        return build(recipe, fields)


def load_members(path: Path, recipe: Recipe, every: Sequence[Fields]) -> tuple[Member, ...]:
    """The trained objectives: built without memory, compared with the file's header, then
    filled.
    """
    objectives = [blueprint(recipe, own) for own in every]
    fill(joined(objectives), path)
    return tuple(map(Member, every, objectives))

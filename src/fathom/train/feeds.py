"""Prepared examples to the batch of each update: whole rows, or windows of texts."""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from fathom.data.augment import Augment
from fathom.data.augment_sound import PREFIX, AugmentSound
from fathom.data.batches import Batch, Examples, Order
from fathom.data.codecs import Tensors
from fathom.data.ragged import Ragged
from fathom.data.seeds import generator
from fathom.data.windows import Windows
from fathom.fit.loop import Feed
from fathom.networks.skip import SKIPPED
from fathom.recipe import Recipe
from fathom.spec import Spec
from fathom.train.prepare import Prepared

SEEN_ONCE = 5000
LEAST_SEEN = 500
SEEN_VALUES = 2**25  # float32: 128 MB, of which initialising makes a few copies


class RowFeed(Feed):
    """Batches of the training rows, augmented as the recipe says, the same for the same update."""

    def __init__(self, recipe: Recipe, prepared: Prepared) -> None:
        self.examples, self.specs = prepared.examples, prepared.fields.specs
        self.values = sum(math.prod(spec.shape) for spec in prepared.fields.specs.values())
        self.order = Order(prepared.rows("train"), recipe.training.batch, recipe.seed)
        strengths, specs = recipe.augment, prepared.fields.specs
        seen = {name: v for name, v in strengths.items() if not name.startswith(PREFIX)}
        self.augment = Augment.of(recipe.model_copy(update={"augment": seen}), specs)
        self.augment_sound = AugmentSound.of(strengths, specs)
        self.seed = recipe.seed

    def at(self, update: int, share: float) -> Batch:
        """The batch of an update, drawn from (seed, update) alone."""
        epoch, rows = self.order.at(update)

        def change(
            inputs: Tensors, targets: Tensors, index: torch.Tensor
        ) -> tuple[Tensors, Tensors]:
            drawn = generator(self.seed, "augment", update)
            inputs, targets = self.augment(inputs, targets, index, drawn, epoch, share)
            return self.augment_sound(inputs, targets, drawn)

        return self.examples.batch(rows, torch.device("cpu"), change)

    def sample(self) -> Batch:
        """Up to 5,000 training examples, fewer of large pictures, drawn from the seed, without what
        no network reads.
        """
        rows = self.order.rows
        most = min(SEEN_ONCE, max(LEAST_SEEN, SEEN_VALUES // max(1, self.values)))
        drawn = torch.randperm(len(rows), generator=generator(self.seed, "sample"))[:most]
        seen = shown(self.examples, self.specs)
        return seen.batch(rows[np.sort(drawn.numpy())], torch.device("cpu"))

    def first(self, most: int) -> Batch:
        """At most so many examples of a batch as they are, to time and to compare."""
        rows = self.order.rows[: min(self.order.size, most)]
        return self.examples.batch(rows, torch.device("cpu"))


class WindowFeed(Feed):
    """Windows of the training texts, no longer than the network sees."""

    def __init__(self, recipe: Recipe, prepared: Prepared) -> None:
        self.field = prepared.task.windows
        self.stored = text_of(prepared)
        self.windows = windows(prepared, recipe.training.batch, recipe.seed)

    def at(self, update: int, share: float) -> Batch:
        """The windows of an update, drawn from (seed, update) alone."""
        starts, lengths = self.windows.at(update)
        index = np.searchsorted(self.stored.offsets, starts, side="right") - 1
        tokens = self.stored.stretches(starts, lengths)
        inputs = {self.field: tokens, f"{self.field}_length": torch.from_numpy(lengths)}
        return Batch(inputs, {}, torch.from_numpy(index))

    def sample(self) -> Batch:
        """The windows of the first update."""
        return self.at(0, 0.0)

    def first(self, most: int) -> Batch:
        """At most so many of them."""
        batch = self.sample()
        return batch.narrow(0, min(len(batch), most))


def shown(examples: Examples, specs: Mapping[str, Spec]) -> Examples:
    """The fields that networks are initialised on: a linear skip begins at zero whatever is in its
    bags, and 5,000 of them, padded to thousands of terms, take most of a gigabyte.
    """
    skipped = {name for name, spec in specs.items() if spec.kind in SKIPPED}
    kept = {name: value for name, value in examples.inputs.items() if name not in skipped}
    return replace(examples, inputs=kept)


def feed(recipe: Recipe, prepared: Prepared) -> RowFeed | WindowFeed:
    """The batches that a task trains on."""
    return (WindowFeed if prepared.task.windows else RowFeed)(recipe, prepared)


def windows(prepared: Prepared, batch: int, seed: int) -> Windows:
    """The windows of the training texts of a task that cuts them."""
    stored = text_of(prepared)
    context = prepared.fields.specs[prepared.task.windows].shape[0]
    rows = prepared.rows("train")
    if stored.history and len(rows):  # rows that follow each other are one text
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        ends = [0, *breaks.tolist(), len(rows)]
        first = np.array([rows[start] for start, _ in pairwise(ends)])
        last = np.array([rows[stop - 1] for _, stop in pairwise(ends)])
    else:
        first = last = rows
    starts = stored.offsets[first]
    return Windows(starts, stored.offsets[last + 1] - starts, context, batch, seed)


def text_of(prepared: Prepared) -> Ragged:
    """The stored tokens of the text that is cut into windows."""
    stored = prepared.examples.inputs[prepared.task.windows]
    assert isinstance(stored, Ragged)
    return stored


def training_examples(prepared: Prepared) -> int:
    """How many examples one pass over the training part has."""
    if prepared.task.windows:
        return len(windows(prepared, 1, 0))
    return len(prepared.rows("train"))


def training_tokens(prepared: Prepared) -> int:
    """Tokens of the training part of the longest text; 0 without texts."""
    rows, specs = prepared.rows("train"), prepared.fields.specs
    inputs = prepared.examples.inputs.items()
    texts = [t for n, t in inputs if isinstance(t, Ragged) and specs[n].kind == "text"]
    return max((int((t.offsets[rows + 1] - t.offsets[rows]).sum()) for t in texts), default=0)


def held_out_work(prepared: Prepared) -> float:
    """How many training examples a held-out row takes as long as."""
    if not prepared.task.windows:
        return 1.0
    stored = text_of(prepared)
    context = prepared.fields.specs[prepared.task.windows].shape[0]
    row = len(stored.flat) / max(1, len(stored))
    return 2.0 * row / context if row > context else 1.0

"""The examples of a run to a judge of drawn ones: a classifier of its own, trained once and kept.

It learns from the same training rows as the network that draws, so that nothing has to be
downloaded; the same for equal data, whatever drew. Without classes only random features judge.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from fathom.data.batches import taken
from fathom.data.codecs.labels import ClassCodec
from fathom.data.fields import TARGET, Field, Fields
from fathom.data.store import Store
from fathom.fit.loop import fit
from fathom.networks import Facts
from fathom.networks.random_features import RandomFeatures
from fathom.networks.registry import NETWORKS
from fathom.objectives.supervised import Supervised
from fathom.recipe import Recipe, outline, schedule
from fathom.spec import Spec
from fathom.tasks import TASKS
from fathom.train.feeds import feed
from fathom.train.planning import start
from fathom.train.prepare import Prepared

WORK = 4e11  # multiplications and additions of its training: more hardly changed what it says
GFLOPS = 100.0
MOST_UPDATES = 500
AT_ONCE = 256
LOOKED_AT = 512
FEWEST = 4  # training examples of a class, below which a classifier learns nothing


@dataclass(frozen=True)
class Judge:
    """Two views of an example: what a classifier sees in it, and features that nobody trained.

    classifier: None where there are no classes. inner: its features judge; else the plain ones do
    and it only tells classes. plain: what the other features are called.
    """

    prepare: Callable[[Tensor], Tensor]
    classifier: Supervised | None
    field: str
    random: Callable[[Tensor], Tensor]
    inner: bool = True
    plain: str = "random convolutions"

    @property
    def words(self) -> str:
        """Whose features judge."""
        return "a classifier of these data" if self.classifier and self.inner else self.plain

    def views(self, examples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of examples as stored: features, random features and the class seen (N,), from 1; 0
        without a classifier.
        """
        starts = range(0, len(examples), AT_ONCE)
        parts = (torch.from_numpy(examples[start : start + AT_ONCE]) for start in starts)
        seen = [self.some(part) for part in parts]
        features, random, classes = (np.concatenate(each) for each in zip(*seen, strict=True))
        return features, random, classes

    @torch.inference_mode()
    def some(self, examples: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of a batch."""
        x = self.prepare(examples)
        random = self.random(x)
        if self.classifier is None:
            return random.numpy(), random.numpy(), np.zeros(len(x), dtype=np.int64)
        scores, features = self.classifier.read({self.field: x})
        classes: Int[Tensor, " B"] = scores.float().mean(dim=1).argmax(dim=1) + 1
        seen = features if self.inner else random
        return seen.numpy(), random.numpy(), classes.numpy()


def judge_of(prepared: Prepared, recipe: Recipe) -> Judge:
    """The judge of a run's data; its classifier comes from the cache where it was trained."""
    shown = prepared.fields.inputs[0]

    def ready(examples: Tensor) -> Tensor:
        return shown.codec.prepare({"value": examples})["value"]

    rows = prepared.rows("train")
    some = taken(
        {shown.name: prepared.examples.inputs[shown.name]}, rows[:: -(-len(rows) // LOOKED_AT)]
    )
    spec = shown.codec.spec()
    look = LOOKS[spec.kind]
    random = look.plain(spec, ready(some[shown.name]))
    classes = prepared.fields.target.codec.spec().classes
    counts = np.bincount(prepared.truth(prepared.rows("train")), minlength=len(classes) + 1)[1:]
    if len(classes) < 2 or counts.min() < FEWEST:
        return Judge(ready, None, shown.name, random, look.inner, look.words)
    return Judge(ready, trained(prepared, recipe), shown.name, random, look.inner, look.words)


def random_convolutions(spec: Spec, x: Tensor) -> Callable[[Tensor], Tensor]:
    """Of pictures."""
    return standardised(RandomFeatures(spec.shape[2]), x)


def themselves(spec: Spec, x: Tensor) -> Callable[[Tensor], Tensor]:
    """Scores and corners of rows are features as they are: all columns are seen alike, while a
    classifier looks only at those that tell its classes.
    """
    return lambda rows: rows


@dataclass(frozen=True)
class Look:
    """How examples of a kind are looked at: features that nobody trained, of a spec and training
    examples, what they are called, and whether a classifier's own features judge where there are
    classes.
    """

    plain: Callable[[Spec, Tensor], Callable[[Tensor], Tensor]]
    words: str
    inner: bool


LOOKS: Mapping[str, Look] = {
    "image": Look(random_convolutions, "random convolutions", inner=True),
    "row": Look(themselves, "the rows themselves", inner=False),
}
"""By kind of what is drawn."""


def standardised(features: RandomFeatures, x: Tensor) -> Callable[[Tensor], Tensor]:
    """The features less their mean over training examples, in deviations: as they come, they have
    one direction in common that hides all others.
    """
    seen = features(x)
    mean, deviation = seen.mean(dim=0), seen.std(dim=0, correction=0).clamp_min(1e-3)
    return lambda pictures: (features(pictures) - mean) / deviation


def trained(prepared: Prepared, recipe: Recipe) -> Supervised:
    """The classifier of the training rows, on whatever a run drew by."""
    asked = as_question(prepared)
    planned = plan(asked, recipe)
    key = key_of(prepared, planned)
    store = Store(prepared.cache)
    objective = start(asked, planned)
    assert isinstance(objective, Supervised)
    kept = store.load(key)
    if kept is not None:
        state = {name: torch.from_numpy(np.array(value)) for name, value in kept.items()}
        objective.load_state_dict(state)
    else:
        with closing(fit(objective, feed(planned, asked), planned.training)) as turns:
            for _ in turns:
                pass
        state = objective.state_dict()
        store.save(key, {name: value.numpy() for name, value in state.items()})
    return objective.eval()


def key_of(prepared: Prepared, planned: Recipe) -> dict[str, Any]:
    """What tells one judge from another: the data, their parts and the plan, which follows from
    them; never the machine, its threads or the budget.
    """
    parts = hashlib.sha256(",".join(prepared.split.parts).encode()).hexdigest()
    training = planned.training.model_dump(mode="json", exclude={"threads"})
    planned_by = {"network", "size", "augment", "objective", "resolutions"}
    return {
        "judge": 2,
        "fingerprint": prepared.table.fingerprint,
        "targets": list(prepared.targets),
        "shape": list(prepared.fields.inputs[0].codec.spec().shape),
        "parts": parts,
        "training": training,
        "plan": planned.model_dump(mode="json", include=planned_by),
    }


def as_question(prepared: Prepared) -> Prepared:
    """The same examples with the class as the answer, from 0."""
    wish = prepared.fields.target
    codec = ClassCodec(wish.codec.spec().classes)
    fields = Fields(prepared.fields.inputs, Field(TARGET, wish.columns, codec, together=False))
    stored = prepared.examples.targets[TARGET]
    assert isinstance(stored, Tensor)
    examples = replace(
        prepared.examples, targets={TARGET: (stored - 1).clamp_min(0)}, codecs=fields.codecs
    )
    return replace(prepared, task=TASKS["classification"], fields=fields, examples=examples)


def plan(asked: Prepared, recipe: Recipe) -> Recipe:
    """A recipe by the amount of work, not by the clock, so that equal data have equal judges."""
    (name,) = (field.name for field in asked.fields.inputs)
    specs, rows = asked.fields.specs, len(asked.rows("train"))
    facts = Facts(
        examples=rows,
        outputs=len(specs[TARGET].classes),
        seconds=WORK / GFLOPS / 1e9,
        gflops=GFLOPS,
        mirrored=not recipe.augment.get("flip"),
    )
    family = next(one for one in NETWORKS if specs[name].kind in NETWORKS[one])
    drawn = outline(asked.task, specs, {name: family}, facts)
    most = drawn.lead.epochs * rows / drawn.batch
    updates = max(100, round(min(most, MOST_UPDATES, WORK / drawn.flops / drawn.batch)))
    training = schedule(
        drawn, facts, seed=0, updates=updates, threads=torch.get_num_threads(), valid_rows=1
    )
    return recipe.model_copy(
        update={
            "task": asked.task.name,
            "family": family,
            "network": {name: family},
            "size": {name: dict(drawn.lead.size)},
            "training": training.model_copy(update={"evaluations": ()}),
            "augment": dict(drawn.lead.augment),
            "objective": dict(drawn.lead.objective),
            "resolutions": drawn.lead.resolutions,
            "precision": "float32",
            "decoding": {},
            "seed": 0,
        }
    )

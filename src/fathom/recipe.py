"""Data, machine and budget to a recipe: everything needed to build, train and repeat a run.

It combines what others own: sizes and schedules (network files), loss constants (objectives),
inputs and targets (tasks), speed (the probe). It names no family.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, Field

from fathom.data.batches import Examples
from fathom.data.fields import TARGET, Fields, Limits
from fathom.data.table import Kind, Table
from fathom.errors import OptionError
from fathom.fit.training import Training
from fathom.networks import Backbone, Facts, Plan
from fathom.networks import Kind as Network
from fathom.networks.join import Join
from fathom.networks.pooled import RAGGED, Pooled
from fathom.networks.registry import DECODERS, NETWORKS, default
from fathom.networks.skip import SKIPPED, Skip
from fathom.objectives import Objective
from fathom.spec import Spec

LARGEST_SIZE = 16_384
MOST_HASTE, LEAST_MEMORY = 3.0, 2.0  # of short trainings
Networks = Mapping[str, Mapping[str, Network]]
"""By name and input kind."""


# Bounded, so that a recipe of unknown origin can ask for no network that exhausts the machine.
Whole = Annotated[int, Field(ge=-LARGEST_SIZE, le=LARGEST_SIZE)]
Real = Annotated[float, Field(ge=-LARGEST_SIZE, le=LARGEST_SIZE)]
Word = Annotated[str, Field(max_length=100)]


class Given(BaseModel, frozen=True, extra="forbid"):
    """What the user stated about the data: the facts that a resumed run reads them with."""

    test: str | None = None
    as_format: str | None = None
    kinds: dict[str, Kind] = {}
    missing: tuple[str, ...] = ()
    normal: str | None = None
    pattern: str | None = None
    split: str | None = None
    extract: bool | None = None
    group: str | None = None
    folds: str | None = None
    time: str | None = None
    horizon: int | None = None


class Data(BaseModel, frozen=True, extra="forbid"):
    """Which data, and how they were understood.

    path: as the user gave it; fingerprint: sha256 of the raw content; kinds: of each column used;
    rows: usable ones; split: how the parts were made, in words; test: the given test part's path.
    """

    path: str
    source: str
    fingerprint: str
    targets: tuple[str, ...]
    kinds: dict[str, Kind]
    rows: int
    parts: dict[str, int]
    split: str
    options: Given = Given()


class Recipe(BaseModel, frozen=True, extra="forbid"):
    """Everything needed to repeat a run; JSON on disk, unknown keys are errors.

    network, size: by input field; augment, objective: strengths and constants by name; precision:
    what the networks compute in; folds: how many networks, each trained without its fold.
    """

    version: Literal[1] = 1
    task: str
    data: Data
    family: str
    network: dict[str, str]
    size: dict[str, dict[str, Whole | Real | Word | bool]]
    training: Training
    augment: dict[str, float] = {}
    objective: dict[str, float] = {}
    resolutions: tuple[tuple[float, float], ...] = ()
    precision: Literal["float32", "bfloat16"] = "float32"
    decoding: dict[str, float] = {}
    folds: Annotated[int, Field(ge=1, le=100)] = 1
    budget_s: Annotated[float, Field(gt=0, le=10**9)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


@dataclass(frozen=True)
class Task:
    """A question: which columns it takes, how it is learnt, and how its answer is measured.

    metrics: names in `metrics/`, the headline first. fields: codecs fitted on the training rows,
    given the table, those rows, the targets, what limits the fields and the rows whose classes are
    all to be known. build: the untrained objective of a recipe for fields of these specs, its
    weights drawn from torch's global generator. decoded: fields that a decoder foretells; the other
    inputs are read by a backbone. windows: the input whose texts are cut into windows to train on;
    "": whole rows are trained on. decoding: of a budget in seconds, how answers are searched.
    families: where the family says what is learnt and not which network reads, the networks of
    each; the first family is the usual one, and of its networks the first that suits a field.
    coded: examples are kept in a code, whose length ends the shape of the target.
    judging: how a trained network is judged, a name in `train/finishing.py`. judged: how many
    answers are judged, where they can be as many as wished for, of the budget and the time of an
    answer, both in seconds, and the number of test rows.
    rivals: which classical methods it meets; headline: the metric that is judged; "" for both:
    those of the target's kind. choices: options that mean something to it alone.
    told: what its fields decided from the data, in words. unlearnable: rows that cannot be trained
    on, with the reason. preferred: of a field, the family to take where none is asked for and its
    kind alone does not say.
    labelled: there is no question without a target column. normal: of a table, training rows,
    targets and the value that was named, the rows to be trained on. apart: equal rows are what is
    usual, and are not kept in one part. whole: where no column is named, all of a row is asked for.
    classed: targets are classes, so that rare ones are told. scarce: fewer training rows than these
    are mostly learnt by heart, which is said. words: what people call it; "" where that is its
    name.
    """

    name: str
    question: str
    accepts: tuple[Kind, ...]
    metrics: tuple[str, ...]
    fields: Callable[[Table, np.ndarray, tuple[str, ...], Limits, np.ndarray], Fields]
    build: Callable[[Recipe, Mapping[str, Spec]], Objective]
    decoded: tuple[str, ...] = ()
    windows: str = ""
    decoding: Callable[[float], dict[str, float]] = lambda seconds: {}
    families: Mapping[str, Networks] = field(default_factory=dict)
    coded: bool = False
    judging: str = "answers"
    judged: Callable[[float, float, int], dict[str, float]] = lambda budget_s, answer_s, rows: {}
    rivals: str = ""
    headline: str = ""
    choices: tuple[str, ...] = ()
    told: Callable[[Fields], Sequence[str]] = lambda fields: ()
    unlearnable: Callable[[Examples], dict[int, str]] = lambda examples: {}
    preferred: Mapping[str, str] = field(default_factory=dict)
    labelled: bool = True
    apart: bool = False
    whole: bool = False
    classed: bool = False
    scarce: int = 0
    words: str = ""
    normal: Callable[[Table, np.ndarray, tuple[str, ...], str], np.ndarray] | None = None

    @property
    def called(self) -> str:
        """What people call it."""
        return self.words or self.name

    def networks(self, name: str, learnt: str = "") -> Networks:
        """What can read a field, foretell it or keep it; learnt: by this family alone."""
        if learnt:
            return self.families[learnt]
        if self.families:
            return {name: kinds for each in self.families.values() for name, kinds in each.items()}
        return DECODERS if name in self.decoded else NETWORKS

    def default(self, name: str, spec: Spec, facts: Facts, learnt: str = "") -> str:
        """The network of a field where none is asked for."""
        if learnt:
            networks = self.families[learnt]
            taking = takers(networks, spec)
            return next((one for one in taking if networks[one][spec.kind].suits(spec)), taking[0])
        return self.preferred.get(name) or default(spec.kind, facts)

    def network_specs(self, specs: Mapping[str, Spec]) -> dict[str, Spec]:
        """Of all fields, those that have a network, the inputs first."""
        return {
            name: spec
            for name, spec in specs.items()
            if (name != TARGET or (name in self.decoded and spec.levels))
            and spec.kind not in SKIPPED
        }


def joined(recipe: Recipe, specs: Mapping[str, Spec]) -> Join:
    """The backbones of a recipe, joined."""
    return Join(
        {
            name: backbone(family, specs[name], recipe.size[name])
            for name, family in recipe.network.items()
        }
    )


def backbone(
    family: str, spec: Spec, size: Mapping[str, int | float | str | bool]
) -> torch.nn.Module:
    """A family's network for a field; where examples have lengths, each is pooled over its own."""
    built = NETWORKS[family][spec.kind].build(spec, size)
    return Pooled(built) if spec.kind in RAGGED else built


def skip(recipe: Recipe, specs: Mapping[str, Spec], outputs: int) -> Skip | None:
    """What goes straight to the scores; None where no field does."""
    own = {name: spec for name, spec in specs.items() if spec.kind in SKIPPED}
    return Skip(own, outputs) if own else None


def mirrored(recipe: Recipe, specs: Mapping[str, Spec]) -> list[str]:
    """The picture fields that are answered together with their mirror image."""
    asked = recipe.objective.get("mirror", 0.0)
    return [name for name in recipe.network if asked and specs[name].kind == "image"]


@dataclass(frozen=True)
class Asked:
    """What is to be learnt, "" where the task alone says it, and the network asked for, if any."""

    learnt: str = ""
    network: str | None = None


def asked(task: Task, family: str | None, network: str | None) -> Asked:
    """A family and a network as the task understands them."""
    if task.families:
        if family is not None and family not in task.families:
            raise OptionError.unknown("family", family, task.families)
        return Asked(family or next(iter(task.families)), network)
    if network is not None:
        raise OptionError(
            "For this question the family is the network.",
            found=f"--network {network}",
            remedy=f"Write --family {network}.",
        )
    return Asked(network=family)


def choose_networks(
    task: Task, specs: Mapping[str, Spec], wish: Asked, facts: Facts
) -> dict[str, str]:
    """The network of each field: the one asked for where it takes the field, else the default.

    specs: of all fields.
    """
    refuse_unfitting(task, specs, wish)
    own = task.network_specs(specs)
    taken = {name: takers(task.networks(name, wish.learnt), spec) for name, spec in own.items()}
    return {
        name: wish.network
        if wish.network in taken[name]
        else task.default(name, spec, facts, wish.learnt)
        for name, spec in own.items()
    }


def refuse_unfitting(task: Task, specs: Mapping[str, Spec], wish: Asked) -> None:
    """Raise where the network asked for is unknown, or takes none of the fields."""
    asked_of = task.network_specs(specs)
    known = {name: task.networks(name, wish.learnt) for name in asked_of}
    word = "network" if wish.learnt else "family"
    every = sorted({one for networks in known.values() for one in networks})
    if wish.network is not None and wish.network not in every:
        raise OptionError.unknown(word, wish.network, every)
    fit = sorted({one for name, spec in asked_of.items() for one in takers(known[name], spec)})
    kinds = ", ".join(sorted({spec.kind for spec in asked_of.values()}))
    if wish.learnt and not fit:
        raise OptionError(
            f"The family {wish.learnt!r} takes none of these inputs.",
            found=kinds,
            remedy=f"Use --family {' or '.join(fitting(task, specs))}.",
        )
    if wish.network is not None and wish.network not in fit:
        raise OptionError(
            f"The {word} {wish.network!r} takes none of these inputs.",
            found=kinds,
            remedy=f"Use --{word} {' or '.join(fit)}.",
        )


def takers(networks: Networks, spec: Spec) -> list[str]:
    """The networks that take a field."""
    return [name for name, kinds in networks.items() if spec.kind in kinds]


def fitting(task: Task, specs: Mapping[str, Spec]) -> list[str]:
    """The families that take at least one field of these specs."""
    own = task.network_specs(specs)
    if task.families:
        return [
            family
            for family, networks in task.families.items()
            if any(takers(networks, spec) for spec in own.values())
        ]
    return sorted({one for name, spec in own.items() for one in takers(task.networks(name), spec)})


@dataclass(frozen=True)
class Outline:
    """The plan of every input field; the one that costs most leads the training."""

    network: dict[str, str]
    plans: dict[str, Plan]

    @property
    def lead(self) -> Plan:
        """The plan of the costliest field."""
        return max(self.plans.values(), key=lambda plan: plan.flops)

    @property
    def flops(self) -> float:
        """Of one training example through all fields."""
        return sum(plan.flops for plan in self.plans.values())

    @property
    def batch(self) -> int:
        """The smallest batch any field asks for."""
        return min(plan.batch for plan in self.plans.values())


def outline(
    task: Task, specs: Mapping[str, Spec], network: Mapping[str, str], facts: Facts
) -> Outline:
    """Ask each field's network file for its plan; what looks at an encoder is told its width."""
    plans: dict[str, Plan] = {}
    if TARGET in network:  # reader and writer share the time
        facts = replace(facts, seconds=facts.seconds / 2)
    for name, family in network.items():
        kind = task.networks(name)[family][specs[name].kind]
        plans[name] = kind.plan(specs[name], facts)
        if TARGET in network and not facts.memory:
            with torch.device("meta"):
                encoder = kind.build(specs[name], plans[name].size)
            assert isinstance(encoder, Backbone)
            facts = replace(facts, memory=encoder.width)
    return Outline(dict(network), plans)


def schedule(
    drawn: Outline, facts: Facts, *, seed: int, updates: int, threads: int, valid_rows: int
) -> Training:
    """Turn the leading plan's shares into numbers of updates."""
    lead = drawn.lead
    batch = min(drawn.batch, facts.examples)
    return Training(
        updates=updates,
        batch=batch,
        seed=seed,
        warmup=lead.warmup,
        decay=lead.decay,
        floor=lead.floor,
        averaging=max(10.0, lead.averaging * updates) if lead.averaging else 0.0,
        clip=lead.clip,
        rate=haste(updates, lead.short),
        memory=memory(updates, lead.short),
        evaluations=evaluation_points(updates, max(1, facts.examples // batch), lead),
        valid_rows=valid_rows,
        patience=lead.patience,
        checkpoint_every=max(1, updates // 20),
        threads=threads,
    )


def haste(updates: int, short: int) -> float:
    """The factor on every rate of a short training: rates times updates stay what they are in one
    of `short` updates, so that the weights can move as far.

    Bounded: a rate can be too large however short the training is.
    """
    return min(MOST_HASTE, max(1.0, short / updates))


def memory(updates: int, short: int) -> float:
    """How many updates a momentum may look back over in a short training: a tenth of all; 0: any.

    The usual .95 looks back over 20, a third of a training of 60.
    """
    return max(LEAST_MEMORY, updates / 10) if updates < short else 0.0


def evaluation_points(updates: int, per_epoch: int, lead: Plan) -> tuple[int, ...]:
    """Twenty looks at validation; one an epoch, up to a thousand, where the plan counts patience
    in epochs.
    """
    every = max(per_epoch, updates // 1000) if lead.patience else max(1, updates // 20)
    points = list(range(every, updates + 1, every))
    if not points or points[-1] != updates:
        points.append(updates)
    return tuple(points)

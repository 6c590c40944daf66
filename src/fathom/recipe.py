"""Data, machine and budget to a recipe: everything needed to build, train and repeat a run.

It combines what others own: sizes and schedules (network files), loss constants (objectives),
inputs and targets (tasks), speed (the probe). It names no family.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, Field

from fathom.data.fields import TARGET, Fields, Limits
from fathom.data.table import Kind, Table
from fathom.errors import OptionError
from fathom.fit.training import Training
from fathom.networks import Backbone, Facts, Plan
from fathom.networks import Kind as Network
from fathom.networks.join import Join
from fathom.networks.registry import DECODERS, DEFAULTS, NETWORKS
from fathom.objectives import Objective
from fathom.spec import Spec

LARGEST_SIZE = 16_384


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
    pattern: str | None = None
    split: str | None = None
    group: str | None = None
    folds: str | None = None
    time: str | None = None


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
    families: the networks of this question, by family, where not any backbone will do; the first is
    the usual one. judging: how a trained network is judged, a name in `train/finishing.py`.
    judged: how many answers are judged, where they can be as many as wished for, of the budget and
    the time of an answer, both in seconds, and the number of test rows.
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
    families: Mapping[str, Mapping[str, Network]] = field(default_factory=dict)
    judging: str = "answers"
    judged: Callable[[float, float, int], dict[str, float]] = lambda budget_s, answer_s, rows: {}

    def networks(self, name: str) -> Mapping[str, Mapping[str, Network]]:
        """What can read a field, or foretell it, by family and input kind."""
        return self.families or (DECODERS if name in self.decoded else NETWORKS)

    def usual(self, kind: str) -> str:
        """The network of an input kind when nobody asked for one."""
        return next(iter(self.families), "") or DEFAULTS[kind]

    def network_specs(self, specs: Mapping[str, Spec]) -> dict[str, Spec]:
        """Of all fields, those that have a network, the inputs first."""
        return {n: spec for n, spec in specs.items() if n != TARGET or n in self.decoded}


def joined(recipe: Recipe, specs: Mapping[str, Spec]) -> Join:
    """The backbones of a recipe, joined."""
    return Join(
        {
            name: NETWORKS[family][specs[name].kind].build(specs[name], recipe.size[name])
            for name, family in recipe.network.items()
        }
    )


def choose_networks(task: Task, specs: Mapping[str, Spec], family: str | None) -> dict[str, str]:
    """The network of each field: the family asked for where it takes the field, else the default.

    specs: of all fields.
    """
    asked = task.network_specs(specs)
    known = {name: task.networks(name) for name in asked}
    every = sorted({one for networks in known.values() for one in networks})
    if family is not None and family not in every:
        raise OptionError.unknown("family", family, every)

    def takes(name: str, family: str) -> bool:
        return asked[name].kind in known[name].get(family, {})

    chosen = {
        name: family if family is not None and takes(name, family) else task.usual(spec.kind)
        for name, spec in asked.items()
    }
    if family is not None and family not in chosen.values():
        kinds = sorted({spec.kind for spec in asked.values()})
        fitting = [one for one in every if any(takes(name, one) for name in asked)]
        raise OptionError(
            f"The family {family!r} takes none of these inputs.",
            found=", ".join(kinds),
            remedy=f"Use --family {' or '.join(fitting)}.",
        )
    return chosen


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
    if TARGET in task.decoded:  # reader and writer share the time
        facts = replace(facts, seconds=facts.seconds / 2)
    for name, family in network.items():
        kind = task.networks(name)[family][specs[name].kind]
        plans[name] = kind.plan(specs[name], facts)
        if TARGET in task.decoded and not facts.memory:
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
        evaluations=evaluation_points(updates, max(1, facts.examples // batch), lead),
        valid_rows=valid_rows,
        patience=lead.patience,
        checkpoint_every=max(1, updates // 20),
        threads=threads,
    )


def evaluation_points(updates: int, per_epoch: int, lead: Plan) -> tuple[int, ...]:
    """Twenty looks at validation; one an epoch, up to a thousand, where the plan counts patience
    in epochs.
    """
    every = max(per_epoch, updates // 1000) if lead.patience else max(1, updates // 20)
    points = list(range(every, updates + 1, every))
    if not points or points[-1] != updates:
        points.append(updates)
    return tuple(points)

"""Data, machine and budget to a recipe: everything needed to build, train and repeat a run.

It combines what others own: sizes and schedules (network files), loss constants (objectives),
inputs and targets (tasks), speed (the probe). It names no family.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
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
from fathom.networks.registry import CODER_DEFAULTS, CODERS, DECODERS, NETWORKS, default
from fathom.networks.skip import SKIPPED, Skip
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
    families: the networks of this question, by family and by name, where not any backbone will do;
    the first family is the usual one, and of its networks the first that takes the input.
    judging: how a trained network is judged, a name in `train/finishing.py`.
    judged: how many answers are judged, where they can be as many as wished for, of the budget and
    the time of an answer, both in seconds, and the number of test rows.
    rivals: which classical methods it meets; headline: the metric that is judged; "" for both:
    those of the target's kind. choices: options that mean something to it alone.
    told: what its fields decided from the data, in words. unlearnable: rows that cannot be trained
    on, with the reason. preferred: of a field, the family to take where none is asked for and its
    kind alone does not say.
    principles: the families of what is learnt, where the family says that and not which network
    reads; the first is the default, and the inputs are read and written by coders. labelled: there
    is no question without a target column. normal: of a table, training rows, targets and the value
    that was named, the rows to be trained on. apart: equal rows are what is usual, and are not kept
    in one part.
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
    families: Mapping[str, Mapping[str, Mapping[str, Network]]] = field(default_factory=dict)
    judging: str = "answers"
    judged: Callable[[float, float, int], dict[str, float]] = lambda budget_s, answer_s, rows: {}
    rivals: str = ""
    headline: str = ""
    choices: tuple[str, ...] = ()
    told: Callable[[Fields], Sequence[str]] = lambda fields: ()
    unlearnable: Callable[[Examples], dict[int, str]] = lambda examples: {}
    preferred: Mapping[str, str] = field(default_factory=dict)
    principles: tuple[str, ...] = ()
    labelled: bool = True
    apart: bool = False
    normal: Callable[[Table, np.ndarray, tuple[str, ...], str], np.ndarray] | None = None

    def networks(self, name: str) -> Mapping[str, Mapping[str, Network]]:
        """What can read a field, foretell it or keep it, by family and input kind."""
        if self.principles:
            return CODERS
        own = {one: kinds for of in self.families.values() for one, kinds in of.items()}
        return own or (DECODERS if name in self.decoded else NETWORKS)

    def default(self, name: str, spec: Spec, facts: Facts) -> str:
        """The network that reads a field where none is asked for."""
        if self.principles:
            return CODER_DEFAULTS[spec.kind]
        if self.families:
            return usual(next(iter(self.families.values())), {spec.kind})
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


def usual(networks: Mapping[str, Mapping[str, Network]], kinds: Collection[str]) -> str:
    """The first network that takes an input of one of these kinds; the first of all if none does.

    networks: by name and kind.
    """
    taking = (name for name, own in networks.items() if not own.keys().isdisjoint(kinds))
    return next(taking, next(iter(networks)))


def network_asked(
    task: Task, specs: Mapping[str, Spec], family: str | None, network: str | None
) -> str | None:
    """The network asked for: the family, but where that says what is learnt."""
    if task.families:
        family = family or next(iter(task.families))
        if family not in task.families:
            raise OptionError.unknown("family", family, task.families)
        own = task.families[family]
        if network is not None and network not in own:
            raise OptionError.unknown(f"network of the family {family!r}", network, own)
        return network or usual(own, {spec.kind for spec in task.network_specs(specs).values()})
    if not task.principles:
        if network is not None:
            raise OptionError(
                "For this question the family is the network.",
                found=f"--network {network}",
                remedy=f"Write --family {network}.",
            )
        return family
    if family is not None and family not in task.principles:
        raise OptionError.unknown("family", family, task.principles)
    return network


def choose_networks(
    task: Task, specs: Mapping[str, Spec], family: str | None, facts: Facts
) -> dict[str, str]:
    """The network of each field: the family asked for where it takes the field, else the default.

    specs: of all fields; family: of networks.
    """
    refuse_unfitting(task, specs, family)
    return {
        name: family if family in takers(task, name, spec) else task.default(name, spec, facts)
        for name, spec in task.network_specs(specs).items()
    }


def refuse_unfitting(task: Task, specs: Mapping[str, Spec], network: str | None) -> None:
    """Raise where the network asked for is unknown, or takes none of the fields."""
    asked = task.network_specs(specs)
    every = sorted({one for name in asked for one in task.networks(name)})
    taking = sorted({one for name, spec in asked.items() for one in takers(task, name, spec)})
    option = "network" if task.principles or task.families else "family"
    if network is None:
        return
    if network not in every:
        raise OptionError.unknown(option, network, every)
    if network not in taking:
        raise OptionError(
            f"The {option} {network!r} takes none of these inputs.",
            found=", ".join(sorted({spec.kind for spec in asked.values()})),
            remedy=f"Use --{option} {' or '.join(taking)}.",
        )


def takers(task: Task, name: str, spec: Spec) -> list[str]:
    """The families that take a field."""
    return [family for family, kinds in task.networks(name).items() if spec.kind in kinds]


def fitting(task: Task, specs: Mapping[str, Spec]) -> list[str]:
    """The families that take at least one field of these specs."""
    asked = task.network_specs(specs)
    if task.families:
        kinds = {spec.kind for spec in asked.values()}
        takes = {
            f: {kind for own in of.values() for kind in own} for f, of in task.families.items()
        }
        return sorted(family for family, own in takes.items() if own & kinds)
    return sorted({one for name, spec in asked.items() for one in takers(task, name, spec)})


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

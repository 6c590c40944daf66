"""Prepared data and what is left of the budget to a recipe and its untrained objective.

The clock decides once, here: nothing after the recipe reads it.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.data.fields import TARGET
from fathom.data.mirror import told_from_mirror
from fathom.data.seeds import derived, generator
from fathom.fit.precision import Speed, probe, set_precision, step_seconds
from fathom.fit.training import Training
from fathom.networks import Facts
from fathom.objectives import Objective
from fathom.recipe import Outline, Recipe, choose_networks, outline, schedule
from fathom.run import build as build_objective
from fathom.train.listener import Listener
from fathom.train.options import Clock, Options
from fathom.train.prepare import Prepared

SEEN_ONCE = 5000
# A forward pass takes about a third of an update, and validation is not augmented.
FORWARD_SHARE = 0.4
VALIDATION_SHARE = 0.05
FETCH_SHARE = 0.06  # drawing and augmenting a batch, which the probe leaves out
REPORT_S, REPORT_SHARE = 2.5, 0.02
PROBE_SHARE = 0.04
LEAST_SHARE = 0.2
LOOKS = 20


@dataclass(frozen=True)
class Planned:
    """A recipe and the untrained objective that it describes, initialised on training examples."""

    recipe: Recipe
    objective: Objective


def plan(
    prepared: Prepared, options: Options, source: str, clock: Clock, listener: Listener
) -> Planned:
    """Choose networks, sizes, precision and the number of updates for the time that is left."""
    specs = {field.name: field.codec.spec() for field in prepared.fields.inputs}
    network = choose_networks(specs, options.family)
    facts = first_facts(prepared, clock, options.seed)
    drawn = outline(specs, network, facts)
    objective = untrained(prepared, drawn, options)
    speed = measure(prepared, drawn, objective, clock.budget_s * PROBE_SHARE)
    again = outline(specs, network, with_speed(facts, drawn, speed, clock))
    if {f: p.size for f, p in again.plans.items()} != {f: p.size for f, p in drawn.plans.items()}:
        objective = untrained(prepared, again, options)
        speed = measure(prepared, again, objective, clock.budget_s * PROBE_SHARE / 2)
    drawn = again
    training = timed(prepared, drawn, facts, speed, options, clock)
    recipe = write_recipe(prepared, drawn, training, speed, options, source)
    set_precision(objective, recipe.precision)
    listener.say(in_words(recipe, objective, speed))
    if clock.left_s < LEAST_SHARE * clock.budget_s:
        listener.say("reading and checking took most of the budget: this run will end late")
    return Planned(recipe, objective)


def first_facts(prepared: Prepared, clock: Clock, seed: int) -> Facts:
    """What a plan may depend on, before the machine's speed is known."""
    spec = prepared.fields.target.codec.spec()
    return Facts(
        examples=len(prepared.rows("train")),
        outputs=len(spec.classes),
        seconds=max(LEAST_SHARE * clock.budget_s, clock.left_s * 0.85),
        mirrored=any_told_from_mirror(prepared, seed),
        regression=spec.kind == "number",
    )


def with_speed(facts: Facts, drawn: Outline, speed: Speed, clock: Clock) -> Facts:
    """The same facts with the measured speed and the time that is left now."""
    batch = min(drawn.batch, facts.examples)
    gflops = drawn.flops * batch / speed.step_s / 1e9
    return Facts(
        examples=facts.examples,
        outputs=facts.outputs,
        seconds=max(LEAST_SHARE * clock.budget_s, clock.left_s * 0.85),
        gflops=max(gflops, 0.01),
        mirrored=facts.mirrored,
        regression=facts.regression,
    )


def any_told_from_mirror(prepared: Prepared, seed: int) -> bool:
    """Whether training pictures of any field are told from their mirror images: flipping harms."""
    rows = torch.from_numpy(prepared.rows("train"))
    target = prepared.examples.targets[TARGET][rows]
    drawn = torch.randperm(len(rows), generator=generator(seed, "mirror"))[:SEEN_ONCE]
    return any(
        told_from_mirror(
            prepared.examples.inputs[field.name][rows[drawn]],
            target[drawn],
            generator(seed, "mirror", field.name),
        )
        for field in prepared.fields.inputs
        if field.codec.spec().kind == "image"
    )


def untrained(prepared: Prepared, drawn: Outline, options: Options) -> Objective:
    """The untrained objective, drawn from the seed and shown up to 5,000 training examples."""
    stub = Training(updates=1, batch=1)
    recipe = write_recipe(
        prepared, drawn, stub, Speed("float32", 1.0, ""), options, options.out or ""
    )
    return start(prepared, recipe)


def start(prepared: Prepared, recipe: Recipe) -> Objective:
    """The objective of a recipe before its first update: a function of recipe and data alone."""
    torch.manual_seed(derived(recipe.seed, "weights"))
    objective = build_objective(recipe, prepared.fields)
    with torch.no_grad():
        objective.initialise(sample(prepared, recipe.seed))
    return objective


def sample(prepared: Prepared, seed: int) -> Batch:
    """Up to 5,000 training examples, drawn from the seed."""
    rows = prepared.rows("train")
    drawn = torch.randperm(len(rows), generator=generator(seed, "sample"))[:SEEN_ONCE].numpy()
    return prepared.examples.batch(rows[np.sort(drawn)], torch.device("cpu"))


def measure(prepared: Prepared, drawn: Outline, objective: Objective, seconds: float) -> Speed:
    """Probe the objective on one batch of the planned size, at every resolution of the plan."""
    rows = prepared.rows("train")
    batch = prepared.examples.batch(rows[: drawn.batch], torch.device("cpu"))
    speed = probe(objective, batch, seconds=seconds)
    steps = drawn.lead.resolutions
    if not steps:
        return speed
    trial = copy.deepcopy(objective)
    set_precision(trial, speed.precision)
    mean, begun = 0.0, 0.0
    for until, scale in steps:
        smaller = replace(batch, inputs=scaled(batch.inputs, scale))
        mean += (until - begun) * step_seconds(trial, smaller, seconds / 4)
        begun = until
    return replace(speed, step_s=mean + (1 - begun) * speed.step_s)


def scaled(inputs: Mapping[str, Tensor], scale: float) -> dict[str, Tensor]:
    """Prepared pictures (B, H, W, C) with sides multiplied by `scale`, for timing."""
    return {
        name: x[:, : max(4, round(x.shape[1] * scale)), : max(4, round(x.shape[2] * scale))]
        if x.ndim == 4
        else x
        for name, x in inputs.items()
    }


def timed(
    prepared: Prepared,
    drawn: Outline,
    facts: Facts,
    speed: Speed,
    options: Options,
    clock: Clock,
) -> Training:
    """The training that fits the time left after evaluation and report."""
    batch = min(drawn.batch, facts.examples)
    views = 2 if drawn.lead.objective.get("mirror") else 1
    forward_s = speed.step_s / batch * FORWARD_SHARE * views
    held_out = len(prepared.rows("valid")) + len(prepared.rows("test")) + 2000
    after_s = held_out * forward_s * 1.3 + REPORT_S + REPORT_SHARE * clock.budget_s
    # Late already (a stalled machine, data too large for the budget): a network that is trained a
    # little, and late, is worth more than one that is on time and knows nothing.
    free_s = max(LEAST_SHARE * clock.budget_s, clock.left_s - after_s)
    valid_rows = max(1, len(prepared.rows("valid")))
    per_epoch = max(1, facts.examples // batch)
    most = max(1, round(drawn.lead.epochs * per_epoch))
    fitting = max(1, int(free_s * (1 - VALIDATION_SHARE - FETCH_SHARE) / speed.step_s))
    updates = options.updates or min(most, fitting)
    looks = updates // per_epoch if drawn.lead.patience else LOOKS
    affordable = int(updates * speed.step_s * VALIDATION_SHARE / (max(1, looks) * forward_s))
    return schedule(
        drawn,
        facts,
        seed=options.seed,
        updates=updates,
        threads=torch.get_num_threads(),
        valid_rows=min(valid_rows, max(affordable, 200)),
    )


def write_recipe(
    prepared: Prepared,
    drawn: Outline,
    training: Training,
    speed: Speed,
    options: Options,
    source: str,
) -> Recipe:
    """Everything decided, in one frozen object."""
    family = options.family or drawn.network[max(drawn.plans, key=lambda f: drawn.plans[f].flops)]
    return Recipe(
        task=prepared.task.name,
        data=prepared.describe(source, options),
        family=family,
        network=drawn.network,
        size={field: dict(plan.size) for field, plan in drawn.plans.items()},
        training=training,
        augment=dict(drawn.lead.augment),
        objective=dict(drawn.lead.objective),
        resolutions=drawn.lead.resolutions,
        precision=speed.precision,
        budget_s=options.budget_s,
        seed=options.seed,
    )


def in_words(recipe: Recipe, objective: Objective, speed: Speed) -> str:
    """The recipe in one line."""
    parameters = sum(p.numel() for p in objective.parameters())
    training = recipe.training
    epochs = training.updates * training.batch / max(1, recipe.data.parts["train"])
    networks = ", ".join(f"{name} on {field}" for field, name in recipe.network.items())
    return (
        f"{networks}: {parameters:,} parameters, {training.updates:,} updates of {training.batch} "
        f"({epochs:.1f} epochs); {speed.reason}"
    )

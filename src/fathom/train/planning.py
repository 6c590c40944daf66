"""Prepared data and what is left of the budget to a recipe and its untrained objective.

The clock decides once, here: nothing after the recipe reads it.
"""

import copy
import math
import time
from dataclasses import dataclass, replace
from functools import partial

import torch

from fathom.data.batches import taken
from fathom.data.codecs.drawn import drawable
from fathom.data.fields import TARGET
from fathom.data.mirror import told_from_mirror
from fathom.data.seeds import derived, generator
from fathom.errors import OptionError
from fathom.explain.wording import in_haste
from fathom.fit.precision import Speed, probe, set_precision, step_seconds
from fathom.fit.training import Training
from fathom.members import build as build_objective
from fathom.members import predicted
from fathom.networks import Facts
from fathom.objectives import Objective
from fathom.recipe import (
    Asked,
    Outline,
    Recipe,
    Task,
    asked,
    choose_networks,
    outline,
    refuse_unfitting,
    schedule,
)
from fathom.train.feeds import feed, held_out_work, training_examples, training_tokens
from fathom.train.folds import Folds, fitted, made, refuse_beside_folds
from fathom.train.listener import Listener
from fathom.train.options import Clock, Options
from fathom.train.prepare import Prepared, prepare
from fathom.train.understanding import opened, told, understand

MIRRORED = 5000  # training pictures that are asked whether they know their mirror image
# A forward pass takes about a third of an update, and validation is not augmented.
FORWARD_SHARE = 0.4
VALIDATION_SHARE = 0.05
REPORT_S, REPORT_SHARE = 2.5, 0.02
WRITING_S = 3.0  # samples for the report, and how much of them is copied
PROBE_SHARE = 0.02
PROBED = 128
TEXT_GFLOPS = 100.0  # of narrow networks on short texts, before any was timed
ANSWERED = 32
REMEMBERED = 2000  # training examples that the novelty flag is compared with
LEAST_SHARE = 0.2
LOOKS = 20
# A checkpoint holds three moments of weights, average and two sums of the optimizer; it is written,
# hashed, and read again. The first megabytes count for nothing.
CHECKPOINT_COPIES, CHECKPOINT_FREE = 12, 2**23  # float32 a weight; bytes
CHECKPOINT_SPEED, CHECKPOINT_SHARE = 2e8, 0.03  # bytes a second, an estimate; of the updates' time


@dataclass(frozen=True)
class Planned:
    """A recipe and the untrained objective that it describes, initialised on training examples."""

    recipe: Recipe
    objective: Objective


def refuse_folds(task: Task) -> None:
    """Raise OptionError where no row is answered, so that none could be held out in turn."""
    if task.judging != "answers":
        raise OptionError(
            "What is drawn is not held out by folds.",
            found=f"--folds with {task.called}",
            remedy="Leave out --folds.",
        )


@dataclass(frozen=True)
class Anew:
    """A training that is planned for these data, this machine and this budget."""

    source: str
    options: Options

    def prepare(self, listener: Listener) -> Prepared:
        """Read, check, split and encode; a family that does not fit is told before any minutes."""
        prepared = prepare(self.source, self.options, listener)
        refuse_unfitting(prepared.task, prepared.fields.specs, wish(prepared, self.options))
        return prepared

    def folds(self, listener: Listener) -> Folds:
        """Read, check, split into folds and fit each fold's codecs."""
        refuse_beside_folds(self.options)
        raw = opened(self.source, self.options)
        understood = understand(self.source, raw, self.options, listener)
        folds = fitted(understood, made(understood, self.options), self.options)
        listener.say(f"{len(folds)} folds: each row is answered by the network that did not see it")
        for line in told(folds.unread):
            listener.say(line)
        first = folds.prepared(0, inputs=False)
        refuse_folds(first.task)
        refuse_unfitting(first.task, first.fields.specs, wish(first, self.options))
        return folds

    def plan(self, prepared: Prepared, clock: Clock, listener: Listener) -> Planned:
        """Choose networks, sizes, precision and the number of updates."""
        return plan(prepared, self.options, self.source, clock, listener)


def plan(
    prepared: Prepared, options: Options, source: str, clock: Clock, listener: Listener
) -> Planned:
    """Choose networks, sizes, precision and the number of updates for the time that is left."""
    specs, task = prepared.fields.specs, prepared.task
    facts = first_facts(prepared, clock, options)
    network = choose_networks(task, specs, wish(prepared, options), facts)
    drawn = outline(task, specs, network, facts)
    untrained = stub(prepared, drawn, options, source)
    objective = start(prepared, untrained)
    speed = probed(prepared, untrained, objective, clock)
    again = outline(task, specs, network, with_speed(facts, drawn, speed, clock))
    resized = {f: p.size for f, p in again.plans.items()} != {
        f: p.size for f, p in drawn.plans.items()
    }
    drawn, untrained = again, stub(prepared, again, options, source)
    if resized:
        objective = start(prepared, untrained)
        speed = probed(prepared, untrained, objective, clock)
    set_precision(objective, speed.precision)
    step_s = update_seconds(prepared, untrained, objective, clock)
    answer_s = answer_seconds(prepared, objective, step_s / untrained.training.batch)
    training = timed(prepared, drawn, facts, step_s, answer_s, options, clock)
    weights = sum(parameter.numel() for parameter in objective.parameters())
    training = spaced(training, weights, step_s)
    recipe = write_recipe(prepared, drawn, training, speed, options, source)
    decoding = recipe.decoding | judged(prepared, answer_s, options)
    recipe = recipe.model_copy(update={"decoding": decoding})
    listener.say(in_words(recipe, objective, speed, facts.examples))
    if hasty := in_haste(training.updates, training.rate):
        listener.say(f"steps are {hasty}; a longer --budget takes the usual ones")
    if clock.left_s < LEAST_SHARE * clock.budget_s:
        listener.say("what comes before the updates took most of the budget: this ends late")
    return Planned(recipe, objective)


def wish(prepared: Prepared, options: Options) -> Asked:
    """What is to be learnt, and the network asked for, if one was."""
    return asked(prepared.task, options.family, options.network)


def first_facts(prepared: Prepared, clock: Clock, options: Options) -> Facts:
    """What a plan may depend on, before the machine's speed is known."""
    spec, tokens = prepared.fields.target.codec.spec(), training_tokens(prepared)
    return Facts(
        examples=training_examples(prepared),
        outputs=len(spec.classes),
        seconds=max(LEAST_SHARE * clock.budget_s, clock.left_s * 0.85),
        gflops=TEXT_GFLOPS if tokens else Facts.gflops,
        mirrored=any_told_from_mirror(prepared, options.seed),
        regression=spec.kind == "number",
        tokens=tokens,
        cell=options.cell or "",
        code=spec.shape[-1] if prepared.task.coded else 0,
    )


def with_speed(facts: Facts, drawn: Outline, speed: Speed, clock: Clock) -> Facts:
    """The same facts with the measured speed and the time that is left now."""
    examples = min(drawn.batch, facts.examples, PROBED)
    gflops = drawn.flops / drawn.lead.area * examples / speed.step_s / 1e9
    return replace(
        facts,
        seconds=max(LEAST_SHARE * clock.budget_s, clock.left_s * 0.85),
        gflops=max(gflops, 0.01),
    )


def any_told_from_mirror(prepared: Prepared, seed: int) -> bool:
    """Whether training pictures of any field are told from their mirror images: flipping harms."""
    train = prepared.rows("train")
    drawn = torch.randperm(len(train), generator=generator(seed, "mirror"))[:MIRRORED].numpy()
    seen_as = [f for f in prepared.fields.inputs if f.codec.spec().kind == "image"]
    if not all(drawable(field.codec).mirrors for field in seen_as):
        return True
    pictures = [field.name for field in seen_as]
    if not pictures:
        return False
    stored = prepared.examples
    seen = taken({**stored.inputs, **stored.targets}, train[drawn])
    return any(
        told_from_mirror(seen[name], seen[TARGET], generator(seed, "mirror", name))
        for name in pictures
    )


def stub(prepared: Prepared, drawn: Outline, options: Options, source: str) -> Recipe:
    """The recipe of an outline before anything was timed: enough to build and to draw batches."""
    batch = min(drawn.batch, training_examples(prepared))
    training = Training(updates=1, batch=batch, seed=options.seed)
    return write_recipe(prepared, drawn, training, Speed("float32", 1.0, ""), options, source)


def start(prepared: Prepared, recipe: Recipe) -> Objective:
    """The objective of a recipe before its first update: a function of recipe and data alone."""
    torch.manual_seed(derived(recipe.seed, "weights"))
    objective = build_objective(recipe, prepared.fields)
    with torch.no_grad():
        objective.initialise(feed(recipe, prepared).sample())
    return objective


def fresh(recipe: Recipe, prepared: Prepared) -> Objective:
    """The untrained objective exactly as it was before the first update."""
    torch.set_num_threads(recipe.training.threads)
    return start(prepared, recipe)


def probed(prepared: Prepared, recipe: Recipe, objective: Objective, clock: Clock) -> Speed:
    """Choose the precision on a part of a batch: the larger the batch, the less it matters."""
    batch = feed(recipe, prepared).first(PROBED)
    return probe(objective, batch, seconds=clock.budget_s * PROBE_SHARE)


def update_seconds(prepared: Prepared, recipe: Recipe, objective: Objective, clock: Clock) -> float:
    """Mean time of an update, its batch drawn and augmented, over the resolutions of a recipe."""
    batches = feed(recipe, prepared)
    trial = copy.deepcopy(objective)
    stages = (*recipe.resolutions, (1.0, 1.0))
    mean, begun = 0.0, 0.0
    for until, _ in stages:
        draw = partial(batches.at, 0, begun)
        seconds = step_seconds(trial, draw, clock.budget_s * PROBE_SHARE / len(stages))
        mean += (until - begun) * seconds
        begun = until
    return mean


def answer_seconds(prepared: Prepared, objective: Objective, example_s: float) -> float:
    """Seconds an answer takes where it takes many steps, else 0; with its share of the answers that
    are made to find out how to answer.

    example_s: of an update, per example; where the number of steps is known, it tells enough.
    """
    if not objective.slow:
        return 0.0
    if objective.looks:
        return example_s * FORWARD_SHARE * objective.looks
    rows = prepared.rows("valid")[:ANSWERED]
    begin = time.perf_counter()
    predicted(objective, prepared.examples, rows)
    objective.train()
    each = (time.perf_counter() - begin) / len(rows) * objective.untrained
    valid, held_out = len(prepared.rows("valid")), len(prepared.rows("test"))
    return each * (1 + objective.rehearsed(valid) / (valid + held_out))


def judged(prepared: Prepared, answer_s: float, options: Options) -> dict[str, float]:
    """How many answers are judged, where they can be as many as wished for."""
    return prepared.task.judged(options.budget_s, answer_s, len(prepared.rows("test")))


def timed(
    prepared: Prepared,
    drawn: Outline,
    facts: Facts,
    step_s: float,
    answer_s: float,
    options: Options,
    clock: Clock,
) -> Training:
    """The training that fits the time left after evaluation and report."""
    batch = min(drawn.batch, facts.examples)
    views = 2 if drawn.lead.objective.get("mirror") else 1
    forward_s = step_s / batch * FORWARD_SHARE * views
    a_row = held_out_work(prepared)
    rows = len(prepared.rows("valid")) + len(prepared.rows("test"))
    held_out = rows * a_row + (0 if prepared.task.windows else REMEMBERED)
    answers = judged(prepared, answer_s, options).get("judged", rows)
    judging_s = answers * answer_s or held_out * forward_s * 1.3
    after_s = judging_s + REPORT_S + REPORT_SHARE * clock.budget_s
    after_s += WRITING_S if prepared.task.windows else 0.0
    # Late already (a stalled machine, data too large for the budget): a network that is trained a
    # little, and late, is worth more than one that is on time and knows nothing.
    free_s = max(LEAST_SHARE * clock.budget_s, clock.left_s - after_s)
    valid_rows = max(1, len(prepared.rows("valid")))
    per_epoch = max(1, facts.examples // batch)
    most = max(1, round(drawn.lead.epochs * per_epoch))
    fitting = max(1, int(free_s * (1 - VALIDATION_SHARE) / step_s))
    updates = options.updates or min(most, fitting)
    looks = updates // per_epoch if drawn.lead.patience else LOOKS
    look_s = max(1, looks) * forward_s * a_row
    affordable = int(updates * step_s * VALIDATION_SHARE / look_s)
    return schedule(
        drawn,
        facts,
        seed=options.seed,
        updates=updates,
        threads=torch.get_num_threads(),
        valid_rows=min(valid_rows, max(affordable, round(200 / a_row), 1)),
    )


def spaced(training: Training, weights: int, step_s: float) -> Training:
    """Checkpoints so far apart that writing them takes a small share of the time of the updates.

    Large tables move little in an update of few rows: twenty checkpoints of them took seconds of a
    minute that nothing had reckoned with. What is trained stays the same.
    """
    written = max(0, 4 * CHECKPOINT_COPIES * weights - CHECKPOINT_FREE)
    apart = math.ceil(written / CHECKPOINT_SPEED / (CHECKPOINT_SHARE * step_s))
    every = max(training.checkpoint_every, min(apart, training.updates))
    return training.model_copy(update={"checkpoint_every": every})


def write_recipe(
    prepared: Prepared,
    drawn: Outline,
    training: Training,
    speed: Speed,
    options: Options,
    source: str,
) -> Recipe:
    """Everything decided, in one frozen object."""
    lead = drawn.network[max(drawn.plans, key=lambda f: drawn.plans[f].flops)]
    family = options.family or next(iter(prepared.task.families), lead)
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
        decoding=prepared.task.decoding(options.budget_s),
        budget_s=options.budget_s,
        seed=options.seed,
    )


def in_words(recipe: Recipe, objective: Objective, speed: Speed, examples: int) -> str:
    """The recipe in one line."""
    parameters = sum(p.numel() for p in objective.parameters())
    training = recipe.training
    epochs = training.updates * training.batch / max(1, examples)
    networks = ", ".join(f"{name} on {field}" for field, name in recipe.network.items())
    return (
        f"{networks}: {parameters:,} parameters, {training.updates:,} updates of {training.batch} "
        f"examples (each is seen {epochs:.1f} times); {speed.reason}"
    )

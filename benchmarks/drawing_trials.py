"""Objectives that draw digits by class, by fixed updates, judged beside 1,000 training pictures
kept apart: `python benchmarks/drawing_trials.py diffusion unet --updates 200 --batch 64`.

Prints the loss on the pictures kept apart, the share of drawn digits in which a small classifier
sees the class asked for, coverage among its features (k 5), and the seconds of the processor that
the updates took, which say more than the clock on a machine that is shared.
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.data.seeds import derived
from fathom.fit.average import Average
from fathom.fit.loop import own_groups
from fathom.fit.optimizer import Optimizer
from fathom.fit.precision import set_precision
from fathom.fit.schedule import Schedule
from fathom.metrics.drawn import coverage_k
from fathom.networks import Facts
from fathom.networks.registry import GENERATORS
from fathom.objectives import Objective
from fathom.objectives.diffusion import Diffusion, Drawing
from fathom.objectives.gan import Gan
from fathom.spec import Spec
from race import DATA

VALID, CLASSES = 1000, 10
SHAPE = (28, 28, 1)
SPEC = Spec("image", SHAPE)
KEPT = Path(tempfile.gettempdir()) / "fathom-digits-classifier.safetensors"


def stored(name: str, header: int) -> np.ndarray:
    """The bytes of an IDX file behind its header."""
    content = gzip.decompress((DATA / "mnist" / name).read_bytes())
    return np.frombuffer(content, dtype=np.uint8, offset=header).copy()


def digits() -> tuple[Tensor, Tensor]:
    """Training pictures (N, 28, 28, 1) of mean 0 and variance 1, and their classes from 1."""
    pictures = torch.from_numpy(stored("train-images-idx3-ubyte.gz", 16).reshape(-1, *SHAPE))
    some = pictures[:5000].float()
    return (pictures - some.mean()) / some.std(), torch.from_numpy(
        stored("train-labels-idx1-ubyte.gz", 8).astype(np.int64) + 1
    )


def classifier(x: Tensor, wish: Tensor) -> nn.Sequential:
    """Small convolutions that tell most digits, in some seconds."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 49, 128),
        nn.ReLU(),
        nn.Linear(128, CLASSES),
    )
    if KEPT.exists():
        made.load_state_dict(load_file(KEPT))
        return made.eval()
    optimizer = torch.optim.Adam(made.parameters(), 2e-3)
    for rows in torch.randperm(len(x)).split(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(made(x[rows].flatten(1)), wish[rows] - 1).backward()
        optimizer.step()
    save_file(made.state_dict(), KEPT)
    return made.eval()


def built(asked: argparse.Namespace) -> Objective:
    """The objective of the plan for so many seconds."""
    kind = GENERATORS[asked.family][asked.network]["image"]
    facts = Facts(59_000, CLASSES, seconds=asked.seconds, gflops=asked.gflops)
    size = dict(kind.plan(SPEC, facts).size)
    size |= {key: json.loads(value) for key, value in asked.size}
    torch.manual_seed(asked.seed)
    network = kind.build(SPEC, size)
    if asked.family == "gan":
        return Gan(network, field="image", shape=SHAPE, classes=CLASSES)
    return Diffusion(
        network, field="image", shape=SHAPE, classes=CLASSES, drawing=Drawing(steps=asked.steps)
    )


def trained(objective: Objective, x: Tensor, wish: Tensor, asked: argparse.Namespace) -> float:
    """Processor seconds of the updates; the averaged weights are left in the objective."""
    steps = objective.steps()
    optimizers = [Optimizer(objective, own_groups(objective, step, 0.0)) for step in steps]
    average = Average(objective, max(10.0, 0.05 * asked.updates))
    floor = 0.25 if asked.family == "gan" else 0.02
    schedule = Schedule(asked.updates, 0.03, 0.7, floor)
    objective.train()
    begun = time.process_time()
    for update in range(asked.updates):
        rows = torch.randint(0, len(x), (asked.batch,))
        batch = Batch({"image": x[rows]}, {"target": wish[rows]}, rows)
        factor = schedule.factor(update, asked.updates) * asked.rate
        for step, optimizer in zip(steps, optimizers, strict=True):
            torch.manual_seed(derived(asked.seed, update, step.name))
            optimizer.zero_grad()
            loss = step.loss(batch)
            (loss.total / loss.count).backward()
            norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(optimizer.gradients())))
            if asked.clip and float(norm) > asked.clip:
                torch._foreach_mul_(optimizer.gradients(), asked.clip / float(norm))
            optimizer.step(factor, update / asked.updates)
        average.update(update + 1)
    spent = time.process_time() - begun
    live = average.live()
    with torch.no_grad():
        for name, tensor in average.shadow.items():
            live[name].copy_(tensor)
    return spent


def main() -> None:
    """One trial."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("family", choices=tuple(GENERATORS))
    parser.add_argument("network")
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--samples", type=int, default=192)
    parser.add_argument("--steps", type=int, default=13)
    parser.add_argument("--seconds", type=float, default=40.0, help="The plan's time.")
    parser.add_argument("--gflops", type=float, default=150.0)
    parser.add_argument("--rate", type=float, default=1.0, help="Factor on the plan's rates.")
    parser.add_argument("--clip", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="Learn nothing in closed form.")
    parser.add_argument("--size", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    asked = parser.parse_args()
    x, wish = digits()
    held, known = x[-VALID:], wish[-VALID:]
    x, wish = x[:-VALID], wish[:-VALID]
    judge = classifier(x, wish)
    objective = built(asked)
    some = Batch({"image": x[:5000]}, {"target": wish[:5000]}, torch.arange(5000))
    if not asked.plain:
        objective.initialise(some)
    set_precision(objective, "bfloat16")
    spent = trained(objective, x, wish, asked)
    objective.eval()
    with torch.inference_mode():
        loss = objective.loss(Batch({"image": held}, {"target": known}, torch.arange(VALID)))
        wished = known[: asked.samples]
        numbers = {"sample": torch.arange(len(wished)), "wish": wished}
        drawn = objective.predict(numbers)["answer"].flatten(1)
        features = [judge[:-1](some.flatten(1)).numpy() for some in (held, drawn)]
        told = float((judge(held.flatten(1)).argmax(1) + 1 == known).float().mean())
        agrees = float((judge(drawn).argmax(1) + 1 == wished).float().mean())
    covered = float(coverage_k({"features": features[0][: len(drawn)]}, {"features": features[1]}))
    print(
        f"{' '.join(sys.argv[1:])}: loss {float(loss.total / loss.count):.4f}, agreement "
        f"{agrees:.3f} of {told:.3f}, coverage {covered:.3f}, {spent:.1f} s of the processor",
        flush=True,
    )


if __name__ == "__main__":
    main()

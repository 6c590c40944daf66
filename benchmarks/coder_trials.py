"""Objectives that keep digits, by fixed updates, judged on 2,000 training pictures: `python
benchmarks/coder_trials.py vae mlp --updates 500 --code 40`.

Prints the value (squared error of a pixel, or nats of -ELBO) and the seconds of the processor that
the updates took, which say more than the clock on a machine that is shared.
"""

import argparse
import gzip
import json
import sys
import time

import numpy as np
import torch

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.fit.precision import set_precision
from fathom.networks import Facts
from fathom.networks.registry import CODERS
from fathom.objectives.autoencoder import Autoencoder, Coding
from fathom.objectives.vae import Variational
from fathom.spec import Spec
from race import DATA

VALID = 2000
SPEC = Spec("image", (28, 28, 1))


def digits() -> torch.Tensor:
    """Training pictures (N, 28, 28, 1), from 0 to 1."""
    content = gzip.decompress((DATA / "mnist" / "train-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(-1, 28, 28, 1)
    return torch.from_numpy(pixels.copy()).float() / 255


def built(asked: argparse.Namespace) -> Coding:
    """The objective of the plan for so many seconds."""
    kind = CODERS[asked.network]["image"]
    facts = Facts(58_000, 0, seconds=asked.seconds, gflops=asked.gflops, code=asked.code)
    plan = kind.plan(SPEC, facts)
    size = dict(plan.size) | {key: json.loads(value) for key, value in asked.size}
    torch.manual_seed(asked.seed)
    coder = kind.build(SPEC, size)
    if asked.family == "vae":
        return Variational(coder, field="image", binary=True, bounded=True, free=asked.free)
    return Autoencoder(coder, field="image", bounded=True)


def trained(objective: Coding, pictures: torch.Tensor, asked: argparse.Namespace) -> float:
    """Processor seconds of the updates."""
    optimizer = Optimizer(objective, objective.groups())
    objective.train()
    begun = time.process_time()
    for update in range(asked.updates):
        rows = torch.randint(0, len(pictures), (asked.batch,))
        done = update / asked.updates
        rate = min(1.0, (update + 1) / (0.02 * asked.updates + 1)) * min(1.0, (1 - done) / 0.7)
        optimizer.zero_grad()
        loss = objective.loss(Batch({"image": pictures[rows]}, {}, rows))
        (loss.total / loss.count).backward()
        optimizer.step(asked.rate * rate, done)
    return time.process_time() - begun


def main() -> None:
    """One trial."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("family", choices=("autoencoder", "vae"))
    parser.add_argument("network", choices=tuple(CODERS))
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--code", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=50.0, help="The plan's time.")
    parser.add_argument("--gflops", type=float, default=200.0)
    parser.add_argument("--free", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=1.0, help="Factor on the plan's rate.")
    parser.add_argument("--cut", action="store_true", help="Pixels cut at .5, as in the race.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    asked = parser.parse_args()
    pictures = digits().round() if asked.cut else digits()
    objective = built(asked)
    with torch.no_grad():
        objective.initialise(Batch({"image": pictures[:5000]}, {}, torch.arange(5000)))
    set_precision(objective, "bfloat16")
    seconds = trained(objective, pictures[:-VALID], asked)
    objective.eval()
    with torch.inference_mode():
        found = objective.predict({"image": pictures[-VALID:]})
    value = float(found["elbo" if asked.family == "vae" else "error"].mean())
    print(f"{' '.join(sys.argv[1:])}: {value:.5f}, {seconds:.1f} s of the processor", flush=True)


if __name__ == "__main__":
    main()

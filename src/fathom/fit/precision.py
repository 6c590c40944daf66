"""An objective and one batch to the computing type that is fastest here and still agrees with
float32.
"""

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.objectives import Objective

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
AGREEMENT = 0.9  # rounding alone gave 0.973 on an untrained network; wrong kernels give far less
WORTH = 1.05  # times as fast as float32; less is within the clock's noise


@dataclass(frozen=True)
class Speed:
    """What the probe found: the chosen type's name, seconds per update in it, and why it was
    chosen.
    """

    precision: Literal["float32", "bfloat16"]
    step_s: float
    reason: str


def set_precision(objective: Objective, name: str) -> None:
    """Tell every backbone what to compute in."""
    for module in objective.modules():
        if isinstance(getattr(module, "dtype", None), torch.dtype):
            module.dtype = DTYPES[name]  # type: ignore[assignment]


def probe(objective: Objective, batch: Batch, *, seconds: float, lowest: str = "bfloat16") -> Speed:
    """Time whole updates of a copy in each type; the values of the faster one are checked.

    bfloat16 is taken when it is faster by a twentieth and its gradient points the same way (cosine
    at least 0.9, loss within 2 %); on processors without it, it is simply slower and never chosen.
    """
    names = ["float32"] if lowest == "float32" else ["float32", "bfloat16"]
    times = {}
    gradients = {}
    for name in names:
        trial = copy.deepcopy(objective)
        set_precision(trial, name)
        gradients[name] = gradient(trial, batch)
        times[name] = step_seconds(trial, lambda: batch, seconds / len(names))
    if len(names) == 1 or times["float32"] < WORTH * times["bfloat16"]:
        return Speed("float32", times["float32"], "computed in float32, the fastest here")
    (loss, exact), (rough_loss, rough) = gradients["float32"], gradients["bfloat16"]
    cosine = float(torch.cosine_similarity(exact, rough, dim=0))
    if cosine < AGREEMENT or abs(rough_loss - loss) > 0.02 * abs(loss) + 1e-3:
        reason = f"computed in float32; bfloat16 disagrees (gradient cosine {cosine:.3f})"
        return Speed("float32", times["float32"], reason)
    gain = times["float32"] / times["bfloat16"]
    reason = f"computed in bfloat16, {gain:.1f} times as fast as float32, which agrees"
    return Speed("bfloat16", times["bfloat16"], reason)


def gradient(objective: Objective, batch: Batch) -> tuple[float, Tensor]:
    """Mean loss and its whole gradient as one vector, with fixed random draws."""
    torch.manual_seed(0)
    objective.train()
    objective.zero_grad(set_to_none=True)
    loss = objective.loss(batch)
    (loss.total / loss.count).backward()
    parts = [p.grad.flatten().float() for p in objective.parameters() if p.grad is not None]
    return float(loss.total.detach() / loss.count), torch.cat(parts)


def step_seconds(objective: Objective, draw: Callable[[], Batch], seconds: float) -> float:
    """Median time of drawing a batch and one update on it: one to warm up, then 2 to 20 within the
    time given.
    """
    objective.train()
    optimizer = Optimizer(objective, objective.groups())
    taken: list[float] = []
    begin = time.perf_counter()
    while len(taken) < 3 or (len(taken) < 21 and time.perf_counter() - begin < seconds):
        start = time.perf_counter()
        batch = draw()
        optimizer.zero_grad()
        loss = objective.loss(batch)
        (loss.total / loss.count).backward()
        torch.stack(torch._foreach_norm(optimizer.gradients()))
        optimizer.step(1e-3, 0.0)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])

"""Tokens a second of training, forward and backward, of the gated recurrence beside torch's LSTM:
`python benchmarks/recurrence.py [--rounds 7]`.

Both map features of width 512 at 128 positions of 32 examples to states of the same width, in turn
and in one process, so that a stalled machine hits both. "recurrence" is gates, candidates and scan,
what an LSTM's layer is; "layer" is the whole of what a block of the product uses in its place: the
convolution before, states half as wide again, the product after. Reported are medians with ranges,
and the ratio of each round.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from fathom.fit.allocation import keep_freed_memory
from fathom.networks.positions import Linear
from fathom.networks.recurrence import MinGRU
from fathom.networks.scan import gated_scan

WIDTH, POSITIONS, BATCH = 512, 128, 32
GOALS = {"float32": 2.0, "bfloat16": 1.3}


class Recurrence(nn.Module):
    """Gates, candidates and scan alone."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = Linear(WIDTH, 2 * WIDTH, stack=2)

    def forward(self, x: Tensor) -> Tensor:
        """All states."""
        return gated_scan(self.mix(x), x.new_zeros(len(x), WIDTH, dtype=torch.float32))[0]


class Layer(nn.Module):
    """The whole of the product's layer."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = MinGRU(WIDTH, WIDTH * 3 // 2)
        nn.init.normal_(self.cell.out.weight, std=WIDTH**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output."""
        return self.cell(x, self.cell.begin(len(x)))[0]


class Lstm(nn.Module):
    """torch's module, whose weights have the type it computes in."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.module = nn.LSTM(WIDTH, WIDTH, batch_first=True).to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        """All states."""
        values: Tensor = self.module(x)[0]
        return values


def tokens_a_second(module: nn.Module, x: Tensor, slope: Tensor, seconds: float) -> float:
    """The median over as many passes, forward and backward, as fit into the time."""
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < 3 or time.perf_counter() - began < seconds:
        started = time.perf_counter()
        x.grad = None
        module.zero_grad(set_to_none=True)
        module(x).backward(slope)
        taken.append(time.perf_counter() - started)
    return x.shape[0] * x.shape[1] / statistics.median(taken)


def shown(values: list[float], form: Callable[[float], str]) -> str:
    """Median and range."""
    return f"{form(statistics.median(values))} ({form(min(values))} to {form(max(values))})"


def measured(dtype: torch.dtype, rounds: int, seconds: float) -> None:
    """Print speeds and ratios in one type."""
    torch.manual_seed(0)
    contestants = {"lstm": Lstm(dtype), "recurrence": Recurrence(), "layer": Layer()}
    x = torch.randn(BATCH, POSITIONS, WIDTH).to(dtype).requires_grad_()
    slope = torch.randn(BATCH, POSITIONS, WIDTH).to(dtype)
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for module in contestants.values():
        tokens_a_second(module, x, slope, 0.0)
    for _ in range(rounds):
        for name, module in contestants.items():
            speeds[name].append(tokens_a_second(module, x, slope, seconds))
    kind = str(dtype).removeprefix("torch.")
    for name, values in speeds.items():
        ratios = [one / other for one, other in zip(values, speeds["lstm"], strict=True)]
        print(
            f"{kind} {name}: {shown(values, lambda v: f'{v:,.0f}')} tokens/s, "
            f"{shown(ratios, lambda v: f'{v:.2f}')} times the LSTM's (goal {GOALS[kind]})"
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="For each turn.")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    for dtype in (torch.float32, torch.bfloat16):
        measured(dtype, asked.rounds, asked.seconds)


if __name__ == "__main__":
    main()

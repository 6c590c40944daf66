"""Tokens a second of training, forward and backward, of the gated recurrence beside torch's LSTM:
`python benchmarks/recurrence.py [--rounds 7]`.

Both map features of width 512 at 128 positions of 32 examples to states of the same width, in turn
and in one process, so that a stalled machine hits both. "recurrence" is gates, candidates and scan,
what an LSTM's layer is; "layer" is the whole of what a block of the product uses in its place: the
convolution before, states half as wide again, the product after. Reported are medians with ranges,
and the ratio of each round.

`--quality --updates 200`: instead, validation bits per byte of a text's characters after equal
tokens, of one layer of each kind between an embedding and a read-out of width 512. Rates are tried
for each alike, and all are shown; the last tenth of the text is never read.
"""

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from fathom.fit.allocation import keep_freed_memory
from fathom.networks.positions import Linear, normalised
from fathom.networks.recurrence import MinGRU
from fathom.networks.scan import gated_scan

WIDTH, POSITIONS, BATCH = 512, 128, 32
GOALS = {"float32": 2.0, "bfloat16": 1.3}
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data"))
TEXT = DATA / "tinyshakespeare" / "input.txt"
RATES, WARM_UP = (1e-3, 3e-3, 1e-2), 10
VALID, TEST = 0.05, 0.9  # the first twentieth validates, the last tenth is left alone
LOOKED_AT = 200  # windows of the validation part


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


class Reader(nn.Module):
    """Characters (B, T) to scores of the next one (B, T, V) through one layer."""

    def __init__(self, layer: nn.Module, vocabulary: int) -> None:
        super().__init__()
        self.characters = nn.Embedding(vocabulary, WIDTH)
        self.layer = layer
        self.read_out = nn.Linear(WIDTH, vocabulary)
        nn.init.zeros_(self.read_out.weight)

    def forward(self, x: Tensor) -> Tensor:
        """What the layer finds is added to what it reads."""
        values = normalised(self.characters(x))
        scores: Tensor = self.read_out(normalised(values + self.layer(values)))
        return scores


def bits(reader: Reader, windows: Tensor) -> float:
    """Mean bits of all characters but the first of windows (N, T + 1)."""
    with torch.inference_mode():
        losses = [
            functional.cross_entropy(reader(some[:, :-1]).flatten(0, 1), some[:, 1:].flatten())
            for some in windows.split(BATCH)
            if len(some) == BATCH
        ]
    return float(torch.stack(losses).mean()) / math.log(2)


def trained(reader: Reader, learnt: Tensor, updates: int, *, rate: float, seed: int) -> None:
    """Updates by AdamW; the rate rises, stays, and falls over the second half."""
    optimizer = torch.optim.AdamW(reader.parameters(), lr=rate, betas=(0.9, 0.95), fused=True)
    drawn = torch.Generator().manual_seed(seed)
    for update in range(updates):
        left = (updates - update) / (updates / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (update + 1) / WARM_UP, left)
        starts = torch.randint(len(learnt) - POSITIONS, (BATCH, 1), generator=drawn)
        windows = learnt[starts + torch.arange(POSITIONS + 1)]
        scores = reader(windows[:, :-1])
        optimizer.zero_grad()
        functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten()).backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()


def qualities(text: Path, updates: int, rounds: int) -> None:
    """Print validation bits of each kind at each rate after equal tokens."""
    words = text.read_text(encoding="utf-8")
    known = {character: number for number, character in enumerate(sorted(set(words)))}
    every = torch.tensor([known[character] for character in words])
    first, last = round(VALID * len(every)), round(TEST * len(every))
    valid = every[:first].unfold(0, POSITIONS + 1, POSITIONS)[:LOOKED_AT]
    kinds: dict[str, Callable[[], nn.Module]] = {
        "lstm": lambda: Lstm(torch.float32),
        "recurrence": Recurrence,
        "layer": Layer,
    }
    for name, make in kinds.items():
        for rate in RATES:
            found = []
            for seed in range(rounds):
                torch.manual_seed(seed)
                reader = Reader(make(), len(known))
                trained(reader, every[first:last], updates, rate=rate, seed=seed)
                found.append(bits(reader, valid))
            tokens = updates * BATCH * POSITIONS
            print(
                f"{name} at rate {rate:g}: {shown(found, lambda v: f'{v:.3f}')} bits a character "
                f"after {tokens:,} tokens",
                flush=True,
            )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quality", action="store_true", help="Bits instead of speed.")
    parser.add_argument("--updates", type=int, default=200, help="With --quality.")
    parser.add_argument("--text", type=Path, default=TEXT, help="With --quality.")
    parser.add_argument("--seconds", type=float, default=1.0, help="For each turn.")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    if asked.quality:
        qualities(asked.text, asked.updates, asked.rounds)
        return
    for dtype in (torch.float32, torch.bfloat16):
        measured(dtype, asked.rounds, asked.seconds)


if __name__ == "__main__":
    main()

"""denoising-diffusion-pytorch's settings on a plain U-net on the processor, for so many seconds of
training: `denoising_diffusion.py FOLDER --seconds 300 --out SAMPLES.npy`.

Settings from github.com/lucidrains/denoising-diffusion-pytorch: channels 32 times 1, 2, 4 and 8,
two residual blocks and linear attention on each grid, full attention on the coarsest, root mean
square normalisation, 1,000 noise levels of the sigmoid schedule, velocity as the target, Adam with
rate 8e-5 and betas .9 and .99 on batches of 32, gradients of norm 1 at most, weights averaged every
10 updates over a time that grows with training (ema-pytorch's warm-up, to .995), drawn in 250 steps
of DDIM. Written anew here; no picture is mirrored, for digits are told from their mirror images,
and gradients are not gathered over two batches, which at so few updates helps it. Digits of 28
pixels get a border of 2.

Tuned: the same network in bfloat16 autocast with its memory channels-last, fused Adam, and a rate
of 1e-3.
"""

import argparse
import copy
import json
import math
import sys
import time
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from digits import read_idx
from torch import Tensor, nn
from torch.nn import functional

CHANNELS, GROWTH, LEVELS, STEPS = 32, (1, 2, 4, 8), 1000, 250
AVERAGED_EVERY, AVERAGED_FROM, KEPT = 10, 100, 0.995
BATCH, BORDER, SIDE, AT_ONCE = 32, 2, 32, 64


class Norm(nn.Module):
    """Root mean square normalisation of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Unit root mean square over channels, then a scale."""
        return functional.normalize(x, dim=1) * self.scale * x.shape[1] ** 0.5


class Residual(nn.Module):
    """Two convolutions; the noise level scales and shifts after the first."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(n, outputs, 3, padding=1) for n in (inputs, outputs))
        self.norms = nn.ModuleList((Norm(outputs), Norm(outputs)))
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(told, 2 * outputs))
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """x + f(x), the level told between."""
        scale, shift = self.modulation(told)[:, :, None, None].chunk(2, dim=1)
        hidden = functional.silu(self.norms[0](self.first(x)) * (scale + 1) + shift)
        return functional.silu(self.norms[1](self.second(hidden))) + self.skip(x)


class Attention(nn.Module):
    """4 heads of 32; linear: keys and values are summed up before any query asks."""

    def __init__(self, channels: int, *, linear: bool) -> None:
        super().__init__()
        self.linear, self.norm = linear, Norm(channels)
        self.all = nn.Conv2d(channels, 3 * 128, 1, bias=False)
        last = nn.Conv2d(128, channels, 1)
        self.out = nn.Sequential(last, Norm(channels)) if linear else last

    def forward(self, x: Tensor) -> Tensor:
        """Every cell asks all."""
        count, _, height, width = x.shape
        parts = self.all(self.norm(x)).reshape(count, 3, 4, 32, height * width)
        query, key, value = parts.unbind(1)
        if self.linear:
            context = key.softmax(-1) @ value.mT
            seen = context.mT @ (query.softmax(-2) * 32**-0.5)
        else:
            seen = functional.scaled_dot_product_attention(query.mT, key.mT, value.mT).mT
        return x + self.out(seen.reshape(count, 128, height, width))


class Grid(nn.Module):
    """One grid of the way down or up: two blocks, attention, and the way to the next grid."""

    def __init__(self, inputs: int, outputs: int, joined: int, told: int, way: nn.Module) -> None:
        super().__init__()
        linear = outputs < CHANNELS * GROWTH[-1]
        first, second = (Residual(inputs + joined, inputs, told) for _ in range(2))
        self.blocks = nn.ModuleList((first, second))
        self.attention = Attention(inputs, linear=linear)
        self.way = way


class UNet(nn.Module):
    """Noisy pictures (B, 1, 32, 32) and noise levels (B,) to the velocity."""

    def __init__(self) -> None:
        super().__init__()
        told = 4 * CHANNELS
        self.level = nn.Sequential(nn.Linear(CHANNELS, told), nn.GELU(), nn.Linear(told, told))
        self.stem = nn.Conv2d(1, CHANNELS, 7, padding=3)
        widths = [CHANNELS, *(CHANNELS * times for times in GROWTH)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for place, (a, b) in enumerate(pairwise(widths)):
            last, first = place == len(GROWTH) - 1, place == 0
            halve = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * a, b, 1))
            double = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(b, a, 3, padding=1))
            plain = nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, a, 3, padding=1)
            self.down.append(Grid(a, b, 0, told, plain[0] if last else halve))
            self.up.insert(0, Grid(b, b, a, told, plain[1] if first else double))
        middle = widths[-1]
        self.middle = nn.ModuleList(Residual(middle, middle, told) for _ in range(2))
        self.attention = Attention(middle, linear=False)
        self.last = Residual(2 * CHANNELS, CHANNELS, told)
        self.out = nn.Conv2d(CHANNELS, 1, 1)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        """Down, through the middle, and up beside what was kept."""
        rates = torch.exp(-math.log(10_000) * torch.arange(CHANNELS // 2) / (CHANNELS // 2 - 1))
        angles = level[:, None] * rates
        told = self.level(torch.cat([angles.sin(), angles.cos()], dim=1))
        x = first = self.stem(x)
        kept = []
        for grid in self.down:
            x = grid.blocks[0](x, told)
            kept.append(x)
            x = grid.attention(grid.blocks[1](x, told))
            kept.append(x)
            x = grid.way(x)
        x = self.middle[1](self.attention(self.middle[0](x, told)), told)
        for grid in self.up:
            x = grid.blocks[0](torch.cat([x, kept.pop()], dim=1), told)
            x = grid.attention(grid.blocks[1](torch.cat([x, kept.pop()], dim=1), told))
            x = grid.way(x)
        return self.out(self.last(torch.cat([x, first], dim=1), told)).float()


def schedule() -> Tensor:
    """The share of data in the variance after each of the noise levels, sigmoid from -3 to 3."""
    steps = torch.linspace(0, 1, LEVELS + 1, dtype=torch.float64) * 6 - 3
    ends = torch.tensor([-3.0, 3.0], dtype=torch.float64).sigmoid()
    left = (ends[1] - steps.sigmoid()) / (ends[1] - ends[0])
    betas = (1 - left[1:] / left[:-1]).clamp(0, 0.999)
    return torch.cumprod(1 - betas, dim=0).float()


@torch.no_grad()
def follow(average: UNet, network: UNet, update: int) -> None:
    """Move averaged weights towards the live ones: a copy of them early on, and then, k updates
    after it began, a share of (1 + k)^(-2/3) of the way, at least .005.
    """
    after = update - AVERAGED_FROM
    kept = min(KEPT, 1 - (1 + after) ** (-2 / 3)) if after > AVERAGED_EVERY else 0.0
    pairs = zip(average.parameters(), network.parameters(), strict=True)
    for mean, parameter in pairs:
        mean.lerp_(parameter, 1 - kept)


def train(images: Tensor, asked: argparse.Namespace) -> tuple[UNet, int]:
    """The averaged network after the seconds, and how many updates that were."""
    network, alphas = UNet(), schedule()
    if asked.tuned:
        network = network.to(memory_format=torch.channels_last)
    average, updates = copy.deepcopy(network), 0
    optimizer = torch.optim.Adam(
        network.parameters(), 1e-3 if asked.tuned else 8e-5, (0.9, 0.99), fused=asked.tuned
    )
    begun = time.perf_counter()
    while time.perf_counter() - begun < asked.seconds:
        x = images[torch.randint(len(images), (BATCH,))].float().div(127.5).sub(1)
        level, noise = torch.randint(LEVELS, (BATCH,)), torch.randn_like(x)
        share = alphas[level].view(-1, 1, 1, 1)
        velocity = share.sqrt() * noise - (1 - share).sqrt() * x
        with torch.autocast("cpu", torch.bfloat16) if asked.tuned else nullcontext():
            found = network(share.sqrt() * x + (1 - share).sqrt() * noise, level.float())
        optimizer.zero_grad()
        functional.mse_loss(found, velocity).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if updates % AVERAGED_EVERY == 0:
            follow(average, network, updates)
        updates += 1
    return average.eval(), updates


def drawn(network: UNet, count: int, steps: int) -> Tensor:
    """Pictures (N, 28, 28) as uint8: DDIM with as much noise as its documentation has, none."""
    alphas = torch.cat([torch.ones(1), schedule()])
    times = torch.linspace(LEVELS, 0, steps + 1).round().long()
    found = []
    for start in range(0, count, AT_ONCE):
        x = torch.randn(min(AT_ONCE, count - start), 1, SIDE, SIDE)
        for now, then in pairwise(times):
            share, next_share = alphas[now], alphas[then]
            velocity = network(x, torch.full((len(x),), float(now - 1)))
            clean = (share.sqrt() * x - (1 - share).sqrt() * velocity).clamp(-1, 1)
            noise = (x - share.sqrt() * clean) / (1 - share).sqrt().clamp_min(1e-6)
            x = next_share.sqrt() * clean + (1 - next_share).sqrt() * noise
        inside = x[:, 0, BORDER:-BORDER, BORDER:-BORDER]
        found.append(((inside + 1) * 127.5).round().clamp(0, 255).to(torch.uint8))
    return torch.cat(found)


def main() -> None:
    """Train, draw, and print the result."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    pixels = torch.from_numpy(read_idx(asked.folder / "train-images-idx3-ubyte.gz").copy())
    images = functional.pad(pixels[:, None], (BORDER,) * 4)
    network, updates = train(images, asked)
    begun = time.perf_counter()
    with torch.no_grad():
        np.save(asked.out, drawn(network, asked.samples, asked.steps).numpy())
    spent = round(time.perf_counter() - begun, 1)
    print(json.dumps({"updates": updates, "sampling_s": spent}), flush=True)


if __name__ == "__main__":
    main()

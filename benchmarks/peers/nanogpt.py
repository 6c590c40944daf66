"""nanoGPT's command for a processor on a text, as documented or tuned: `nanogpt.py TEXT`.

Settings from github.com/karpathy/nanoGPT, README "I only have a macbook" and the configuration for
characters of Shakespeare: 4 layers, 4 heads, width 128, context 64, batches of 12 windows, 2,000
updates, dropout 0; AdamW (.9, .99) with rate 1e-3, 100 updates of warm-up, cosine to 1e-4, decay .1
on matrices, norm clipped at 1; float32, no compilation; the first 90 % are learnt from. Learnt
positions, LayerNorm without bias, GELU, the read-out tied to the embedding. Written anew here.

Tuned: the same with bfloat16 autocast and fused AdamW.
"""

import argparse
import math
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from clock import Clock
from torch import Tensor, nn
from torch.nn import functional

LAYERS, HEADS, WIDTH, CONTEXT, BATCH = 4, 4, 128, 64, 12
UPDATES, WARM_UP, RATE, LAST_RATE, DECAY, CLIP = 2_000, 100, 1e-3, 1e-4, 0.1, 1.0
LOOK_EVERY = 100  # updates
SHARE = 0.9  # of the text is learnt from


class Block(nn.Module):
    """Attention to what came before, then two layers at each position."""

    def __init__(self) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(WIDTH, bias=False)
        self.mix = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.before_layers = nn.LayerNorm(WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, T, D) to features."""
        batch, length, _ = x.shape
        parts = self.mix(self.before_attention(x)).split(WIDTH, dim=2)
        q, k, v = (part.view(batch, length, HEADS, -1).transpose(1, 2) for part in parts)
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length, WIDTH))
        return x + self.down(functional.gelu(self.up(self.before_layers(x))))


class Network(nn.Module):
    """Characters to scores of the next one."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.characters = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        self.apply(self.draw)
        for block in self.blocks:
            for branch in (block.out, block.down):
                nn.init.normal_(branch.weight, std=0.02 / math.sqrt(2 * LAYERS))

    @staticmethod
    def draw(module: nn.Module) -> None:
        """Weights as GPT-2 has them."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Characters (B, T) to scores (B, T, V)."""
        values = self.characters(x) + self.positions.weight[: x.shape[1]]
        for block in self.blocks:
            values = block(values)
        return functional.linear(self.norm(values), self.characters.weight)


def rate(update: int) -> float:
    """Warm-up, then half a cosine."""
    if update < WARM_UP:
        return RATE * (update + 1) / (WARM_UP + 1)
    share = (update - WARM_UP) / (UPDATES - WARM_UP)
    return LAST_RATE + 0.5 * (1 + math.cos(math.pi * share)) * (RATE - LAST_RATE)


def nats(network: Network, text: Tensor) -> float:
    """Mean loss of all characters of a text but the first, in windows of the context."""
    whole = (len(text) - 1) // CONTEXT * CONTEXT
    windows, following = text[:whole].view(-1, CONTEXT), text[1 : whole + 1].view(-1, CONTEXT)
    total = 0.0
    with torch.no_grad():
        for x, y in zip(windows.split(256), following.split(256), strict=True):
            total += float(functional.cross_entropy(
                network(x).flatten(0, 1), y.flatten(), reduction="sum"
            ))  # fmt: skip
    return total / whole


def train(text: Tensor, network: Network, clock: Clock, *, tuned: bool) -> None:
    """2,000 updates, or fewer where the bar is reached before."""
    first = int(SHARE * len(text))
    learnt, held_out = text[:first], text[first:]
    matrices = [one for one in network.parameters() if one.dim() > 1]
    rest = [one for one in network.parameters() if one.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}],
        lr=RATE, betas=(0.9, 0.99), fused=tuned,
    )  # fmt: skip
    clock.resume()
    for update in range(UPDATES):
        for group in optimizer.param_groups:
            group["lr"] = rate(update)
        starts = torch.randint(len(learnt) - CONTEXT, (BATCH,)).tolist()
        x = torch.stack([learnt[at : at + CONTEXT] for at in starts])
        y = torch.stack([learnt[at + 1 : at + 1 + CONTEXT] for at in starts])
        with torch.autocast("cpu", torch.bfloat16) if tuned else nullcontext():
            loss = functional.cross_entropy(network(x).flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if clock.due():
            clock.pause()
            if clock.reached(nats(network, held_out)):
                return
            clock.resume()
    clock.pause()


def main() -> None:
    """Train until the bar or the last update, and print the result."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--bar", type=float, required=True, help="Nats a character.")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    raw = options.text.read_text(encoding="utf-8")
    known = {character: number for number, character in enumerate(sorted(set(raw)))}
    text = torch.tensor([known[character] for character in raw])
    clock = Clock(options.bar, every=LOOK_EVERY, lower=True)
    train(text, Network(len(known)), clock, tuned=options.tuned)
    clock.tell()


if __name__ == "__main__":
    main()

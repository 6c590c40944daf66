"""PyTorch's variational autoencoder example on the processor, on binarised digits: `pytorch_vae.py
FOLDER --bar NATS`.

Settings from github.com/pytorch/examples, vae: 784 pixels, 400 hidden units, 20 codes and the same
way back, ReLU; cross-entropy of the pixels plus the divergence from a standard normal, summed; Adam
with rate 1e-3, batches of 128, shuffled, 10 epochs, each picture prepared when it is drawn. Written
anew here; pixels are binarised at .5, on which both sides are trained and judged.

Tuned: the same network with tensors in memory, fused Adam and bfloat16 autocast.
"""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from clock import Clock
from digits import read_idx
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

CODES, HIDDEN, PIXELS, BATCH, EPOCHS, LOOK_EVERY = 20, 400, 784, 128, 10, 100


class Pictures(Dataset):
    """Binary pictures prepared one by one when they are drawn."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index].float().div(255)


class Network(nn.Module):
    """The example's network."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.back = nn.Linear(PIXELS, HIDDEN), nn.Linear(CODES, HIDDEN)
        self.mean, self.spread = nn.Linear(HIDDEN, CODES), nn.Linear(HIDDEN, CODES)
        self.out = nn.Linear(HIDDEN, PIXELS)

    def forward(self, x: Tensor) -> Tensor:
        """-ELBO of each picture (B,) in nats, with one draw of its codes."""
        hidden = functional.relu(self.into(x))
        mean, log_variance = self.mean(hidden), self.spread(hidden)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        scores = self.out(functional.relu(self.back(code))).float()
        likelihood = functional.binary_cross_entropy_with_logits(scores, x, reduction="none")
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp())
        return likelihood.sum(1) + divergence.float().sum(1)


def binary(path: Path) -> Tensor:
    """Pixels (N, 784), 0 or 255."""
    pixels = torch.from_numpy(read_idx(path).copy()).flatten(1)
    return (pixels > 127).to(torch.uint8) * 255


def judged(network: Network, images: Tensor) -> float:
    """Mean -ELBO in nats."""
    with torch.no_grad():
        parts = [network(part.float() / 255).sum() for part in images.split(1000)]
    return float(torch.stack(parts).sum() / len(images))


def train(folder: Path, clock: Clock, *, tuned: bool) -> None:
    """Ten epochs, or fewer where the bar is reached before."""
    images = binary(folder / "train-images-idx3-ubyte.gz")
    held_out = binary(folder / "t10k-images-idx3-ubyte.gz")
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=tuned)
    loader = DataLoader(Pictures(images), batch_size=BATCH, shuffle=True)
    clock.resume()
    for _ in range(EPOCHS):
        drawn = torch.randperm(len(images)).split(BATCH)
        for batch in (images[rows].float() / 255 for rows in drawn) if tuned else loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16) if tuned else nullcontext():
                loss = network(batch).sum()
            loss.backward()
            optimizer.step()
            if clock.due():
                clock.pause()
                if clock.reached(judged(network, held_out)):
                    return
                clock.resume()
    clock.pause()
    clock.reached(judged(network, held_out))


def main() -> None:
    """Train until the bar or the last epoch, and print the result."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bar", type=float, default=0.0, help="Nats; 0: all ten epochs.")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    clock = Clock(options.bar, every=LOOK_EVERY, lower=True)
    train(options.folder, clock, tuned=options.tuned)
    clock.tell()


if __name__ == "__main__":
    main()

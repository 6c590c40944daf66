"""PyTorch's "Basic MNIST Example" on the processor, as documented or tuned: `pytorch_mnist.py
FOLDER`.

Settings from github.com/pytorch/examples, mnist: two 3x3 convolutions of 32 and 64 channels,
max-pooling, dropout .25, 128 hidden units, dropout .5; Adadelta with rate 1, times .7 each epoch;
batches of 64 in the order of the files (it shuffles on accelerators only), each picture through
PIL, ToTensor and Normalize when it is drawn. Written anew here; torchvision's three steps are
written out below.

Tuned: the same network with normalised tensors in memory, shuffled batches of 256, bfloat16
autocast, channels-last memory, fused AdamW.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from clock import Clock
from digits import BAR, LOOK_EVERY, parts
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

MEAN, DEVIATION = 0.1307, 0.3081


class Pictures(Dataset):
    """Pictures prepared one by one when they are drawn."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images = torch.from_numpy(images.copy())
        self.labels = torch.from_numpy(labels)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = Image.fromarray(self.images[index].numpy())
        pixels = torch.from_numpy(np.array(picture, copy=True)).view(28, 28, 1)
        scaled = pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        mean = torch.as_tensor((MEAN,), dtype=torch.float32).view(-1, 1, 1)
        deviation = torch.as_tensor((DEVIATION,), dtype=torch.float32).view(-1, 1, 1)
        return scaled.sub_(mean).div_(deviation), int(self.labels[index])


class Network(nn.Module):
    """The example's network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.drop1 = nn.Dropout(0.25)
        self.drop2 = nn.Dropout(0.5)
        self.hidden = nn.Linear(9216, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Log probabilities (B, 10)."""
        x = functional.relu(self.conv2(functional.relu(self.conv1(x))))
        x = self.drop1(functional.max_pool2d(x, 2)).flatten(1)
        return functional.log_softmax(self.out(self.drop2(functional.relu(self.hidden(x)))), 1)


def prepared(images: np.ndarray) -> torch.Tensor:
    """All pictures as one normalised tensor."""
    return ((torch.from_numpy(images.copy()).float() / 255 - MEAN) / DEVIATION)[:, None]


def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of right answers, in batches of 1,000."""
    network.eval()
    with torch.no_grad():
        found = [network(batch).argmax(1) for batch in images.split(1000)]
    network.train()
    return float((torch.cat(found) == labels).float().mean())


def documented(folder: Path, epochs: int, clock: Clock) -> None:
    """The example as its documentation has it."""
    images, labels, valid, valid_labels = parts(folder)
    loader = DataLoader(Pictures(images, labels), batch_size=64)
    asked, truth = prepared(valid), torch.from_numpy(valid_labels)
    network = Network()
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    clock.resume()
    for _ in range(epochs):
        for batch, target in loader:
            optimizer.zero_grad()
            functional.nll_loss(network(batch), target).backward()
            optimizer.step()
            if clock.due():
                clock.pause()
                if clock.reached(accuracy(network, asked, truth)):
                    return
                clock.resume()
        schedule.step()
    clock.pause()


def tuned(folder: Path, epochs: int, clock: Clock) -> None:
    """The same network with what an expert would change."""
    images, labels, valid, valid_labels = parts(folder)
    pictures, classes = prepared(images), torch.from_numpy(labels)
    asked, truth = prepared(valid), torch.from_numpy(valid_labels)
    network = Network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, fused=True)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    clock.resume()
    for _ in range(epochs):
        for rows in torch.randperm(len(pictures)).split(256):
            batch = pictures[rows].to(memory_format=torch.channels_last)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                scores = network(batch)
            functional.nll_loss(scores.float(), classes[rows]).backward()
            optimizer.step()
            if clock.due():
                clock.pause()
                if clock.reached(accuracy(network, asked, truth)):
                    return
                clock.resume()
        schedule.step()
    clock.pause()


def main() -> None:
    """Train until the bar or the last epoch, and print the result."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    clock = Clock(BAR, every=LOOK_EVERY)
    (tuned if options.tuned else documented)(options.folder, options.epochs, clock)
    clock.tell()


if __name__ == "__main__":
    main()

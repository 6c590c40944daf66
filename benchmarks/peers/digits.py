"""The IDX files of MNIST to arrays; needs numpy alone."""

import gzip
from pathlib import Path

import numpy as np

BAR = 0.99  # accuracy
VALID_SHARE = 0.1
LOOK_EVERY = 200  # updates


def read_idx(path: Path) -> np.ndarray:
    """One gzip-compressed IDX file of bytes."""
    content = gzip.decompress(path.read_bytes())
    sides = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(content[3])]
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * len(sides)).reshape(sides)


def parts(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training pictures and labels, then those of the last tenth, which validate."""
    images = read_idx(folder / "train-images-idx3-ubyte.gz")
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz").astype(np.int64)
    first = round(len(images) * (1 - VALID_SHARE))
    return images[:first], labels[:first], images[first:], labels[first:]

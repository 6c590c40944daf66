"""The IDX files of MNIST to arrays, and a peer's result as a line of JSON; needs numpy alone."""

import gzip
import json
import time
from pathlib import Path

import numpy as np

BAR = 0.99
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


class Clock:
    """Seconds of training until validation reaches the bar; looking does not count."""

    def __init__(self) -> None:
        self.training_s = 0.0
        self.updates = 0
        self.accuracy = 0.0
        self.started = time.perf_counter()

    def resume(self) -> None:
        """Training goes on."""
        self.started = time.perf_counter()

    def pause(self) -> None:
        """Training stands still."""
        self.training_s += time.perf_counter() - self.started

    def due(self) -> bool:
        """One more update is done; is it time to look?"""
        self.updates += 1
        return self.updates % LOOK_EVERY == 0

    def reached(self, accuracy: float) -> bool:
        """Keep what was seen; is the bar reached?"""
        self.accuracy = accuracy
        return accuracy >= BAR

    def tell(self) -> None:
        """Print the result for the benchmark to read."""
        result = {
            "training_s": round(self.training_s, 3),
            "updates": self.updates,
            "accuracy": round(self.accuracy, 5),
            "reached": self.accuracy >= BAR,
        }
        print(json.dumps(result), flush=True)

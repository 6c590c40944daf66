"""How long a user waits for the command: `python benchmarks/waiting.py`.

Help and import shall take at most .2 s; one picture answered 3 s, and 1,000 pictures of
`flowers_small` 8 s, each a process of its own with all that it has to load. Medians of five, after
one that warms the disk's cache.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

DATA = Path(os.environ.get("FATHOM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
TIMES = 5
PICTURES = 1000


def seconds(command: Sequence[str]) -> float:
    """Median of a command's wall-clock time."""
    taken = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:])


def tell(what: str, command: Sequence[str], limit: float) -> None:
    """One line of the result."""
    taken = seconds(command)
    word = "within" if taken <= limit else "above"
    print(f"{what}: {taken:.2f} s, {word} {limit:g} s", flush=True)


def some(source: Path, place: Path) -> None:
    """A flat folder of the first pictures of a folder per class."""
    place.mkdir()
    for number, file in enumerate(islice(sorted(source.rglob("*.jpg")), PICTURES)):
        shutil.copy(file, place / f"{number:04}.jpg")


def main() -> None:
    """Train for a moment, then wait as a user does."""
    fathom = str(Path(sys.executable).with_name("fathom"))
    tell("fathom --help", [fathom, "--help"], 0.2)
    tell("import fathom", [sys.executable, "-c", "import fathom"], 0.2)
    source = DATA / "flowers_small"
    with tempfile.TemporaryDirectory() as folder:
        run, pictures = Path(folder) / "run", Path(folder) / "pictures"
        words = ["train", str(source), "--budget", "1m", "--out", str(run)]
        subprocess.run([fathom, *words], check=True, stdout=subprocess.DEVNULL)
        some(source, pictures)
        one = next(pictures.iterdir())
        tell("one picture", [fathom, "predict", str(run), str(one)], 3.0)
        tell(f"{PICTURES:,} pictures", [fathom, "predict", str(run), str(pictures)], 8.0)


if __name__ == "__main__":
    main()

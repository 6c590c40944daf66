"""Does a killed training end at the same bits? `python benchmarks/kill.py --times 20 [--cases mlp
cnn]`.

One training runs to its end; twenty others, from the same recipe, get SIGKILL at random moments
and are resumed (and killed again, up to three times) until they finish. Weights and the log
without its `time` must have the same sha256.
"""

import argparse
import hashlib
import json
import math
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

HOURS = 1500


def waves(folder: Path) -> str:
    """A made series of hours, with a day's rhythm and a trend, as a file."""
    draw = random.Random(0)
    start = datetime(2024, 1, 1)
    rows = [
        f"{start + timedelta(hours=k)},{10 + k / 300 + math.sin(k / 3.82) + draw.gauss(0, 0.3):.4f}"
        for k in range(HOURS)
    ]
    file = folder / "waves.csv"
    file.write_text("\n".join(["date,load", *rows]) + "\n", encoding="utf-8")
    return str(file)


def sample(name: str) -> Callable[[Path], str]:
    """Data of the package."""
    return lambda folder: name


# By name: the family, its data, and how long it is trained.
CASES: dict[str, tuple[str, Callable[[Path], str], tuple[str, ...]]] = {
    "cnn": ("cnn", sample("digits"), ("--updates", "400")),
    "forecast-rnn": ("rnn", waves, ("--updates", "200")),
    "forecast-transformer": ("transformer", waves, ("--updates", "100")),
    "mlp": ("mlp", sample("breast_cancer"), ("--updates", "600")),
}


def identity(run: Path) -> tuple[str, str]:
    """sha256 of the weights, and of the log without its durations."""
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    timeless = [{k: v for k, v in json.loads(line).items() if k != "time"} for line in lines]
    weights = hashlib.sha256((run / "weights.safetensors").read_bytes()).hexdigest()
    return weights, hashlib.sha256(json.dumps(timeless).encode()).hexdigest()


def fathom(*words: str) -> "subprocess.Popen[bytes]":
    """Start the real command."""
    return subprocess.Popen(
        [sys.executable, "-m", "fathom", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until a file is there or the process is gone."""
    while not path.exists() and process.poll() is None:
        time.sleep(0.005)


def killed_and_resumed(start: Path, run: Path, longest_s: float, draw: random.Random) -> int:
    """Resume a copy of a started run, killing it at random moments; returns the number of kills."""
    shutil.copytree(start, run)
    kills = 0
    while kills < 3:
        process = fathom("resume", str(run))
        try:
            process.wait(draw.uniform(0.0, longest_s))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    subprocess.run(
        [sys.executable, "-m", "fathom", "resume", str(run)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return kills


def trial(case: str, times: int, draw: random.Random) -> bool:
    """One case: a start that is stopped after its recipe, a reference, and the killed ones."""
    family, made, options = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        start, data = Path(folder) / "start", made(Path(folder))
        process = fathom("train", data, "--family", family, *options, "--out", str(start))
        wait_for(start / "log.jsonl", process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        reference = Path(folder) / "reference"
        shutil.copytree(start, reference)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "fathom", "resume", str(reference)], check=True)
        longest = time.perf_counter() - began
        expected = identity(reference)
        same = 0
        for number in range(times):
            run = Path(folder) / f"killed-{number}"
            kills = killed_and_resumed(start, run, longest, draw)
            equal = identity(run) == expected
            same += equal
            sys.stdout.write(
                f"{case} {number}: {kills} kills, {'identical' if equal else 'DIFFERENT'}\n"
            )
            sys.stdout.flush()
            shutil.rmtree(run)
    sys.stdout.write(f"{case}: {same} of {times} identical\n")
    return same == times


def main() -> None:
    """Every case asked for; exit code 1 if any run differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    good = [trial(case, asked.times, draw) for case in asked.cases]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

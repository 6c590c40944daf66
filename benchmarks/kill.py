"""Does a killed training end at the same bits? `python benchmarks/kill.py --times 20 [--family mlp
cnn]`.

One training runs to its end; twenty others, from the same recipe, get SIGKILL at random moments
and are resumed (and killed again, up to three times) until they finish. Weights and the log
without its `time` must have the same sha256.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FAMILIES = {"mlp": ("breast_cancer", "--updates", "600"), "cnn": ("digits", "--updates", "400")}


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


def trial(family: str, times: int, draw: random.Random) -> bool:
    """One family: a start that is stopped after its recipe, a reference, and the killed ones."""
    data, *options = FAMILIES[family]
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start"
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
                f"{family} {number}: {kills} kills, {'identical' if equal else 'DIFFERENT'}\n"
            )
            sys.stdout.flush()
            shutil.rmtree(run)
    sys.stdout.write(f"{family}: {same} of {times} identical\n")
    return same == times


def main() -> None:
    """Every family asked for; exit code 1 if any run differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--family", nargs="*", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    good = [trial(family, asked.times, draw) for family in asked.family]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

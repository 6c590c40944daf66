"""Time to 99.0 % on MNIST beside two peers: `python benchmarks/mnist_time_to_quality.py --rounds
5`.

The clock runs from the first update until accuracy on the last tenth of the training pictures
(6,000) reaches 99.0 %; looking at validation does not count, on either side. Peers look every 200
updates, which favours them: they stop at the first lucky look. The product's clock stops after
its last update: it trains `--updates` updates, a number chosen on validation, and is judged once,
on all 6,000. Contestants take turns, each in a
process of its own; peers live in virtual environments under `benchmarks/.venvs`, made on the first
call. Reported are the median ratio over the rounds with its range, and the same for whole
processes, where the product also checks the data, trains its rivals, measures the test part and
writes its report.

Every result is kept in `benchmarks/mnist_time_to_quality.jsonl`; a stopped benchmark goes on where
it was.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data")) / "mnist"
HERE = ROOT / "benchmarks"
RESULTS = HERE / "mnist_time_to_quality.jsonl"
BAR = 0.99
TRAIN, VALID, TEST = 54_000, 6_000, 10_000
REQUIREMENTS = {
    "pytorch": ("torch==2.13.0", "numpy", "pillow"),
    "keras": ("torch==2.13.0", "keras==3.*", "numpy"),
}
BARS = {"pytorch": 20.0, "keras": 15.0}

Result = dict[str, float | int | str | bool]


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    rounds: int
    updates: int
    threads: int
    epochs: int
    only: tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """A peer's script in its own environment."""

    name: str
    environment: str
    tuned: bool

    def run(self, turn: int, options: Options) -> Result:
        """Train once and read the last line that is printed."""
        script = HERE / "peers" / f"{self.environment}_mnist.py"
        command = [
            str(interpreter(self.environment)),
            str(script),
            str(DATA),
            f"--epochs={options.epochs}",
            f"--threads={options.threads}",
            f"--seed={turn + 1}",
            *(["--tuned"] if self.tuned else []),
        ]
        told, seconds = timed(command, options.threads)
        return {**json.loads(told.splitlines()[-1]), "process_s": seconds}


@dataclass(frozen=True)
class Product:
    """`fathom train` on the same pictures with the same validation part."""

    name: str = "fathom"

    def run(self, turn: int, options: Options) -> Result:
        """Train once and read the log of the run."""
        with tempfile.TemporaryDirectory() as folder:
            split, run = Path(folder) / "split.json", Path(folder) / "run"
            parts = ["train"] * TRAIN + ["valid"] * VALID + ["test"] * TEST
            split.write_text(json.dumps(parts), encoding="utf-8")
            command = [
                sys.executable, "-m", "fathom", "train", str(DATA), "--json", "--budget=1m",
                f"--split={split}", f"--updates={options.updates}", f"--seed={turn}",
                f"--out={run}", f"--cache={Path(folder) / 'cache'}",
            ]  # fmt: skip
            _, seconds = timed(command, options.threads)
            lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
            stored = polars.read_parquet(run / "predictions.parquet")
        last = [line for line in map(json.loads, lines) if line["kind"] == "validation"][-1]
        held_out = stored.filter(polars.col("part") == "valid")
        right = (held_out["truth"] == held_out["answer"]).sum() / VALID
        return {
            "training_s": last["time"]["training_s"],
            "updates": last["update"],
            "accuracy": round(right, 5),
            "reached": right >= BAR,
            "process_s": seconds,
        }


CONTESTANTS: tuple[Product | Peer, ...] = (
    Product(),
    Peer("pytorch", "pytorch", tuned=False),
    Peer("pytorch tuned", "pytorch", tuned=True),
    Peer("keras", "keras", tuned=False),
    Peer("keras tuned", "keras", tuned=True),
)


def interpreter(environment: str) -> Path:
    """The Python of a peer's environment, which is made if it isn't there."""
    folder = HERE / ".venvs" / environment
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *REQUIREMENTS[environment]], check=True
        )
        ready.touch()
    return python


def timed(command: Sequence[str], threads: int) -> tuple[str, float]:
    """What a process printed, and the seconds from its start to its end."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout, round(time.perf_counter() - started, 2)


def kept(options: Options) -> list[Result]:
    """Results of an earlier call with the same settings."""
    if not RESULTS.exists():
        return []
    found = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return [
        result
        for result in found
        if result["threads"] == options.threads
        and (result["name"] != "fathom" or result["asked"] == options.updates)
    ]


def compete(options: Options) -> list[Result]:
    """Let the contestants take turns; every finished turn is written down at once."""
    results = kept(options)
    done = {(result["name"], result["round"]) for result in results}
    chosen = [entry for entry in CONTESTANTS if not options.only or entry.name in options.only]
    for peer in chosen:
        if isinstance(peer, Peer):
            interpreter(peer.environment)
    for turn in range(options.rounds):
        for contestant in chosen:
            if (contestant.name, turn) in done:
                continue
            about = {"name": contestant.name, "round": turn, "threads": options.threads}
            result = about | {"asked": options.updates} | contestant.run(turn, options)
            print(json.dumps(result), flush=True)
            results.append(result)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
    return [result for result in results if int(result["round"]) < options.rounds]


def ratios(results: list[Result], name: str, measure: str) -> list[float]:
    """The peer's seconds over the product's, round by round."""
    seconds = {(r["name"], r["round"]): float(r[measure]) for r in results}
    rounds = sorted({r["round"] for r in results})
    return [
        seconds[name, turn] / seconds["fathom", turn]
        for turn in rounds
        if (name, turn) in seconds and ("fathom", turn) in seconds
    ]


def told(values: list[float]) -> str:
    """Median and range."""
    if not values:
        return "-"
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def show(results: list[Result]) -> None:
    """The table of the benchmark."""
    print("| | reached 99.0 % | training s, median | ratio | whole process, ratio | bar |")
    print("|---|---|---|---|---|---|")
    for contestant in CONTESTANTS:
        own = [result for result in results if result["name"] == contestant.name]
        if not own:
            continue
        seconds = statistics.median(float(result["training_s"]) for result in own)
        reached = f"{sum(bool(result['reached']) for result in own)} of {len(own)}"
        pair = [told(ratios(results, contestant.name, m)) for m in ("training_s", "process_s")]
        bar = f"{BARS[contestant.name]:.0f}" if contestant.name in BARS else ""
        print(f"| {contestant.name} | {reached} | {seconds:.1f} | {pair[0]} | {pair[1]} | {bar} |")


def main() -> None:
    """Read the command line, run, show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=80, help="Updates of the product.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=14, help="At most, for the peers.")
    parser.add_argument("--only", nargs="*", default=(), help="Names of contestants.")
    asked = parser.parse_args()
    options = Options(asked.rounds, asked.updates, asked.threads, asked.epochs, tuple(asked.only))
    show(compete(options))


if __name__ == "__main__":
    main()

"""The product and its peers take turns until each has reached a bar: what every benchmark of time
to quality shares.

The clock runs from the first update until the bar is reached; looking at held-out data does not
count, on either side. Peers look every so many updates, which favours them: they stop at the first
lucky look. The product trains a number of updates that was chosen on validation and is judged once,
after the last. Each turn is a process of its own; peers live in virtual environments under
`benchmarks/.venvs`, made on the first call. Every result is kept beside the benchmark, so that a
stopped one goes on where it was.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data"))
HERE = ROOT / "benchmarks"

Result = dict[str, float | int | str | bool]


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    rounds: int
    updates: int
    threads: int
    only: tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """A peer's script in an environment with what it requires; its last line is its result."""

    name: str
    script: str
    requires: tuple[str, ...]
    words: tuple[str, ...]

    def run(self, turn: int, options: Options) -> Result:
        """Train once and read the last line that is printed."""
        command = [
            str(self.interpreter()),
            str(HERE / "peers" / f"{self.script}.py"),
            *self.words,
            f"--threads={options.threads}",
            f"--seed={turn + 1}",
        ]
        told, seconds = timed(command, options.threads)
        return {**json.loads(told.splitlines()[-1]), "process_s": seconds}

    def interpreter(self) -> Path:
        """The Python of the peer's environment, which is made if it isn't there."""
        folder = HERE / ".venvs" / self.script
        python, ready = folder / "bin" / "python", folder / "ready"
        if not ready.exists():
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *self.requires], check=True)
            ready.touch()
        return python


@dataclass(frozen=True)
class Product:
    """`fathom train` on a source and parts of it; `judge` tells a run's value and if it is enough.

    parts: train, valid, test or unused for each row.
    """

    source: Path
    parts: Callable[[], list[str]]
    judge: Callable[[Path], tuple[float, bool]]
    words: tuple[str, ...] = ()
    name: str = "fathom"

    def run(self, turn: int, options: Options) -> Result:
        """Train once and read the log of the run."""
        with tempfile.TemporaryDirectory() as folder:
            split, run = Path(folder) / "split.json", Path(folder) / "run"
            split.write_text(json.dumps(self.parts()), encoding="utf-8")
            command = [
                sys.executable, "-m", "fathom", "train", str(self.source), "--json", "--budget=1m",
                f"--split={split}", f"--updates={options.updates}", f"--seed={turn}",
                f"--out={run}", f"--cache={Path(folder) / 'cache'}", *self.words,
            ]  # fmt: skip
            _, seconds = timed(command, options.threads)
            lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
            value, reached = self.judge(run)
        last = [line for line in map(json.loads, lines) if line["kind"] == "validation"][-1]
        return {
            "training_s": last["time"]["training_s"],
            "updates": last["update"],
            "value": round(value, 5),
            "reached": reached,
            "process_s": seconds,
        }


@dataclass(frozen=True)
class Race:
    """Who takes part, where results are kept, and how many times faster the product shall be."""

    results: Path
    bar: str
    contestants: tuple[Product | Peer, ...]
    goals: Mapping[str, float]

    def compete(self, options: Options) -> list[Result]:
        """Let the contestants take turns; every finished turn is written down at once."""
        results = self.kept(options)
        done = {(result["name"], result["round"]) for result in results}
        chosen = [one for one in self.contestants if not options.only or one.name in options.only]
        for one in chosen:
            if isinstance(one, Peer):
                one.interpreter()
        for turn in range(options.rounds):
            for one in chosen:
                if (one.name, turn) in done:
                    continue
                about = {"name": one.name, "round": turn, "threads": options.threads}
                asked = {"bar": self.bar, "asked": options.updates}
                result = about | asked | one.run(turn, options)
                print(json.dumps(result), flush=True)
                results.append(result)
                with self.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(result) + "\n")
        return [result for result in results if int(result["round"]) < options.rounds]

    def kept(self, options: Options) -> list[Result]:
        """Results of an earlier call with the same settings; the oldest are of the only bar."""
        if not self.results.exists():
            return []
        found = map(json.loads, self.results.read_text(encoding="utf-8").splitlines())
        return [
            result
            for result in found
            if result["threads"] == options.threads
            and result.get("bar", self.bar) == self.bar
            and (result["name"] != "fathom" or result["asked"] == options.updates)
        ]

    def show(self, results: Sequence[Result]) -> None:
        """Print the table of the benchmark."""
        print(f"| | reached {self.bar} | training s, median | ratio | whole process | goal |")
        print("|---|---|---|---|---|---|")
        for one in self.contestants:
            own = [result for result in results if result["name"] == one.name]
            if not own:
                continue
            seconds = statistics.median(float(result["training_s"]) for result in own)
            reached = f"{sum(bool(result['reached']) for result in own)} of {len(own)}"
            pair = [told(ratios(results, one.name, m)) for m in ("training_s", "process_s")]
            goal = f"{self.goals[one.name]:.0f}" if one.name in self.goals else ""
            print(f"| {one.name} | {reached} | {seconds:.1f} | {pair[0]} | {pair[1]} | {goal} |")


def timed(command: Sequence[str], threads: int) -> tuple[str, float]:
    """What a process printed, and the seconds from its start to its end."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout, round(time.perf_counter() - started, 2)


def ratios(results: Sequence[Result], name: str, measure: str) -> list[float]:
    """The peer's seconds over the product's, round by round."""
    seconds = {(r["name"], r["round"]): float(r[measure]) for r in results}
    rounds = sorted({r["round"] for r in results})
    return [
        seconds[name, turn] / seconds["fathom", turn]
        for turn in rounds
        if (name, turn) in seconds and ("fathom", turn) in seconds
    ]


def told(values: Sequence[float]) -> str:
    """Median and range."""
    if not values:
        return "-"
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def arguments(description: str, *, updates: int) -> argparse.ArgumentParser:
    """The words that every race takes; `updates`: the product's, unless the command line says
    otherwise.
    """
    parser = argparse.ArgumentParser(description=description.split(":")[0].replace("\n", " "))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=updates, help="Updates of the product.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=(), help="Names of contestants.")
    return parser


def options_of(asked: argparse.Namespace) -> Options:
    """What the command line says."""
    return Options(asked.rounds, asked.updates, asked.threads, tuple(asked.only))


def run(race: Race, description: str, *, updates: int) -> None:
    """Read the command line, run, show."""
    race.show(race.compete(options_of(arguments(description, updates=updates).parse_args())))

"""The product's diffusion beside denoising-diffusion-pytorch's settings at equal minutes, judged by
one judge: `python benchmarks/denoising.py --minutes 5 --rounds 3`.

All learn from the training digits and are judged beside the same held-out ones, in the features of
the classifier that the product's run by class is judged by: kernel distance, coverage, density. The
minutes of the product are a ceiling for its whole command, reading and rivals included; those of
its peers are of training alone. The peers draw without classes, so the product runs twice: as it is
used, by class, and without classes, on the same files without the labels. `peers/
denoising_diffusion.py` tells the peer's settings. Ahead: the interval of the difference in kernel
distance, from the same resamples, lies below 0.

All take a turn in every round, one at a time. What each made is kept in `benchmarks/.rounds` until
its round is judged, and every result beside the benchmark, so that a stopped one goes on where it
was.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fathom
from fathom.evaluate import HeldOut
from fathom.train.crowds import Crowd
from fathom.train.listener import Listener
from fathom.train.sampling import Sitting, samples, sitting_of
from race import DATA, HERE, Peer, timed

REQUIRED = ("torch==2.13.0", "numpy")
METRICS = ("kid", "coverage_k", "density")
RESULTS = HERE / "denoising.jsonl"
BY_CLASS, WITHOUT = "fathom by class", "fathom without classes"
PEERS: Mapping[str, tuple[str, ...]] = {"peer": (), "peer tuned": ("--tuned",)}
SETTINGS = ("minutes", "samples", "steps", "threads", "updates")  # what makes results comparable

Result = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """One round: its seed, and what was asked; `place` keeps what it made until it is judged."""

    seed: int
    asked: argparse.Namespace

    @property
    def place(self) -> Path:
        """A folder of its own for a seed and settings."""
        words = "-".join(f"{value:g}" for value in settings(self.asked).values())
        return HERE / ".rounds" / f"denoising-{words}-{self.seed}"

    def train(self, source: Path, name: str) -> Path:
        """A run of the product, which decodes its data anew as a first one does."""
        run = self.place / name
        command = [
            sys.executable, "-m", "fathom", "train", str(source), "--json", "--task=generation",
            "--family=diffusion", f"--budget={self.asked.minutes * 60:.0f}s",
            f"--seed={self.seed}", f"--out={run}", f"--cache={self.place / 'cache'}",
        ]  # fmt: skip
        if self.asked.updates:
            command.append(f"--updates={self.asked.updates}")

        def work() -> Result:
            shutil.rmtree(run, ignore_errors=True)
            return {"process_s": timed(command, self.asked.threads)[1]}

        self.once(name, work)
        return run

    def peer(self, name: str) -> np.ndarray:
        """Pictures (N, 28, 28, 1) of a peer."""
        out, words = self.place / f"{name}.npy", PEERS[name]
        peer = Peer("peer", "denoising_diffusion", REQUIRED, words)
        python = sys.executable if self.asked.here else str(peer.interpreter())
        command = [
            python, str(HERE / "peers" / "denoising_diffusion.py"), str(DATA / "mnist"),
            f"--seconds={self.asked.minutes * 60}", f"--samples={self.asked.samples}",
            f"--steps={self.asked.steps}", f"--out={out}", f"--threads={self.asked.threads}",
            f"--seed={self.seed + 1}", *words,
        ]  # fmt: skip

        def work() -> Result:
            told, seconds = timed(command, self.asked.threads)
            return {"process_s": seconds, **json.loads(told.splitlines()[-1])}

        self.once(name, work)
        return np.load(out)[..., None]

    def once(self, name: str, work: Callable[[], Result]) -> None:
        """Do a contestant's work and keep what it tells, unless that was done before a stop."""
        told = self.place / f"{name}.json"
        if not told.exists():
            found = json.dumps(work())
            told.write_text(found, encoding="utf-8")

    def about(self, name: str) -> Result:
        """What was told of a contestant's work."""
        found: Result = json.loads((self.place / f"{name}.json").read_text(encoding="utf-8"))
        return found


def settings(asked: argparse.Namespace) -> dict[str, float]:
    """What two results must have in common to be of one race."""
    return {name: float(getattr(asked, name)) for name in SETTINGS}


def unlabelled(place: Path) -> Path:
    """The digits without their labels."""
    folder = place / "unlabelled"
    folder.mkdir(exist_ok=True)
    for file in sorted((DATA / "mnist").glob("*images*")):
        shutil.copy(file, folder)
    return folder


def compete(turn: Turn) -> list[Result]:
    """Train and draw all, then judge all at one sitting."""
    turn.place.mkdir(parents=True, exist_ok=True)
    by_class = turn.train(DATA / "mnist", BY_CLASS)
    without = turn.train(unlabelled(turn.place), WITHOUT)
    peers = {name: turn.peer(name) for name in PEERS}
    sitting = sitting_of(fathom.load(by_class), Listener(), str(turn.place / "cache"))
    held_out = sitting.real("test", turn.asked.samples)
    crowds = {
        BY_CLASS: samples(sitting.objective, sitting.prepared, held_out.wish),
        WITHOUT: fathom.load(without).draw(turn.asked.samples),
        **peers,
    }
    return judged(sitting, held_out, crowds, turn)


def judged(
    sitting: Sitting, held_out: Crowd, crowds: Mapping[str, np.ndarray], turn: Turn
) -> list[Result]:
    """Values with intervals, and how far each is from the product without classes."""
    judge = HeldOut.of("sample", held_out.truth, seed=turn.seed)
    fields = {}
    for name, pixels in crowds.items():
        features, random, _ = sitting.judge.views(pixels)
        fields[name] = judge.prepared({"features": features, "random": random})
    results = []
    for name in crowds:
        values = judge.measured(fields[name])
        apart = asdict(judge.difference("kid", fields[WITHOUT], fields[name]))
        results.append(
            {
                "name": name,
                "round": turn.seed,
                **settings(turn.asked),
                **turn.about(name),
                **{metric: values[metric] for metric in METRICS if metric in values},
                "without_classes_minus_this": apart,
            }
        )
    return results


def kept(asked: argparse.Namespace) -> dict[int, list[Result]]:
    """Results of an earlier call with the same settings, by round."""
    if not RESULTS.exists():
        return {}
    found: dict[int, list[Result]] = {}
    for line in RESULTS.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        if all(result.get(name) == value for name, value in settings(asked).items()):
            found.setdefault(result["round"], []).append(result)
    return found


def show(results: list[Result]) -> None:
    """Print a line for each."""
    for one in results:
        told = [
            f"{metric} {one[metric]['value']:.4f} ({one[metric]['low']:.4f} to "
            f"{one[metric]['high']:.4f})"
            for metric in METRICS
            if metric in one
        ]
        against = (
            "" if one["name"] not in PEERS else f"; the product without classes is {word(one)}"
        )
        print(
            f"round {one['round']}, {one['name']}, whole process {one['process_s']:.0f} s: "
            f"{', '.join(told)}{against}",
            flush=True,
        )


def word(peer: Result) -> str:
    """Whether the product without classes is ahead of a peer."""
    return "ahead" if peer["without_classes_minus_this"]["high"] < 0 else "not ahead"


def main() -> None:
    """Read the command line and let them learn, one after the other."""
    parser = argparse.ArgumentParser(description="The product's diffusion beside a peer's.")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--steps", type=int, default=250, help="Of the peers' sampler.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=0, help="Of the product, to try this out.")
    parser.add_argument("--here", action="store_true", help="Peers in this environment.")
    asked = parser.parse_args()
    done = kept(asked)
    for seed in range(asked.rounds):
        if seed not in done:
            turn = Turn(seed, asked)
            done[seed] = compete(turn)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(result) + "\n" for result in done[seed])
            shutil.rmtree(turn.place)
        show(done[seed])
    for name in PEERS:
        each = [
            word(one) for seed in range(asked.rounds) for one in done[seed] if one["name"] == name
        ]
        print(f"ahead of the {name} in {each.count('ahead')} of {len(each)} rounds")


if __name__ == "__main__":
    main()

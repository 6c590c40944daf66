"""The product's diffusion beside denoising-diffusion-pytorch's settings at equal minutes, judged by
one judge: `python benchmarks/denoising.py --minutes 5 --rounds 3`.

All learn from the training digits and are judged beside the same held-out ones, in the features of
the classifier that the product's run by class is judged by: kernel distance, coverage, density. The
minutes of the product are a ceiling for its whole command, reading and rivals included; those of
its peers are of training alone. The peers draw without classes, so the product runs twice: as it is
used, by class, and without classes, on the same files without the labels. `peers/
denoising_diffusion.py` tells the peer's settings. Ahead: the interval of the difference in kernel
distance, from the same resamples, lies below 0. Every result is kept beside the benchmark.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fathom
from fathom.evaluate import HeldOut
from fathom.train.sampling import Sitting, samples
from race import DATA, HERE, Peer, timed
from solver_steps import sitting_of

REQUIRED = ("torch==2.13.0", "numpy")
METRICS = ("kid", "coverage_k", "density")
RESULTS = HERE / "denoising.jsonl"
BY_CLASS, WITHOUT = "fathom by class", "fathom without classes"
PEERS: Mapping[str, tuple[str, ...]] = {"peer": (), "peer tuned": ("--tuned",)}


@dataclass(frozen=True)
class Turn:
    """One round: where its files are, its seed, and how long each may learn."""

    place: Path
    seed: int
    asked: argparse.Namespace

    def train(self, source: Path, name: str) -> tuple[Path, float]:
        """A run of the product, and the seconds of its command."""
        run = self.place / name
        command = [
            sys.executable, "-m", "fathom", "train", str(source), "--json", "--task=generation",
            "--family=diffusion", f"--budget={self.asked.minutes * 60:.0f}s",
            f"--seed={self.seed}", f"--out={run}",
        ]  # fmt: skip
        if self.asked.updates:
            command.append(f"--updates={self.asked.updates}")
        return run, timed(command, self.asked.threads)[1]

    def peer(self, words: tuple[str, ...]) -> tuple[np.ndarray, dict[str, Any]]:
        """Pictures of a peer, and what it tells."""
        out = self.place / "samples.npy"
        peer = Peer("peer", "denoising_diffusion", REQUIRED, words)
        python = sys.executable if self.asked.here else str(peer.interpreter())
        command = [
            python, str(HERE / "peers" / "denoising_diffusion.py"), str(DATA / "mnist"),
            f"--seconds={self.asked.minutes * 60}", f"--samples={self.asked.samples}",
            f"--steps={self.asked.steps}", f"--out={out}", f"--threads={self.asked.threads}",
            f"--seed={self.seed + 1}", *words,
        ]  # fmt: skip
        told, _ = timed(command, self.asked.threads)
        return np.load(out)[..., None], json.loads(told.splitlines()[-1])


def unlabelled(place: Path) -> Path:
    """The digits without their labels."""
    folder = place / "unlabelled"
    folder.mkdir()
    for file in sorted((DATA / "mnist").glob("*images*")):
        shutil.copy(file, folder)
    return folder


def compete(turn: Turn) -> list[dict[str, Any]]:
    """Train and draw all, then judge all at one sitting."""
    asked = turn.asked
    by_class, seconds = turn.train(DATA / "mnist", "by-class")
    without, other_seconds = turn.train(unlabelled(turn.place), "without")
    sitting = sitting_of(fathom.load(by_class))
    held_out = sitting.real("test", asked.samples)
    crowds = {
        BY_CLASS: samples(sitting.objective, sitting.prepared, held_out.wish),
        WITHOUT: fathom.load(without).draw(asked.samples),
    }
    about: dict[str, dict[str, Any]] = {
        BY_CLASS: {"process_s": seconds},
        WITHOUT: {"process_s": other_seconds},
    }
    for name, words in PEERS.items():
        crowds[name], about[name] = turn.peer(words)
    return judged(sitting, held_out, crowds, about, turn)


def judged(
    sitting: Sitting,
    held_out: Any,
    crowds: Mapping[str, np.ndarray],
    about: Mapping[str, dict[str, Any]],
    turn: Turn,
) -> list[dict[str, Any]]:
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
                "minutes": turn.asked.minutes,
                "samples": turn.asked.samples,
                **about[name],
                **{metric: values[metric] for metric in METRICS if metric in values},
                "without_classes_minus_this": apart,
            }
        )
    return results


def show(results: list[dict[str, Any]]) -> None:
    """Print a line for each."""
    for one in results:
        told = [
            f"{metric} {one[metric]['value']:.4f} ({one[metric]['low']:.4f} to "
            f"{one[metric]['high']:.4f})"
            for metric in METRICS
            if metric in one
        ]
        apart = one["without_classes_minus_this"]
        ahead = "ahead" if apart["high"] < 0 else "not ahead"
        against = "" if one["name"] not in PEERS else f"; the product without classes is {ahead}"
        print(f"round {one['round']}, {one['name']}: {', '.join(told)}{against}", flush=True)


def main() -> None:
    """Read the command line and let them learn, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--steps", type=int, default=250, help="Of the peers' sampler.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=0, help="Of the product, to try this out.")
    parser.add_argument("--here", action="store_true", help="Peers in this environment.")
    asked = parser.parse_args()
    for seed in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            results = compete(Turn(Path(folder), seed, asked))
        with RESULTS.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(result) + "\n" for result in results)
        show(results)


if __name__ == "__main__":
    main()

"""Sounds on real data: `python benchmarks/speech.py rivals`, `... digits [--minutes 1]`.

rivals: the classical methods beside the figures documented for them. digits: clips of 3 to 7
spoken digits, made of `spoken_digits` with silences between, all speakers in all parts, and the
word error rate of `fathom train` on them. Real data by FATHOM_DATA.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fathom.baselines.cepstra import sound_frames, sound_statistics
from fathom.baselines.features import scaled
from fathom.baselines.margin import fit_classes as margin
from fathom.baselines.method import Setting
from fathom.baselines.request import RivalRequest
from fathom.baselines.warping import fit_classes as warping
from fathom.data.codecs.audio import AudioCodec
from fathom.data.sources import ReadOptions, read
from fathom.data.table import Table
from spoken import concatenated

DATA = Path(os.environ.get("FATHOM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def requests(table: Table, target: str, group: str) -> Iterator[tuple[str, RivalRequest]]:
    """One request for each group that is held out; nothing is validated on."""
    sounds = table["audio"].values
    codec = AudioCodec.fit(sounds, whole=True)
    stored = codec.encode(sounds)["value"]
    names, labels = np.unique(table[target].series.cast(str).to_numpy(), return_inverse=True)
    groups = table[group].series.cast(str).to_numpy()
    for name in np.unique(groups):
        yield (
            str(name),
            RivalRequest(
                kind="category",
                classes=len(names),
                target=labels.astype(np.int64),
                train=np.flatnonzero(groups != name),
                valid=np.zeros(0, dtype=np.int64),
                test=np.flatnonzero(groups == name),
                waves=stored.flat.numpy(),
                wave_offsets=stored.offsets,
                rate=codec.rate,
            ),
        )


def rivals(warp: bool) -> None:
    """Accuracy of each held-out group, and its mean, in percent."""
    sources = {
        "spoken_digits": ("{digit}_{speaker}_{n}", "digit", "speaker", "SVM 53.7, DTW 63.6"),
        "esc10_sounds": ("{fold}-{clip}-{take}", "label", "fold", "SVM 78.7"),
    }
    for data, (pattern, target, group, known) in sources.items():
        table = read(str(DATA / data), ReadOptions(pattern=pattern, target=(target,)))
        found: dict[str, list[float]] = {"margin": [], "warping": []}
        started = time.process_time()
        for _, request in requests(table, target, group):
            y = request.target
            rows = np.concatenate([request.train, request.test])
            dense = sound_statistics(request, rows)
            dense = scaled(dense, dense[: len(request.train)])
            nothing = np.zeros(0, dtype=np.int64)
            setting = Setting("category", request.classes, nothing, dense[:0], nothing, 0)
            answer = margin(setting, dense[: len(request.train)], y[request.train])
            right = answer(dense[len(request.train) :]).argmax(1) == y[request.test]
            found["margin"].append(float(right.mean()))
            if warp and data == "spoken_digits":
                frames = sound_frames(request, rows)
                setting = Setting("category", request.classes, nothing, frames[:0], nothing, 0)
                answer = warping(setting, frames[: len(request.train)], y[request.train])
                right = answer(frames[len(request.train) :]).argmax(1) == y[request.test]
                found["warping"].append(float(right.mean()))
        took = time.process_time() - started
        for name, values in found.items():
            if values:
                shown = ", ".join(f"{100 * value:.1f}" for value in values)
                mean = 100 * float(np.mean(values))
                sys.stdout.write(f"{data} {name}: {mean:.1f} ({shown}); documented {known}\n")
        sys.stdout.write(f"{data}: {took:.0f} s of the processor\n")
        sys.stdout.flush()


def digits(minutes: int, more: list[str]) -> None:
    """The word error rate of a training on the concatenations."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "digits"
        folder.mkdir()
        concatenated(DATA, folder)
        out = Path(place) / "run"
        command = [sys.executable, "-m", "fathom", "train", str(folder), "--out", str(out)]
        command += ["--split", str(folder.parent / "split.json"), "--budget", f"{minutes}m", *more]
        subprocess.run(command, check=True)
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    sys.stdout.write(f"{report['verdict']['sentence']}\n{json.dumps(report['metrics'])}\n")


def main() -> None:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("rivals", "digits"))
    parser.add_argument("--minutes", type=int, default=1)
    parser.add_argument("--no-warping", action="store_true")
    asked, more = parser.parse_known_args()
    if asked.what == "rivals":
        rivals(not asked.no_warping)
    else:
        digits(asked.minutes, more)


if __name__ == "__main__":
    main()

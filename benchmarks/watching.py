"""The row `nab-1m`: mean VUS-PR of watched series, each scored as a whole, beside both rivals.

`python benchmarks/watching.py --budget 1m` with the folder of data sets in FATHOM_DATA; the labels
are windows of the JSON file above the series, and no training sees them.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

import fathom
from fathom.baselines.watching import deviation, principal
from fathom.data.codecs.around import AroundCodec
from fathom.data.sources import ReadOptions, read
from fathom.metrics.volume import vus_pr
from fathom.run import Run

FOLDER = "nab_anomaly/realKnownCause"


def volumes(run: Run, file: Path) -> dict[str, float]:
    """VUS-PR over the whole series of the network and of each rival."""
    table = read(str(file), ReadOptions(task="anomaly"))
    truth = (table[table.target].series == "1").to_numpy().astype(np.int64)
    codec = run.fields.inputs[0].codec
    assert isinstance(codec, AroundCodec)
    series = codec.series(table)[:, 0].astype(np.float64)
    learnt = np.arange(1, len(series) // 2)
    scores = {
        "network": run.predict(str(file))["score"].to_numpy(),
        "principal": principal(series, learnt, codec.window),
        "deviation": deviation(series, learnt, codec.window),
    }
    buffer = np.full(len(series), codec.window)
    return {
        name: float(vus_pr(truth, {"score": s, "buffer": buffer})) for name, s in scores.items()
    }


def main() -> None:
    """Train on each series and print a line for it, then the means."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--budget", default="1m")
    words.add_argument("--updates", type=int)
    words.add_argument("--family")
    words.add_argument("--only", help="series whose name holds this")
    asked = words.parse_args()
    extra = {"updates": asked.updates, "family": asked.family}
    extra = {name: value for name, value in extra.items() if value is not None}
    every = []
    for file in sorted((Path(os.environ["FATHOM_DATA"]) / FOLDER).glob("*.csv")):
        if asked.only and asked.only not in file.name:
            continue
        with tempfile.TemporaryDirectory() as place:
            run = fathom.train(
                str(file), task="anomaly", budget=asked.budget, out=f"{place}/run", **extra
            )
            every.append(volumes(run, file))
        print(file.stem, {name: round(value, 3) for name, value in every[-1].items()}, flush=True)
    for name in every[0]:
        print(f"mean of {len(every)}: {name} {np.mean([one[name] for one in every]):.3f}")


if __name__ == "__main__":
    main()

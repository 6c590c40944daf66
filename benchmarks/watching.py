"""Mean VUS-PR of watched series, each scored as a whole, beside both rivals: the row `nab-1m`.

`python benchmarks/watching.py --updates 200` prints a line a series, with the folder of data sets
in FATHOM_DATA; the labels are windows of the JSON file above the series, and no training sees them.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import fathom
from fathom.baselines.watching import deviation, principal
from fathom.data.codecs.around import AroundCodec
from fathom.data.sources import ReadOptions, read
from fathom.metrics.volume import vus_pr
from fathom.run import Run

FOLDER = "nab_anomaly/realKnownCause"
STUDENT = 2.447  # of 7 series, two-sided 95 %
RIVALS = ("principal", "deviation")


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


def over_rivals(every: list[dict[str, float]]) -> dict[str, float]:
    """The network's mean less the better rival's, with an interval over series."""
    rival = max(RIVALS, key=lambda name: statistics.fmean(one[name] for one in every))
    ahead = [one["network"] - one[rival] for one in every]
    half = STUDENT * statistics.stdev(ahead) / len(ahead) ** 0.5
    value = statistics.fmean(ahead)
    return {"value": value, "low": value - half, "high": value + half, "n": len(ahead)}


def means(every: list[dict[str, float]]) -> str:
    """The mean of each in words."""
    told = (f"{name} {statistics.fmean(one[name] for one in every):.3f}" for name in every[0])
    return f"mean VUS-PR of {len(every)} series: {', '.join(told)}."


def watched(source: Path, train: Callable[[Path, Path], dict], folder: Path) -> dict:
    """Train on each series of a folder; one report of all."""
    every, costs = [], []
    for file in sorted(source.glob("*.csv")):
        report = train(file, folder / file.stem)
        every.append(volumes(fathom.load(folder / file.stem), file))
        costs.append(report["cost"])
    return {
        "metrics": {"over_rivals": over_rivals(every)},
        "cost": {name: max(cost[name] for cost in costs) for name in costs[0]},
        "verdict": {"sentence": means(every)},
    }


def ahead(report: dict) -> float:
    """Mean VUS-PR less the better rival's."""
    return float(report["metrics"]["over_rivals"]["value"])


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
    print(means(every))


if __name__ == "__main__":
    main()

"""The figures of the product on real data: `python benchmarks/figures.py [ROW ...]`, or `make
figures ROW=mnist-1m`.

Every seed of a row (`rows.py`) is one `fathom train` process on an otherwise idle machine. Results
are appended to `benchmarks/figures.jsonl` under the hash of the sources that decide a recipe, so
that a stopped row goes on where it was and a finished one runs again only when its recipe changed;
a finished row is appended to `docs/experiments.md`.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from rows import Row, rows

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "figures.jsonl"
LOG = ROOT / "docs" / "experiments.md"
SHEETS = ROOT / "benchmarks" / "sheets"
# The sources that decide how a row is trained, for every row and by kind of input. What else could
# matter (how the clock is shared out, how data are read) shows in the number of updates.
DECIDING = (
    "networks/heads.py",
    "networks/join.py",
    "objectives/classification.py",
    "objectives/regression.py",
    "fit/optimizer.py",
    "fit/schedule.py",
)
DRAWN = (
    "networks/denoiser.py",
    "networks/drawing_plan.py",
    "networks/folding.py",
    "networks/gaussians.py",
    "networks/unet.py",
    "objectives/numbered.py",
    "data/codecs/image.py",
    "data/codecs/wish.py",
    "data/augment.py",
    "tasks/generation.py",
    "metrics/drawn.py",
    "train/judging_network.py",
)
DIFFUSION = (*DRAWN, "objectives/diffusion.py", "decoding/solvers.py")
BY_INPUT = {
    "clips": (*DIFFUSION, "data/codecs/spectrum.py", "data/phases.py"),
    "diffusion": DIFFUSION,
    "gan": (*DRAWN, "objectives/gan.py", "objectives/disguise.py", "networks/duel.py"),
    "audio": (
        "networks/hearing.py",
        "networks/cnn_sound.py",
        "networks/layers.py",
        "data/augment_sound.py",
        "data/codecs/audio.py",
        "data/codecs/transcript.py",
        "decoding/ctc.py",
        "decoding/grams.py",
        "objectives/ctc.py",
        "tasks/transcription.py",
    ),
    "image": (
        "networks/cnn.py",
        "networks/layers.py",
        "data/augment.py",
        "data/codecs/image.py",
    ),
    "row": (
        "networks/mlp.py",
        "data/codecs/row.py",
        "data/codecs/number.py",
        "data/codecs/category.py",
    ),
    "code": (
        "networks/coders.py",
        "networks/decoders.py",
        "objectives/anomaly.py",
        "objectives/autoencoder.py",
        "objectives/vae.py",
        "tasks/anomaly.py",
        "tasks/compression.py",
        "data/codecs/image.py",
        "data/codecs/row.py",
    ),
    "series": (
        "networks/cnn_series.py",
        "networks/linear_skip.py",
        "networks/mlp_series.py",
        "networks/series_reader.py",
        "data/codecs/past.py",
        "data/codecs/series.py",
        "data/gaps.py",
        "data/season.py",
        "objectives/forecasting.py",
        "tasks/forecasting.py",
    ),
    "watched": (
        "data/codecs/around.py",
        "data/codecs/past.py",
        "data/gaps.py",
        "data/season.py",
        "networks/mlp_series.py",
        "networks/series_reader.py",
        "objectives/watching.py",
        "tasks/series_anomaly.py",
    ),
    "texts": (
        "networks/attention.py",
        "networks/cnn_text.py",
        "networks/mlp_text.py",
        "networks/pooled.py",
        "networks/reader.py",
        "networks/skip.py",
        "networks/transformer.py",
        "data/codecs/bag.py",
        "data/codecs/text.py",
        "objectives/wide.py",
        "tasks/inputs.py",
    ),
    "text": (
        "networks/attention.py",
        "networks/transformer.py",
        "networks/rnn.py",
        "networks/positions.py",
        "networks/scaling.py",
        "networks/token_head.py",
        "data/codecs/text.py",
        "data/windows.py",
        "objectives/language.py",
        "objectives/sequence.py",
        "tasks/language.py",
        "tasks/translation.py",
    ),
    "summary": (
        "networks/attention.py",
        "networks/transformer.py",
        "networks/positions.py",
        "networks/scaling.py",
        "networks/token_head.py",
        "data/codecs/summary.py",
        "data/codecs/text.py",
        "data/extracts.py",
        "objectives/extraction.py",
        "objectives/sequence.py",
        "tasks/summarisation.py",
        "tasks/translation.py",
    ),
}
MEMORISED = 1.5  # of what draws: its rate of repeats over that of held-out examples, at most
STUDENT = {2: 12.706, 3: 4.303}


def sources(takes: str) -> str:
    """Hash of the sources that decide a recipe for a kind of input."""
    package = ROOT / "src" / "fathom"
    digest = hashlib.sha256()
    for place in (*DECIDING, *BY_INPUT[takes]):
        path = package / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def known() -> list[dict]:
    """All stored results."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    return [json.loads(line) for line in lines]


def run(name: str, row: Row, seed: int, version: str) -> dict:
    """Train once and keep what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        source = DATA / row.data
        if row.made is not None:
            (Path(folder) / "clips").mkdir()
            source = row.made(DATA, Path(folder) / "clips")
        train = partial(trained, row, seed)
        report = row.several(source, train, out) if row.several else train(source, out)
        if row.samples:
            report |= judged(out, row.samples)
        if row.shows:
            keep_sheet(out, sheet(name, seed))
    metrics, value = report["metrics"], row.measure(report)
    own = (metric for metric in metrics.values() if metric["value"] == value)
    result = {
        "row": name,
        "seed": seed,
        "version": version,
        "value": value,
        "metric": next(own, next(iter(metrics.values()))),
        "seconds": report["cost"]["seconds"],
        "memory_mb": report["cost"]["peak_memory_mb"],
        "updates": report["cost"]["updates"],
        "parameters": report["cost"]["parameters"],
        "sentence": report["verdict"]["sentence"],
    }
    if row.also[0]:
        result[row.also[0]] = metrics[row.also[0]]["value"]
    if row.mixed:
        result["mixed"] = report["mixture"]["metrics"]["bits_per_byte"]["value"]
    if row.samples:
        result["repeats"] = [metrics["memorisation"]["value"], report["memorised_held_out"]]
        result["alarms"] = [one["name"] for one in report["checks"] if not one["passed"]]
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    return result


def trained(row: Row, seed: int, source: Path, out: Path) -> dict:
    """The report of one training in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "fathom",
        "train",
        str(source),
        *row.options,
        "--budget",
        f"{row.minutes}m",
        "--seed",
        str(seed),
        "--out",
        str(out),
        "--json",
    ]
    if row.split is not None:
        parts = out.parent / "split.json"
        parts.write_text(json.dumps(row.split(source)), encoding="utf-8")
        command += ["--split", str(parts)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    report: dict = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def judged(run: Path, samples: int) -> dict:
    """What is measured and noticed of a run that draws, on so many samples."""
    command = [sys.executable, "-m", "fathom", "evaluate", str(run), "--samples", str(samples)]
    done = subprocess.run([*command, "--json"], check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    return {name: told[name] for name in ("metrics", "checks", "memorised_held_out")}


def sheet(name: str, seed: int) -> Path:
    """Where what a seed of a row draws is kept for eyes."""
    return SHEETS / f"{name}-{seed}.png"


def keep_sheet(run: Path, place: Path) -> None:
    """Keep 64 pictures that a run draws, on one sheet."""
    drawn = run.parent / "drawn"
    command = [sys.executable, "-m", "fathom", "generate", str(run), "-n", "64", "--json"]
    subprocess.run([*command, "--out", str(drawn)], check=True, stdout=subprocess.DEVNULL)
    place.parent.mkdir(exist_ok=True)
    shutil.copy(drawn / "sheet.png", place)


def tell(name: str, row: Row, results: list[dict], version: str) -> None:
    """Append a finished row to the experiments log."""
    values = [result["value"] for result in results]
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    seeds = STUDENT.get(len(values), 0.0) * spread / math.sqrt(len(values))
    metric = results[0]["metric"]
    sampling = (metric["high"] - metric["low"]) / 2
    half = math.hypot(seeds, sampling / math.sqrt(len(values)))
    ahead = row.goal - mean if row.lower else mean - row.goal
    word = "reached" if ahead >= 0 else "within the interval" if ahead + half >= 0 else "missed"
    shown = ", ".join(f"{100 * v:.2f}" if row.percent else f"{v:.4g}" for v in values)
    seconds = statistics.median(result["seconds"] for result in results)
    memory = max(result["memory_mb"] for result in results)
    goal = f"{100 * row.goal:.2f} %" if row.percent else f"{row.goal:.4g}"
    verdict = "no goal but the sheets" if row.shows and not row.goal else f"goal {goal}: {word}"
    verdict += "".join(f"; {more}" for more in beside(name, row, results))
    line = (
        f"- {date.today()} `make figures ROW={name}` ({version}): {shown}; {verdict}. "
        f"{seconds:.0f} s, {memory:.0f} MB. {results[0]['sentence']}\n"
    )
    with LOG.open("a", encoding="utf-8") as file:
        file.write(line)
    sys.stdout.write(line)


def beside(name: str, row: Row, results: list[dict]) -> Iterator[str]:
    """What else a row must reach, and what must be looked at."""
    if row.mixed:
        values = [result["mixed"] for result in results]
        told = ", ".join(f"{value:.3f}" for value in values)
        word = "reached" if statistics.fmean(values) <= row.mixed else "missed"
        yield f"with n-grams {told}, goal {row.mixed:.2f}: {word}"
    measure, goal = row.also
    if measure:
        values = [result[measure] for result in results]
        told = ", ".join(f"{value:.3f}" for value in values)
        ahead = statistics.fmean(values) - goal
        word = "reached" if (-ahead if row.lower else ahead) >= 0 else "missed"
        yield f"{measure} {told}, goal {goal:.2f}: {word}"
    if row.samples:
        pairs = [result["repeats"] for result in results]
        told = ", ".join(f"{100 * own:.2f} and {100 * usual:.2f} %" for own, usual in pairs)
        word = "yes" if all(own <= MEMORISED * usual for own, usual in pairs) else "no"
        yield f"repeat training and held-out do {told}, within {MEMORISED} times: {word}"
        alarms = sorted({name for result in results for name in result["alarms"]})
        yield f"self-checks that failed: {', '.join(alarms) or 'none'}"
    if row.shows:
        files = ", ".join(str(sheet(name, result["seed"]).relative_to(ROOT)) for result in results)
        yield f"to be looked at for {row.shows}: {files}"


def main() -> None:
    """Run the rows named, or all of them."""
    table = rows()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(table))
    asked = parser.parse_args().rows or list(table)
    for name in asked:
        if name not in table:
            raise SystemExit(f"There is no row {name!r}. There are: {', '.join(table)}.")
        row = table[name]
        version = sources(row.takes)
        done = {r["seed"]: r for r in known() if r["row"] == name and r["version"] == version}
        fresh = [seed for seed in row.seeds if seed not in done]
        results = {seed: run(name, row, seed, version) for seed in fresh} | done
        if fresh:
            tell(name, row, [results[seed] for seed in row.seeds], version)


if __name__ == "__main__":
    main()

"""The figures of the product on real data: `python benchmarks/figures.py [ROW ...]`, or `make
figures ROW=mnist-1m`.

Every seed of a row is one `fathom train` process on an otherwise idle machine. Results are
appended to `benchmarks/figures.jsonl` under the hash of the sources that decide a recipe, so that
a stopped row goes on where it was and a finished one runs again only when its recipe changed; a
finished row is appended to `docs/experiments.md`.
"""

import argparse
import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import accumulate
from pathlib import Path

from fathom.data.sources import read

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "figures.jsonl"
LOG = ROOT / "docs" / "experiments.md"
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
    "networks/unet.py",
    "data/codecs/image.py",
    "data/codecs/wish.py",
    "data/augment.py",
    "tasks/generation.py",
    "metrics/drawn.py",
    "train/judging_network.py",
)
BY_INPUT = {
    "diffusion": (*DRAWN, "objectives/diffusion.py", "decoding/solvers.py"),
    "gan": (*DRAWN, "objectives/gan.py", "objectives/disguise.py", "networks/duel.py"),
    "audio": (
        "networks/hearing.py",
        "networks/cnn_sound.py",
        "networks/layers.py",
        "data/augment_sound.py",
        "data/codecs/audio.py",
        "data/codecs/transcript.py",
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
        "data/codecs/past.py",
        "data/codecs/series.py",
        "data/season.py",
        "objectives/forecasting.py",
        "tasks/forecasting.py",
    ),
    "texts": (
        "networks/cnn_text.py",
        "networks/mlp_text.py",
        "networks/pooled.py",
        "networks/skip.py",
        "networks/transformer.py",
        "data/codecs/bag.py",
        "data/codecs/text.py",
        "objectives/wide.py",
        "tasks/inputs.py",
    ),
    "text": (
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
STUDENT = {2: 12.706, 3: 4.303}

Report = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Row:
    """One cell of the table of figures: what to train, for how long, and what must be reached.

    samples: of what draws, how many are judged outside the budget; `also`: the other measure of the
    cell and its goal. lower: less is better. mixed: what the mixture with the rival must reach.
    split: the parts of the data where they are not the product's own, a function of the source that
    lists the part of each row.
    """

    data: str
    minutes: int
    goal: float
    measure: Callable[[dict], float]
    options: tuple[str, ...] = ()
    percent: bool = True
    takes: str = "row"
    lower: bool = False
    mixed: float = 0.0
    split: Callable[[Path], list[str]] | None = None
    samples: int = 0
    also: tuple[str, float] = ("", 0.0)

    @property
    def seeds(self) -> range:
        """Three up to five minutes, one beyond."""
        return range(3 if self.minutes <= 5 else 1)


def accuracy(report: dict) -> float:
    """Test accuracy."""
    return float(report["metrics"]["accuracy"]["value"])


def macro_f1(report: dict) -> float:
    """Mean of the classes' F1 on the test part."""
    return float(report["metrics"]["macro_f1"]["value"])


def boosting(report: dict, metric: str) -> float:
    """What gradient boosting reached on the same test rows."""
    for entry in (report["baseline"], *report["others"]):
        if entry["name"] == "boosting":
            value = entry["metrics"][metric]
            return float(value["value"] if isinstance(value, dict) else value)
    raise SystemExit("gradient boosting is not among the rivals")


def over_boosting(report: dict) -> float:
    """Accuracy minus gradient boosting's."""
    return accuracy(report) - boosting(report, "accuracy")


def under_boosting(report: dict) -> float:
    """Gradient boosting's error minus the network's."""
    return boosting(report, "rmse") - float(report["metrics"]["rmse"]["value"])


def bits(report: dict) -> float:
    """Bits a byte of the network alone."""
    return float(report["metrics"]["bits_per_byte"]["value"])


def bleu(report: dict) -> float:
    """BLEU of sacrebleu."""
    return float(report["metrics"]["bleu"]["value"])


def agreement(report: dict) -> float:
    """The share of drawn pictures in which the judge sees the class that was asked for."""
    return float(report["metrics"]["label_agreement"]["value"])


def rouge1(report: dict) -> float:
    """ROUGE-1 of rouge-score with stemming, the mean over references."""
    return float(report["metrics"]["rouge1"]["value"])


def word_errors(report: dict) -> float:
    """Word error rate as a share."""
    return float(report["metrics"]["wer"]["value"]) / 100


def halves(source: Path) -> list[str]:
    """Every second clip, in the order of the names, is a test clip, as in the published figures;
    every eighth validates.
    """
    rows = len(read(str(source)))
    return ["test" if row % 2 else "valid" if row % 8 == 0 else "train" for row in range(rows)]


def mase(report: dict) -> float:
    """Mean absolute scaled error."""
    return float(report["metrics"]["mase"]["value"])


def mse(report: dict) -> float:
    """Mean squared error, of several series each by its own deviation."""
    return float(report["metrics"]["mse"]["value"])


def months_12_4_4(source: Path, horizon: int) -> list[str]:
    """The usual parts of ETT, of 30 days a month: every forecast that lies in a part as a whole."""
    parts = ["unused"] * 17_420
    ends = [0, 8_640, 11_520, 14_400]
    for start, end, part in zip(ends, ends[1:], ("train", "valid", "test"), strict=False):
        for row in range(start, end - horizon + 1):
            parts[row] = part
    return parts


def rolling(source: Path, horizon: int, origins: int) -> list[str]:
    """Forecasts one horizon apart to the end of the data; a twentieth before them validates."""
    rows = sum(1 for line in source.read_text().splitlines()[1:] if line.strip())
    first = rows - origins * horizon
    valid = max(horizon, rows // 20)
    parts = ["train"] * (first - valid) + ["valid"] * (valid - horizon + 1)
    parts += ["unused"] * (rows - len(parts))
    for origin in range(first, rows, horizon):
        parts[origin] = "test"
    return parts


def last_tenth(source: Path) -> list[str]:
    """The usual parts of a running text: the last 10 % are the test part, as in all published
    figures, and all before it can be learnt from, but for the first 5 %, which validate.
    """
    lengths = [len(text) for text in read(str(source))["text"].series]
    ends = list(accumulate(lengths))
    return [
        "valid" if end <= 0.05 * ends[-1] else "test" if end - size >= 0.9 * ends[-1] else "train"
        for size, end in zip(lengths, ends, strict=True)
    ]


def squared_error(report: dict) -> float:
    """Squared error of a pixel between 0 and 1."""
    return float(report["metrics"]["mse"]["value"])


def bound(report: dict) -> float:
    """Negative evidence bound in nats."""
    return float(report["metrics"]["elbo_nats"]["value"])


def area(report: dict) -> float:
    """Area under the ROC curve."""
    return float(report["metrics"]["auc"]["value"])


def not_worse(report: dict) -> float:
    """1 unless the paired test says "worse"."""
    return float(report["verdict"]["word"] != "worse")


def sounds() -> dict[str, Row]:
    """The rows of sound and speech."""
    table: dict[str, Row] = {}
    for minutes, goal in ((1, 0.64), (5, 0.70), (20, 0.78)):
        table[f"spoken-digits-{minutes}m"] = Row(
            "spoken_digits", minutes, goal, accuracy,
            ("--pattern", "{digit}_{speaker}_{n}", "--target", "digit", "--folds", "speaker"),
            takes="audio",
        )  # fmt: skip
    for minutes, goal in ((1, 0.70), (5, 0.78), (20, 0.82)):
        table[f"esc10-{minutes}m"] = Row(
            "esc10_sounds", minutes, goal, accuracy,
            ("--pattern", "{fold}-{clip}-{take}", "--folds", "fold"), takes="audio",
        )  # fmt: skip
    for minutes, goal in ((1, 0.02), (5, 0.01), (20, 0.005)):
        table[f"yesno-{minutes}m"] = Row(
            "yesno_speech", minutes, goal, word_errors, takes="audio", lower=True, split=halves
        )
    return table


def pictures() -> dict[str, Row]:
    """Rows of pictures."""
    table: dict[str, Row] = {}
    for data, goals in {
        "mnist": (0.994, 0.996, 0.9965),
        "cifar10": (0.74, 0.91, 0.94),
        "flowers_small": (0.60, 0.79, 0.85),
    }.items():
        for minutes, goal in zip((1, 5, 20), goals, strict=True):
            table[f"{data}-{minutes}m"] = Row(data, minutes, goal, accuracy, takes="image")
    return table


def tables() -> dict[str, Row]:
    """Rows of tables; of the small ones none may be worse than its rival."""
    table: dict[str, Row] = {}
    for minutes, goal in ((1, -0.003), (5, -0.001)):
        table[f"adult-{minutes}m"] = Row(
            "tabular/adult.csv", minutes, goal, over_boosting, ("--target", "income")
        )
    for minutes, gain in ((1, 500.0), (5, 3500.0), (20, 4500.0)):
        table[f"california-{minutes}m"] = Row(
            "tabular/california_housing.csv",
            minutes,
            gain,
            under_boosting,
            ("--target", "median_house_value"),
            percent=False,
        )
    small = {
        "titanic": ("titanic.csv", "Survived"),
        "pima": ("pima_headerless.csv", "column_9"),
        "penguins": ("penguins.csv", "species"),
        "wine-red": ("winequality-red.csv", "quality"),
        "wine-white": ("winequality-white.csv", "quality"),
    }
    for name, (file, target) in small.items():
        task = ("--task", "regression") if name.startswith("wine") else ()
        table[f"{name}-1m"] = Row(
            f"tabular/{file}", 1, 1.0, not_worse, ("--target", target, *task), percent=False
        )
    return table


def texts() -> dict[str, Row]:
    """Rows of texts that are foretold or written."""
    table: dict[str, Row] = {}
    for minutes, alone, mixed in ((1, 2.40, 2.17), (5, 2.22, 2.11), (20, 2.12, 2.06)):
        table[f"shakespeare-{minutes}m"] = Row(
            "tinyshakespeare", minutes, alone, bits, percent=False, takes="text",
            lower=True, split=last_tenth, mixed=mixed,
        )  # fmt: skip
    for minutes, goal in ((1, 2.89), (5, 2.81), (20, 2.78)):
        table[f"names-{minutes}m"] = Row(
            "names", minutes, goal, bits, percent=False, takes="text", lower=True
        )
    for minutes, goal in ((1, 8.0), (5, 28.0), (20, 36.0)):
        table[f"multi30k-{minutes}m"] = Row(
            "multi30k_en_de", minutes, goal, bleu, percent=False, takes="text"
        )
    table |= drawings()
    table["dialogsum-1m"] = Row("dialogsum", 1, 28.0, rouge1, percent=False, takes="summary")
    for minutes, goal in ((5, 21.0), (20, 24.0)):
        table[f"ag_news_titles-{minutes}m"] = Row(
            "ag_news", minutes, goal, rouge1, ("--target", "column_2"), percent=False,
            takes="summary",
        )  # fmt: skip
    return table


def series() -> dict[str, Row]:
    """Rows of time series."""
    table: dict[str, Row] = {}
    for horizon, goal in ((96, 0.366), (192, 0.403), (336, 0.425), (720, 0.422)):
        for minutes, gain in (
            (1, 0.0),
            (5, {96: 0.006, 192: 0.005, 336: 0.005, 720: 0.003}[horizon]),
        ):
            table[f"ett-{horizon}-{minutes}m"] = Row(
                "ett", minutes, goal - gain, mse, ("--horizon", str(horizon)), percent=False,
                takes="series", lower=True, split=partial(months_12_4_4, horizon=horizon),
            )  # fmt: skip
    for name, file, horizon, origins, goal in (
        ("airline", "airline-passengers.csv", 12, 4, 0.60),
        ("temperatures", "daily-min-temperatures.csv", 28, 5, 0.96),
    ):
        table[f"{name}-1m"] = Row(
            f"timeseries_csv/{file}", 1, goal, mase, ("--horizon", str(horizon)), percent=False,
            takes="series", lower=True, split=partial(rolling, horizon=horizon, origins=origins),
        )  # fmt: skip
    for name in ("GunPoint", "ArrowHead", "JapaneseVowels"):
        table[f"{name.lower()}-1m"] = Row(
            f"ts_classification/{name}", 1, 1.0, not_worse, percent=False, takes="series"
        )
    return table


def classes_of_texts() -> dict[str, Row]:
    """Rows of texts to be told apart; at one minute none may be worse than its rival, either."""
    goals = {
        "sst2": (accuracy, 0.835, 0.840),
        "ag_news": (accuracy, 0.897, 0.900),
        "sms_spam": (macro_f1, 0.970, 0.973),
    }
    return {
        f"{data}-{minutes}m": Row(data, minutes, goal, measure, takes="texts")
        for data, (measure, *reached) in goals.items()
        for minutes, goal in zip((1, 5), reached, strict=True)
    }


def codes() -> dict[str, Row]:
    """Rows of what is learnt without labels."""
    table: dict[str, Row] = {}
    for minutes, error, nats in ((1, 0.007, 99.0), (5, 0.005, 92.0), (20, 0.004, 88.0)):
        table[f"mnist-autoencoder-{minutes}m"] = Row(
            "mnist", minutes, error, squared_error,
            ("--task", "compression", "--family", "autoencoder", "--code", "32"),
            percent=False, takes="code", lower=True,
        )  # fmt: skip
        table[f"mnist-vae-{minutes}m"] = Row(
            "mnist", minutes, nats, bound,
            ("--task", "compression", "--family", "vae", "--column", "image=binary"),
            percent=False, takes="code", lower=True,
        )  # fmt: skip
    for name, file, options, goal in (
        ("mammography", "mammography.csv", ("--target", "column_7", "--normal", "'-1'"), 0.90),
        ("annthyroid", "annthyroid.npz", ("--target", "label", "--normal", "0"), 0.94),
    ):
        table[f"{name}-1m"] = Row(
            f"tabular_anomaly/{file}", 1, goal, area, options, percent=False, takes="code"
        )
    return table


def drawings() -> dict[str, Row]:
    """Rows of what draws pictures."""
    cells = (
        ("mnist", "diffusion", 1, 0.75, 0.45),
        ("mnist", "diffusion", 5, 0.93, 0.72),
        ("mnist", "gan", 5, 0.85, 0.50),
        ("cifar10", "diffusion", 1, 0.18, 0.0),
    )
    return {
        f"{data}-{family}-{minutes}m": Row(
            data, minutes, goal, agreement, ("--family", family), takes=family,
            samples=10_000, also=("coverage_k", covered),
        )
        for data, family, minutes, goal, covered in cells
    }  # fmt: skip


def rows() -> dict[str, Row]:
    """Every row by name."""
    told = pictures() | tables() | texts() | classes_of_texts() | sounds() | series()
    return told | codes() | drawings()


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
        command = [
            sys.executable,
            "-m",
            "fathom",
            "train",
            str(DATA / row.data),
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
            parts = Path(folder) / "split.json"
            parts.write_text(json.dumps(row.split(DATA / row.data)), encoding="utf-8")
            command += ["--split", str(parts)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        if row.samples:
            report["metrics"] = judged(out, row.samples)["metrics"]
    metrics = report["metrics"]
    first = next(iter(metrics.values()))
    result = {
        "row": name,
        "seed": seed,
        "version": version,
        "value": row.measure(report),
        "metric": first,
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
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    return result


def judged(run: Path, samples: int) -> dict:
    """The result of a run that draws, on so many samples."""
    command = [sys.executable, "-m", "fathom", "evaluate", str(run), "--samples", str(samples)]
    done = subprocess.run([*command, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


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
    if row.mixed:
        values = [result["mixed"] for result in results]
        word += f"; with n-grams {', '.join(f'{v:.3f}' for v in values)}, goal {row.mixed:.2f}"
        word += ": reached" if statistics.fmean(values) <= row.mixed else ": missed"
    if row.also[0]:
        values = [result[row.also[0]] for result in results]
        word += f"; {row.also[0]} {', '.join(f'{v:.3f}' for v in values)}, goal {row.also[1]:.2f}"
        word += ": reached" if statistics.fmean(values) >= row.also[1] else ": missed"
    line = (
        f"- {date.today()} `make figures ROW={name}` ({version}): {shown}; goal {goal}: {word}. "
        f"{seconds:.0f} s, {memory:.0f} MB. {results[0]['sentence']}\n"
    )
    with LOG.open("a", encoding="utf-8") as file:
        file.write(line)
    sys.stdout.write(line)


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

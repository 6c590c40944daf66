"""The cells of the tables of figures by name: what is trained, how long, what shall be reached."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import watching
from measures import (
    accuracy,
    agreement,
    area,
    bits,
    bleu,
    bound,
    halves,
    last_tenth,
    macro_f1,
    mase,
    memorises,
    months_12_4_4,
    mse,
    not_worse,
    over_boosting,
    rolling,
    rouge1,
    squared_error,
    two_hundred,
    under_boosting,
    word_errors,
)
from spoken import beside, concatenated


@dataclass(frozen=True)
class Row:
    """One cell of the table of figures: what to train, for how long, and what must be reached.

    samples: of what draws, how many are judged outside the budget, and no more than there are
    held-out examples. `also`: the other measure of the cell and its goal. lower: less is better, of
    both. shows: what a sheet of 64 drawn pictures must show, which is for eyes: the sheet of each
    seed is kept; with a goal of 0 nothing else is asked. mixed: what the mixture with the rival
    must reach.
    split: the parts of the data where they are not the product's own, a function of the source that
    lists the part of each row. made: of data that are put together from others: all data and an
    empty folder to the source. several: of many sources in a folder, how all make one report: the
    folder, a function that trains on one of them into a place, and a folder for the runs.
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
    made: Callable[[Path, Path], Path] | None = None
    several: Callable[[Path, Callable[[Path, Path], dict], Path], dict] | None = None
    samples: int = 0
    also: tuple[str, float] = ("", 0.0)
    shows: str = ""

    @property
    def seeds(self) -> range:
        """Three up to five minutes, one beyond."""
        return range(3 if self.minutes <= 5 else 1)


def sounds() -> dict[str, Row]:
    """The rows of sound and speech."""
    table: dict[str, Row] = {}
    for minutes, goal in ((1, 0.64), (5, 0.70), (20, 0.78)):
        table[f"spoken-digits-{minutes}m"] = Row(
            "spoken_digits", minutes, goal, accuracy,
            ("--pattern", "{digit}_{speaker}_{n}", "--target", "digit", "--folds", "speaker"),
            takes="audio",
        )  # fmt: skip
    for minutes, goal in ((1, 0.25), (5, 0.60), (20, 0.80)):
        table[f"spoken_digits-diffusion-{minutes}m"] = Row(
            "spoken_digits", minutes, goal, agreement,
            (
                "--pattern", "{digit}_{speaker}_{n}", "--target", "digit",
                "--task", "generation", "--family", "diffusion",
            ),
            takes="clips", samples=400,
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
    for minutes, goal in ((1, 0.15), (5, 0.05), (20, 0.03)):
        table[f"digits-concatenated-{minutes}m"] = Row(
            "spoken_digits", minutes, goal, word_errors, takes="audio", lower=True,
            split=beside, made=concatenated,
        )  # fmt: skip
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
    table["nab-1m"] = Row(
        watching.FOLDER, 1, 0.0, watching.ahead, ("--task", "anomaly"), percent=False,
        takes="watched", several=watching.watched,
    )  # fmt: skip
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
    for minutes, error, nats, likelihood in (
        (1, 0.007, 99.0, 94.0),
        (5, 0.005, 92.0, 88.0),
        (20, 0.004, 88.0, 85.0),
    ):
        table[f"mnist-autoencoder-{minutes}m"] = Row(
            "mnist", minutes, error, squared_error,
            ("--task", "compression", "--family", "autoencoder", "--code", "32"),
            percent=False, takes="code", lower=True,
        )  # fmt: skip
        table[f"mnist-vae-{minutes}m"] = Row(
            "mnist", minutes, nats, bound,
            ("--task", "compression", "--family", "vae", "--column", "image=binary"),
            percent=False, takes="code", lower=True, also=("nll_nats", likelihood),
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
    """Rows of what draws pictures: label agreement, coverage where it has a goal, too, and what
    must be seen; of 200 pictures the report must say that they are repeated.
    """
    cells = (
        ("mnist", "diffusion", 1, 0.75, 0.45, ""),
        ("mnist", "diffusion", 5, 0.93, 0.72, ""),
        ("mnist", "diffusion", 20, 0.97, 0.85, ""),
        ("mnist", "gan", 5, 0.85, 0.50, ""),
        ("mnist", "gan", 20, 0.95, 0.70, ""),
        ("cifar10", "diffusion", 1, 0.18, 0.0, ""),
        ("cifar10", "diffusion", 5, 0.35, 0.0, ""),
        ("cifar10", "diffusion", 20, 0.55, 0.0, ""),
        ("flowers_small", "diffusion", 1, 0.0, 0.0, "blobs"),
        ("flowers_small", "diffusion", 5, 0.0, 0.0, "colour and layout"),
        ("flowers_small", "diffusion", 20, 0.50, 0.0, "flowers"),
    )
    return {
        f"{data}-{family}-{minutes}m": Row(
            data, minutes, goal, agreement, ("--family", family), takes=family,
            samples=10_000, also=("coverage_k" if covered else "", covered), shows=shows,
        )
        for data, family, minutes, goal, covered, shows in cells
    } | {
        "mnist-of-200-diffusion-5m": Row(
            "mnist", 5, 1.0, memorises, ("--family", "diffusion"), percent=False,
            takes="diffusion", made=two_hundred, samples=10_000,
        )
    }  # fmt: skip


def rows() -> dict[str, Row]:
    """Every row by name."""
    told = pictures() | tables() | texts() | classes_of_texts() | sounds() | series()
    return told | codes() | drawings()

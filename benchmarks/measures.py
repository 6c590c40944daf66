"""Reports to the numbers that figures are about, and sources to the parts they usually have."""

from itertools import accumulate
from pathlib import Path

from fathom.data.sources import read
from fathom.drawn.pictures import image

Report = dict[str, dict[str, dict[str, float]]]


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


def memorises(report: dict) -> float:
    """1 where the report says that training pictures are repeated."""
    told = {check["name"]: check["passed"] for check in report["checks"]}
    return float(not told["nothing is copied from training"])


def two_hundred(data: Path, folder: Path) -> Path:
    """The first 200 digits as files, in a folder of each class."""
    table = read(str(data / "mnist"))
    for row in range(200):
        place = folder / f"{table['label'].series[row]:g}"
        place.mkdir(exist_ok=True)
        image(table["image"].values[row]).save(place / f"{row:03}.png")
    return folder


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


def volume(report: dict) -> float:
    """Volume under precision and recall (VUS-PR) of the half that was not learnt from."""
    return float(report["metrics"]["vus_pr"]["value"])


def not_worse(report: dict) -> float:
    """1 unless the paired test says "worse"."""
    return float(report["verdict"]["word"] != "worse")

"""Truth and a method's raw output to named fields, and to the validation value it is chosen by."""

from collections.abc import Callable, Mapping

import numpy as np
from sacrebleu import corpus_bleu
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    roc_auc_score,
    root_mean_squared_error,
)

from fathom.baselines.drawing import pixel_distance
from fathom.baselines.lead import rouge1

Fields = Mapping[str, np.ndarray]

HIGHER = {
    "accuracy": True,
    "auc": True,
    "average_precision": True,
    "rmse": False,
    "bits_per_byte": False,
    "bleu": True,
    "mase": False,
    "pixel_distance": False,
    "rouge1": True,
    "wer": False,
    "mse": False,
    "elbo_nats": False,
}


def named(kind: str, output: np.ndarray) -> dict[str, np.ndarray]:
    """The fields that `predict` returns: `answer` and, for classes and labels, `probability`."""
    if kind == "number":
        return {"answer": output.astype(np.float64)}
    probability = output.astype(np.float32)
    answer = probability.argmax(1) if kind == "category" else probability > 0.5
    return {"answer": answer.astype(np.int64), "probability": probability}


def word_error_rate(said: list[str], heard: list[str]) -> float:
    """Words to put in, take out or exchange, of 100 said."""
    from jiwer import wer

    pairs = [(one, other) for one, other in zip(said, heard, strict=True) if one.strip()]
    return 100 * float(wer([a for a, _ in pairs], [b for _, b in pairs])) if pairs else 0.0


def ranked_area(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve; .5 where only one of normal and anomalous rows is there."""
    return float(roc_auc_score(truth, score)) if 0 < truth.sum() < len(truth) else 0.5


def ranked_precision(truth: np.ndarray, score: np.ndarray) -> float:
    """Average precision; 0 where no row is an anomaly."""
    return float(average_precision_score(truth, score)) if truth.sum() else 0.0


def scaled_error(truth: np.ndarray, fields: Fields) -> float:
    """Mean absolute error of forecasts, of each series over what its errors are divided by."""
    return float(np.nanmean(np.abs(truth - fields["answer"]) / fields["errors"][:, :, :1]))


def label_precision(truth: np.ndarray, fields: Fields) -> float:
    """Average precision, the mean over the labels that occur."""
    occur = truth.any(0)
    if not occur.any():
        return 0.0
    return float(average_precision_score(truth[:, occur], fields["probability"][:, occur]))


SCORES: Mapping[str, tuple[str, Callable[[np.ndarray, Fields], float]]] = {
    "anomaly": ("auc", lambda y, f: ranked_area(y, f["score"])),
    "bits": ("elbo_nats", lambda y, f: float(f["elbo"].mean())),
    "bytes": (
        "bits_per_byte",
        lambda y, f: float(f["nll"].sum() / np.log(2) / max(1, y[:, 0].sum())),
    ),
    "category": ("accuracy", lambda y, f: float(accuracy_score(y, f["answer"]))),
    "density": ("elbo_nats", lambda y, f: float(f["elbo"].mean())),
    "future": ("mase", scaled_error),
    "labels": ("average_precision", label_precision),
    "number": ("rmse", lambda y, f: float(root_mean_squared_error(y, f["answer"]))),
    "sample": ("pixel_distance", lambda y, f: pixel_distance(y, f["picture"])),
    "summary": ("rouge1", lambda y, f: rouge1(f["answer"].tolist(), y.tolist())),
    "text": ("bleu", lambda y, f: float(corpus_bleu(f["answer"].tolist(), [y.tolist()]).score)),
    "transcript": ("wer", lambda y, f: word_error_rate(y.tolist(), f["answer"].tolist())),
    "watched": ("average_precision", lambda y, f: ranked_precision(y, f["score"])),
    "values": ("mse", lambda y, f: float(f["error"].mean())),
}
"""By kind of the target, the metric by which rivals are ranked on validation."""


def score(kind: str, truth: np.ndarray, fields: Fields) -> tuple[str, float]:
    """Name and value of the metric by which rivals are ranked on validation."""
    if len(truth) == 0:
        return "accuracy", 0.0
    name, value = SCORES[kind]
    return name, value(truth, fields)

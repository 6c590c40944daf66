"""Truth and a method's raw output to named fields, and to the validation value it is chosen by."""

import numpy as np
from sacrebleu import corpus_bleu
from sklearn.metrics import accuracy_score, average_precision_score, root_mean_squared_error

from fathom.baselines.lead import rouge1

HIGHER = {
    "accuracy": True,
    "average_precision": True,
    "rmse": False,
    "bits_per_byte": False,
    "bleu": True,
    "mase": False,
    "rouge1": True,
    "wer": False,
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


def score(kind: str, truth: np.ndarray, fields: dict[str, np.ndarray]) -> tuple[str, float]:
    """Name and value of the metric by which rivals are ranked on validation."""
    if len(truth) == 0:
        return "accuracy", 0.0
    if kind == "category":
        return "accuracy", float(accuracy_score(truth, fields["answer"]))
    if kind == "text":
        return "bleu", float(corpus_bleu(fields["answer"].tolist(), [truth.tolist()]).score)
    if kind == "summary":
        return "rouge1", rouge1(fields["answer"].tolist(), truth.tolist())
    if kind == "transcript":
        return "wer", word_error_rate(truth.tolist(), fields["answer"].tolist())
    if kind == "bytes":
        return "bits_per_byte", float(fields["nll"].sum() / np.log(2) / max(1, truth[:, 0].sum()))
    if kind == "future":
        gap = np.abs(truth - fields["answer"]) / fields["errors"][:, :, :1]
        return "mase", float(np.nanmean(gap))
    if kind == "number":
        return "rmse", float(root_mean_squared_error(truth, fields["answer"]))
    occur = truth.any(0)
    if not occur.any():
        return "average_precision", 0.0
    value = average_precision_score(truth[:, occur], fields["probability"][:, occur])
    return "average_precision", float(value)

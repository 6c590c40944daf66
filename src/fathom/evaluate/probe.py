"""Codes to what a linear classifier can tell from them: how much a short code knows of the classes
that it was never shown.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fathom.evaluate.held_out import HeldOut

ROUNDS = 300
Codes = Mapping[str, np.ndarray]  # by part, (N, K)


def probe(
    own: Codes, rival: Codes | None, labels: Mapping[str, np.ndarray], *, part: str, seed: int = 0
) -> dict[str, Any]:
    """Accuracy on `part` of logistic regression on codes, fitted on validation codes alone.

    labels: class numbers (N,) by part. Beside it the same on the rival's codes, and the difference.
    """
    held = HeldOut.of("category", labels[part], split=part, seed=seed)
    answers = {"answer": told(own, labels["valid"], part)}
    report: dict[str, Any] = {"accuracy": held.measured(answers)["accuracy"]}
    if rival is not None:
        theirs = {"answer": told(rival, labels["valid"], part)}
        gap = held.difference("accuracy", answers, theirs)
        report["rival"] = held.measured(theirs)["accuracy"]
        report["difference"] = {"value": gap.value, "low": gap.low, "high": gap.high, "p": gap.p}
    return report


def told(codes: Codes, known: np.ndarray, part: str) -> np.ndarray:
    """The class (N,) that a linear classifier reads from the codes of a part."""
    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ROUNDS))
    return np.asarray(reader.fit(codes["valid"], known).predict(codes[part]))

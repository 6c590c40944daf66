"""A table and its targets to the columns that alone give the answer away."""

from collections.abc import Collection

import numpy as np
import polars as pl

from fathom.data.kinds import names
from fathom.data.table import Column, Finding, Table

SCORE = 0.98
SAMPLE = 20_000
FEW_VALUES = 64
FEW_CLASSES = 20
MOST_CLASSES = 1000
FEWEST = 50
UNLIKELY = ("audio", "image", "series", "text")  # hardly two are equal, so none is looked up


def leaking_columns(table: Table, target: Collection[str]) -> list[Finding]:
    """Columns that alone predict a held-out half of a target with a score above 0.98.

    The score is the explained share: of variance for numbers, of the error of the most frequent
    class for classes. Names seen in one half only predict nothing, so an id does not score.
    """
    findings = []
    rows = np.random.default_rng(0).permutation(len(table))[:SAMPLE]
    if len(rows) < FEWEST:
        return []
    for name in target:
        answer = _answer(table[name], rows)
        if answer is None:
            continue
        for column in table:
            if column.name in target or column.constant or column.kind in UNLIKELY:
                continue
            score = _score(column, rows, answer)
            if score > SCORE:
                reason = (
                    f"This column alone tells {name!r} (score {score:.3f}); is it known in time?"
                )
                remedy = (
                    f"If it is not, remove the column; --column {column.name}=id leaves it out."
                )
                findings.append(Finding("warning", "leaking column", column.name, reason, remedy))
    return findings


def _answer(column: Column, rows: np.ndarray) -> np.ndarray | None:
    """The target as columns whose means are compared: a number, or one column for each class."""
    if column.kind in UNLIKELY:
        return None
    if column.kind == "number" and column.series.n_unique() > FEW_CLASSES:
        return np.asarray(_floats(column)[rows][:, None])
    labels = names(column.series).fill_null("").to_numpy()[rows].astype(str)
    known, codes = np.unique(labels, return_inverse=True)
    return np.eye(len(known))[codes] if len(known) <= MOST_CLASSES else None


def _score(column: Column, rows: np.ndarray, answer: np.ndarray) -> float:
    """How much of the second half's answers the column explains after the first half."""
    known = ~np.isnan(answer).any(axis=1)
    rows, answer = rows[known], answer[known]
    half = len(rows) // 2
    if half < FEWEST // 2:
        return 0.0
    seen, truth, mean = answer[:half], answer[half:], answer[:half].mean(axis=0)
    if column.kind in ("number", "date") and column.series.n_unique() > FEW_VALUES:
        numbers = _floats(column)[rows]
        guesses = _by_neighbours(numbers[:half], seen, numbers[half:], mean)
    else:
        cells = column.series.cast(pl.String).fill_null("").to_numpy()[rows].astype(str)
        guesses = _by_value(cells, seen, mean)
    if answer.shape[1] == 1:
        wrong, simple = ((truth - guesses) ** 2).sum(), ((truth - mean) ** 2).sum()
    else:
        truths = truth.argmax(axis=1)
        wrong = (guesses.argmax(axis=1) != truths).sum()
        simple = (truths != mean.argmax()).sum()
    return float(1 - wrong / simple) if simple > 0 else 0.0


def _by_neighbours(
    seen: np.ndarray, answers: np.ndarray, asked: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Answers interpolated between the next smaller and the next larger seen number."""
    known = ~np.isnan(seen)
    if known.sum() < 2:
        return np.broadcast_to(mean, (len(asked), len(mean)))
    order = np.argsort(seen[known], kind="stable")
    places, answers = seen[known][order], answers[known][order]
    above = np.clip(np.searchsorted(places, asked), 1, len(places) - 1)
    gap = places[above] - places[above - 1]
    weight = np.clip((asked - places[above - 1]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)[:, None]
    guesses = (1 - weight) * answers[above - 1] + weight * answers[above]
    return np.where(np.isnan(asked)[:, None], mean, guesses)


def _by_value(cells: np.ndarray, answers: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The mean answer of the same value in the first half; the overall mean where it is new."""
    half = len(answers)
    _, codes = np.unique(cells, return_inverse=True)
    sums = np.zeros((codes.max() + 1, answers.shape[1]))
    np.add.at(sums, codes[:half], answers)
    counts = np.bincount(codes[:half], minlength=len(sums))[:, None]
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), mean)[codes[half:]])


def _floats(column: Column) -> np.ndarray:
    values = column.series.to_physical().cast(pl.Float64).fill_null(float("nan"))
    return np.asarray(values.to_numpy())

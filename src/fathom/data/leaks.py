"""A table and its targets to the columns that alone give the answer away."""

from collections.abc import Collection

import numpy as np
import polars as pl

from fathom.data.kinds import names
from fathom.data.pictures import Pictures
from fathom.data.table import Column, Finding, Table

SCORE = 0.98
SAMPLE = 20_000
BINS = 64
FEWEST = 50


def leaking_columns(table: Table, target: Collection[str]) -> list[Finding]:
    """Columns whose binned values predict a held-out half of a target with a score above 0.98.

    The score is the explained share: of variance for numbers, of the error of the most frequent
    class for classes. Values seen in one half only predict nothing, so an id does not score.
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
            if column.name in target or column.constant or isinstance(column.values, Pictures):
                continue
            score = _score(_cells(column, rows), answer)
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
    if isinstance(column.values, Pictures):
        return None
    if column.kind == "number" and column.values.n_unique() > 20:
        numbers = column.values.cast(pl.Float64).fill_null(float("nan")).to_numpy()[rows]
        return np.asarray(numbers[:, None])
    labels = names(column.values).fill_null("").to_numpy()[rows]
    known, codes = np.unique(labels, return_inverse=True)
    if len(known) > 1000:
        return None
    return np.eye(len(known))[codes]


def _cells(column: Column, rows: np.ndarray) -> np.ndarray:
    """Each value as a bin number: the value itself where there are few, else its quantile."""
    values = column.series
    if column.kind in ("number", "date") and values.n_unique() > BINS:
        numbers = values.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()[rows]
        edges = np.nanquantile(numbers, np.linspace(0, 1, BINS * 8 + 1)[1:-1])
        return np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers))
    cells = values.cast(pl.String).fill_null("").to_numpy()[rows]
    return np.unique(cells, return_inverse=True)[1]


def _score(cells: np.ndarray, answer: np.ndarray) -> float:
    """Explained share on the second half of what the bins' means of the first half predict."""
    known = ~np.isnan(answer).any(axis=1)
    cells, answer = cells[known], answer[known]
    half = len(cells) // 2
    if half < FEWEST // 2:
        return 0.0
    _, bins = np.unique(cells, return_inverse=True)
    mean = answer[:half].mean(axis=0)
    sums = np.zeros((bins.max() + 1, answer.shape[1]))
    np.add.at(sums, bins[:half], answer[:half])
    counts = np.bincount(bins[:half], minlength=len(sums))[:, None]
    guesses = np.where(counts > 0, sums / np.maximum(counts, 1), mean)[bins[half:]]
    truth = answer[half:]
    if answer.shape[1] == 1:
        wrong, simple = ((truth - guesses) ** 2).sum(), ((truth - mean) ** 2).sum()
    else:
        truths = truth.argmax(axis=1)
        wrong = (guesses.argmax(axis=1) != truths).sum()
        simple = (truths != mean.argmax()).sum()
    return float(1 - wrong / simple) if simple > 0 else 0.0

"""Answers to the few row numbers that the report shows, for the loader and the views."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import polars as pl

from fathom.explain.outcomes import (
    Choices,
    Numbers,
    Texts,
    judged_part,
    read_choices,
    read_numbers,
    read_texts,
)
from fathom.metrics.translation import chrf_of_each

Outcome = TypeVar("Outcome", Choices, Numbers, Texts)
TARGETS = 3  # of several targets, this many are looked into one by one
MOST = 60
EXTREMES = 3  # of the best, of the typical and of the worst
LENGTHS, FEWEST = 6, 10  # groups of one length, and answers in each


def examples_needed(predictions: pl.DataFrame, report: Mapping[str, Any]) -> list[int]:
    """Row numbers whose raw examples the report shows, at most 60, the most telling first.

    report: its "per_class" names the classes in the order of `probability`.
    """
    classes = tuple(str(entry["name"]) for entry in report.get("per_class", ()))
    rows: list[int] = []
    for choices in read_choices(predictions, classes)[:TARGETS]:
        held = choices.judged
        picked = [confident_errors(held), suspects(held), one_of_each(choices), hesitant(held)]
        rows += [int(held.row[i]) for chosen in picked[:2] for i in chosen]
        rows += [int(given(choices).row[i]) for i in picked[2]]
        rows += [int(held.row[i]) for i in picked[3]]
        rows += [int(held.row[i]) for _, members in confused_pairs(held) for i in members]
    for numbers in read_numbers(predictions)[:TARGETS]:
        rows += [int(numbers.judged.row[i]) for i in worst_numbers(numbers.judged)]
        rows += [int(given(numbers).row[i]) for i in spread_numbers(numbers)]
    if {"nll", "error", "anomaly_score"} & set(predictions.columns):
        rows += spread_rows(predictions)
    texts = read_texts(predictions)
    if texts is not None:
        rows += [int(given(texts).row[i]) for i in evenly(len(given(texts)))]
    return list(dict.fromkeys(rows))[:MOST]


def given(outcome: Outcome) -> Outcome:
    """The part that examples of the data are taken from: validation, else what was measured."""
    return outcome.only("valid") if (outcome.part == "valid").any() else outcome.judged


def one_of_each(choices: Choices, limit: int = 5) -> list[int]:
    """Positions in `given` of the first example of each frequent class, filled up in order."""
    truth = given(choices).truth
    names, first, counts = np.unique(truth, return_index=True, return_counts=True)
    order = np.lexsort((names, -counts))[:limit]
    picked = [int(first[i]) for i in order]
    others = [i for i in range(min(len(truth), 2 * limit)) if i not in picked]
    return (picked + others)[:limit]


def spread_numbers(numbers: Numbers, limit: int = 5) -> list[int]:
    """Positions in `given` of examples from the smallest true number to the largest."""
    truth = given(numbers).truth
    order = np.argsort(truth, kind="stable")
    places = np.linspace(0, len(order) - 1, min(limit, len(order))).round().astype(np.int64)
    return [int(order[i]) for i in places]


def spread_rows(predictions: pl.DataFrame) -> list[int]:
    """Row numbers from the first to the last of validation, else of what was measured."""
    part = predictions["part"].to_numpy()
    rows = predictions["row"].to_numpy()[
        part == ("valid" if "valid" in part else judged_part(part))
    ]
    return [int(rows[i]) for i in evenly(len(rows))]


def evenly(amount: int, limit: int = 5) -> list[int]:
    """At most `limit` positions from the first to the last."""
    places = np.linspace(0, amount - 1, min(limit, amount)).round().astype(np.int64)
    return [int(place) for place in places]


def by_score(texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """The chrF (N,) of each answer, and the positions from the best to the worst."""
    score = chrf_of_each(texts.truth, {"answer": texts.answer})
    return score, np.argsort(-score, kind="stable")


def named_extremes(order: np.ndarray) -> dict[int, str]:
    """Positions from the best to the worst to the few that are the best, the typical and the worst,
    each named; where they are so few that one is several of these, it is the first of them.
    """
    middle = max(0, len(order) // 2 - EXTREMES // 2)
    groups = {
        "best": order[:EXTREMES],
        "typical": order[middle : middle + EXTREMES],
        "worst": order[-EXTREMES:],
    }
    return {int(i): name for name, places in reversed(groups.items()) for i in places}


def by_length(length: np.ndarray) -> list[np.ndarray]:
    """Positions in up to six groups of equal size, from the shortest to the longest; none where all
    are equally long, or too few.
    """
    amount = min(LENGTHS, len(length) // FEWEST)
    if amount < 2 or length.min() == length.max():
        return []
    return np.array_split(np.argsort(length, kind="stable"), amount)


def confident_errors(choices: Choices, limit: int = 12) -> list[int]:
    """Positions of the wrong answers, the surest first."""
    wrong = np.flatnonzero(choices.truth != choices.answer)
    return [int(i) for i in wrong[np.argsort(-choices.sureness[wrong], kind="stable")][:limit]]


def hesitant(choices: Choices, limit: int = 6) -> list[int]:
    """Positions of the answers that were least sure, right or wrong."""
    if choices.probability is None:
        return []
    return [int(i) for i in np.argsort(choices.sureness, kind="stable")[:limit]]


def suspects(choices: Choices, limit: int = 12) -> list[int]:
    """Positions where network and rival agree against the label, surest first."""
    if choices.rival is None:
        return []
    odd = np.flatnonzero((choices.answer == choices.rival) & (choices.answer != choices.truth))
    odd = odd[choices.sureness[odd] >= 0.5]
    return [int(i) for i in odd[np.argsort(-choices.sureness[odd], kind="stable")][:limit]]


def confused_pairs(
    choices: Choices, pairs: int = 3, limit: int = 4
) -> list[tuple[tuple[int, int], list[int]]]:
    """The most frequent (true, answered) mistakes with the positions of some of their examples."""
    wrong = np.flatnonzero(choices.truth != choices.answer)
    cells = np.stack([choices.truth[wrong], choices.answer[wrong]], axis=1)
    kinds, where, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    found = []
    for kind in np.lexsort((np.arange(len(counts)), -counts))[:pairs]:
        members = wrong[where.ravel() == kind][:limit]
        pair = (int(kinds[kind, 0]), int(kinds[kind, 1]))
        found.append((pair, [int(i) for i in members]))
    return found


def worst_numbers(numbers: Numbers, limit: int = 12) -> list[int]:
    """Positions of the answers that were furthest off, furthest first."""
    return [int(i) for i in np.argsort(-np.abs(numbers.residual), kind="stable")[:limit]]

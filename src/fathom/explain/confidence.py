"""Probabilities and what was true to: how sure it is, and whether that is deserved."""

import math

import numpy as np

from fathom.explain.figures import Figure, Interval, Intervals, Lines, Series
from fathom.explain.outcomes import Choices
from fathom.explain.select import TARGETS
from fathom.explain.statistics import thinned
from fathom.explain.story import Story
from fathom.explain.view import Check, Verdict, View
from fathom.explain.wording import count, of_100
from fathom.metrics.shares import wilson

LARGEST_GROUPS = 10
SMALLEST_GROUP = 30  # below this many examples a group says too little
DRAWS = 200
ROUGHLY = 1.5  # a gap up to this many times what chance makes is a small one


def confidence_view(story: Story) -> View | None:
    """Of a hundred answers this sure, how many were right?"""
    tested = [choices.judged for choices in story.choices[:TARGETS]]
    tested = [choices for choices in tested if choices.probability is not None and len(choices)]
    if not tested:
        return None
    figures = [
        figure for choices in tested for figure in (_reliability(choices), _declining(choices))
    ]
    first = tested[0]
    right = first.truth == first.answer
    answer = (
        f"On average it was {of_100(float(first.sureness.mean()))} of 100 sure and "
        f"{of_100(float(right.mean()))} of 100 right ({count(len(first))} answers)."
    )
    return View(
        name="confidence",
        question="How sure is it, and is it right to be?",
        answer=answer,
        figures=tuple(figures),
        check=_deserved(first),
        caveat=f"This holds for {story.noun} like yours. On something quite unlike them the "
        "network can be sure and "
        f"wrong. Groups of fewer than {SMALLEST_GROUP} say too little and are not formed.",
        terms=("confidence", "calibration", "95 % interval"),
    )


def _groups(choices: Choices) -> list[np.ndarray]:
    """Positions in groups of equal size, least sure first."""
    order = np.argsort(choices.sureness, kind="stable")
    return np.array_split(order, max(1, min(LARGEST_GROUPS, len(order) // SMALLEST_GROUP)))


def _reliability(choices: Choices) -> Figure:
    right = choices.truth == choices.answer
    rows = []
    for group in _groups(choices):
        hits, total = float(right[group].sum()), len(group)
        sure = float(choices.sureness[group].mean())
        rows.append(Interval(f"{of_100(sure)}", hits / total, *wilson(hits, total), total, at=sure))
    off = [row for row in rows if not row.low <= (row.at or 0) <= row.high]
    middle = rows[len(rows) // 2]
    said = (
        f"Where it was about {middle.label} of 100 sure, {of_100(middle.value)} of 100 answers "
        f"were right ({of_100(middle.low)}–{of_100(middle.high)}, {count(middle.n)} seen). "
        f"{len(rows) - len(off)} of {len(rows)} groups hold what they promise."
    )
    return Figure(
        f"{choices.name}: sureness kept" if choices.name else "Is the sureness kept?",
        Intervals(
            "how sure (of 100)", "right (of 100)", tuple(rows), at_label="how sure", share=True
        ),
        said,
    )


def _declining(choices: Choices) -> Figure:
    """Share right among the surest answers, by the share of examples that is answered."""
    order = np.argsort(-choices.sureness, kind="stable")
    right = (choices.truth == choices.answer)[order]
    shares = np.arange(1, len(right) + 1) / len(right)
    kept = np.cumsum(right) / np.arange(1, len(right) + 1)
    start = max(0, min(len(right) // 20, len(right) - 2))
    keep = start + thinned(len(right) - start, 120)
    half = len(right) // 2 or 1
    hits = float(right[:half].sum())
    low, high = wilson(hits, half)
    return Figure(
        f"{choices.name}: if it may decline" if choices.name else "If it may decline to answer",
        Lines(
            "share of examples answered, surest first (of 100)",
            "right (of 100)",
            (
                Series(
                    "right among those answered", _of_100(shares[keep]), tuple(kept[keep].tolist())
                ),
            ),
            share=True,
        ),
        f"If only the surer half is answered, {of_100(hits / half)} of 100 are right "
        f"({of_100(low)}–{of_100(high)}); answering all, {of_100(float(right.mean()))}.",
    )


def _of_100(values: np.ndarray) -> tuple[float, ...]:
    return tuple((100 * values).tolist())


def _deserved(choices: Choices) -> Check:
    """The gap between sureness and truth, beside the gap that chance alone makes at this size."""
    groups = _groups(choices)
    right = (choices.truth == choices.answer).astype(np.float64)
    gap = _gap(choices.sureness, right, groups)
    random = np.random.default_rng(0)
    draws = random.random((DRAWS, len(choices))) < choices.sureness
    chance = float(
        np.quantile([_gap(choices.sureness, d.astype(float), groups) for d in draws], 0.95)
    )
    verdict, words = _believed(gap, chance)
    return Check(
        "mean gap between how sure and how often right",
        gap,
        (("95 % of what chance alone makes when the sureness is exactly right", chance),),
        verdict,
        f"The gap is {of_100(gap)} of 100; with perfectly kept sureness chance alone makes up to "
        f"{of_100(chance)}. {words}",
    )


def _believed(gap: float, chance: float) -> tuple[Verdict, str]:
    if gap <= chance:
        return "supported", "So its sureness may be believed."
    if gap <= ROUGHLY * chance:
        return "weak", "So its sureness is a rough guide."
    return "not supported", "So read its sureness with caution."


def _gap(sureness: np.ndarray, right: np.ndarray, groups: list[np.ndarray]) -> float:
    gaps = [abs(float(sureness[g].mean() - right[g].mean())) * len(g) for g in groups]
    return math.fsum(gaps) / len(sureness)

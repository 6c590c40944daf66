"""Number answers to where they are off: residuals, interval coverage, the worst ones."""

import numpy as np

from fathom.explain.figures import Figure, Histogram, Interval, Intervals, Level, Scatter, Strip
from fathom.explain.items import number_item
from fathom.explain.outcomes import Numbers
from fathom.explain.select import TARGETS, worst_numbers
from fathom.explain.statistics import thinned
from fathom.explain.story import Story
from fathom.explain.view import Check, View
from fathom.explain.wording import count, number, of_100
from fathom.metrics.shares import wilson

POINTS = 600
BINS = 31
GROUPS = 8
PROMISED = 0.9


def residuals_view(story: Story) -> View | None:
    """How far off, in which direction, and for which answers."""
    tested = _tested(story)
    if not tested:
        return None
    figures = [
        f for numbers in tested for f in (_against_truth(numbers), _off(numbers), _spread(numbers))
    ]
    first = tested[0]
    error = np.abs(first.residual)
    return View(
        name="residuals",
        question="How far off is it, and where?",
        answer=f"Half of the answers are within {number(float(np.median(error)))} of the truth, "
        "and 9 of 10 within "
        f"{number(float(np.quantile(error, 0.9)))} ({count(len(first))} held-out {story.noun}).",
        figures=tuple(figures),
        caveat="An even cloud around zero is what is hoped for. A funnel means that large answers "
        "are less exact; a bend means that something was not learned.",
        terms=("residual",),
    )


def coverage_view(story: Story) -> View | None:
    """Do the given intervals hold the truth as often as promised?"""
    tested = [numbers for numbers in _tested(story) if numbers.inside is not None]
    if not tested or tested[0].inside is None:
        return None
    promised = float(story.report.get("interval", PROMISED))
    kept = tested[0].inside
    hits, total = float(kept.sum()), len(kept)
    low, high = wilson(hits, total)
    holds = low <= promised <= high
    return View(
        name="coverage",
        question="Do its intervals hold what they promise?",
        answer=f"{of_100(hits / total)} of 100 true values lie inside the given interval "
        f"({of_100(low)}–{of_100(high)}); {of_100(promised, 0)} were promised.",
        figures=tuple(
            _coverage(numbers, numbers.inside, promised)
            for numbers in tested
            if numbers.inside is not None
        ),
        check=Check(
            "share of true values inside",
            hits / total,
            (("promised", promised),),
            "supported" if holds else "not supported",
            "The promise lies within the 95 % interval of what was kept."
            if holds
            else "The promise lies outside the 95 % interval of what was kept: plan with wider "
            "or narrower ones.",
        ),
        caveat="The promise is kept on average, not for each single answer or each kind of "
        "example.",
        terms=("interval coverage", "95 % interval"),
    )


def worst_view(story: Story) -> View | None:
    """The answers that were furthest off."""
    tested = _tested(story)
    if not tested:
        return None
    figures = []
    for numbers in tested:
        items = tuple(number_item(story, numbers, i) for i in worst_numbers(numbers))
        title = f"{numbers.name}: furthest off" if numbers.name else "The answers furthest off"
        figures.append(
            Figure(title, Strip(items), f"The {len(items)} answers furthest off, furthest first.")
        )
    worst, shown = float(np.abs(tested[0].residual).max()), len(worst_numbers(tested[0]))
    return View(
        name="worst",
        question="Which answers were worst?",
        answer=f"The worst was off by {number(worst)}; the {shown} worst are shown.",
        figures=tuple(figures),
        caveat="These are the worst cases, chosen for that; they are not what is usual.",
        terms=("residual",),
    )


def _tested(story: Story) -> list[Numbers]:
    tested = (numbers.judged for numbers in story.numbers[:TARGETS])
    return [numbers for numbers in tested if len(numbers)]


def _name(numbers: Numbers, title: str) -> str:
    return f"{numbers.name}: {title.lower()}" if numbers.name else title


def _against_truth(numbers: Numbers) -> Figure:
    keep = thinned(len(numbers), POINTS)
    r = float(np.corrcoef(numbers.truth, numbers.score)[0, 1]) if _varies(numbers) else float("nan")
    data = Scatter(
        "true value", "answer", _tuple(numbers.truth[keep]), _tuple(numbers.score[keep]), "diagonal"
    )
    return Figure(
        _name(numbers, "Answer against truth"),
        data,
        f"{count(len(keep))} of {count(len(numbers))} answers; on the line would be exact "
        f"(correlation {number(r, 2)}).",
    )


def _off(numbers: Numbers) -> Figure:
    keep = thinned(len(numbers), POINTS)
    data = Scatter(
        "answer",
        "answer minus truth",
        _tuple(numbers.score[keep]),
        _tuple(numbers.residual[keep]),
        "zero",
    )
    bias = float(numbers.residual.mean())
    low_half = numbers.score <= np.median(numbers.score)
    small, large = (
        float(np.abs(numbers.residual[part]).mean()) if part.any() else 0.0
        for part in (low_half, ~low_half)
    )
    return Figure(
        _name(numbers, "How far off, by answer"),
        data,
        f"On average it answers {number(abs(bias))} too {'high' if bias > 0 else 'low'}. The "
        "mean error is "
        f"{number(small)} in the lower half of the answers and {number(large)} in the upper half.",
    )


def _spread(numbers: Numbers) -> Figure:
    """All errors in bins; the outermost one in a hundred at each end is drawn into the end bins."""
    low, high = np.quantile(numbers.residual, [0.01, 0.99])
    if not high > low:
        low, high = float(numbers.residual.min()) - 0.5, float(numbers.residual.max()) + 0.5
    counts, edges = np.histogram(
        np.clip(numbers.residual, low, high), BINS, (float(low), float(high))
    )
    inside = np.quantile(numbers.residual, [0.05, 0.95])
    return Figure(
        _name(numbers, "How the errors are spread"),
        Histogram(
            "answer minus truth",
            _tuple(edges),
            tuple(int(c) for c in counts),
            (Level("exact", 0.0),),
        ),
        f"9 of 10 errors lie between {number(float(inside[0]))} and {number(float(inside[1]))}; "
        "the outermost 1 of 100 on each side is counted in the end bins.",
    )


def _coverage(numbers: Numbers, inside: np.ndarray, promised: float) -> Figure:
    order = np.argsort(numbers.score, kind="stable")
    rows = []
    for group in np.array_split(order, max(1, min(GROUPS, len(order) // 30))):
        hits = float(inside[group].sum())
        span = (
            f"{number(float(numbers.score[group[0]]))} to {number(float(numbers.score[group[-1]]))}"
        )
        rows.append(Interval(span, hits / len(group), *wilson(hits, len(group)), len(group)))
    kept = sum(row.low <= promised <= row.high for row in rows)
    return Figure(
        _name(numbers, "Truth inside the interval, by answer"),
        Intervals(
            "answers from",
            "inside, of 100",
            tuple(rows),
            (Level("promised", promised),),
            share=True,
        ),
        f"In {kept} of {len(rows)} groups of answers the promise of {of_100(promised, 0)} of 100 "
        "is within the 95 % interval.",
    )


def _varies(numbers: Numbers) -> bool:
    return (
        len(numbers) > 1 and float(np.ptp(numbers.truth)) > 0 and float(np.ptp(numbers.score)) > 0
    )


def _tuple(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)

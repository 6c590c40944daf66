"""Translations to: the best, the typical and the worst, and what goes wrong with them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from fathom.explain.figures import Figure, Grid, Lines, Series
from fathom.explain.outcomes import Texts
from fathom.explain.select import by_length, by_score, named_extremes
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import count, number, of_100, plural, shortened
from fathom.metrics.translation import chrf_of_each

LONGEST = 240


def translations_view(story: Story) -> View | None:
    """What it answers well and badly, and signs of a network that answers without reading."""
    if story.texts is None or story.headline != "bleu" or not len(story.texts.judged):
        return None
    texts = story.texts.judged
    score, order = by_score(texts)
    sources = story.sources if set(texts.row.tolist()) <= story.sources.keys() else {}
    answer = (
        f"Half of {plural(len(texts), 'answers')} reach a chrF of {np.median(score):.1f} or more"
    )
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = (signs(texts, sources),)
    if sources:
        same, again = repeated(texts.answer, texts, sources), _again(texts.answer, texts, sources)
        answer += f"; {count(same)} repeat the source, {count(again)} are given to several sources"
        curves = {"network": score}
        if texts.rival is not None:
            curves["rival"] = chrf_of_each(texts.truth, {"answer": texts.rival})
        figures = scores_by_length("chrF", texts, curves, sources)
        grids = (picked("chrF", texts, score, order, sources), *grids)
    return View(
        name="translations",
        question="Which answers are good, which are bad?",
        answer=f"{answer}.",
        figures=figures,
        grids=grids,
        caveat="chrF counts runs of letters that agree with one true answer. Another good answer "
        "scores low, and a wrong word can cost little.",
        terms=("chrF", "held-out", "rival"),
        owned=len(grids[0].rows) if sources else 0,
    )


def picked(
    name: str, texts: Texts, score: np.ndarray, order: np.ndarray, sources: Mapping[int, str]
) -> Grid:
    """The best, typical and worst answers beside source and truth; score (N,), named."""
    named = named_extremes(order)
    rows = tuple(
        (
            f"{group}, {score[i]:.0f}",
            shortened(sources[int(texts.row[i])], LONGEST),
            shortened(texts.truth[i], LONGEST),
            shortened(texts.answer[i], LONGEST),
        )
        for i, group in sorted(named.items(), key=lambda pair: (-score[pair[0]], pair[0]))
    )
    return Grid(
        "The best, the typical and the worst answers", (name, "source", "truth", "answer"), rows
    )


def scores_by_length(
    name: str, texts: Texts, curves: Mapping[str, np.ndarray], sources: Mapping[int, str]
) -> tuple[Figure, ...]:
    """The mean of scores (N,) in groups of equal size, from the shortest sources to the longest."""
    length = np.array([len(sources[int(row)].split()) for row in texts.row])
    groups = by_length(length)
    if not groups:
        return ()
    across = tuple(float(length[group].mean()) for group in groups)
    series = tuple(
        Series(who, across, tuple(float(values[group].mean()) for group in groups))
        for who, values in curves.items()
    )
    first, last = series[0].y[0], series[0].y[-1]
    return (
        Figure(
            "Short and long sources",
            Lines("words of the source", f"{name}, mean of answers", series),
            f"For sources of about {number(across[0], 2)} words the mean {name} is {first:.1f}, "
            f"for those of about {number(across[-1], 2)} words {last:.1f}.",
        ),
    )


def signs(texts: Texts, sources: Mapping[int, str]) -> Grid:
    """How often answers show that the source was not read, beside truth and rival."""
    columns = {"network": texts.answer, "truth": texts.truth}
    if texts.rival is not None:
        columns["rival"] = texts.rival
    rows = [
        (
            "empty answers",
            *(_of(sum(not t.strip() for t in some), some) for some in columns.values()),
        )
    ]
    if sources:
        rows += [
            (
                "the source repeated",
                *(_of(repeated(c, texts, sources), c) for c in columns.values()),
            ),
            (
                "given to several sources",
                *(_of(_again(c, texts, sources), c) for c in columns.values()),
            ),
        ]
    return Grid("Signs of answering without reading", ("sign", *columns), tuple(rows))


def _of(amount: int, texts: np.ndarray) -> str:
    return f"{count(amount)} ({of_100(amount / max(1, len(texts)))} of 100)"


def repeated(answers: Iterable[str], texts: Texts, sources: Mapping[int, str]) -> int:
    """How many answers are the source itself."""
    pairs = zip(answers, texts.row, strict=True)
    return sum(answer.strip() == sources[int(row)].strip() for answer, row in pairs)


def _again(answers: Iterable[str], texts: Texts, sources: Mapping[int, str]) -> int:
    """How many answers are also given to a different source."""
    asked = defaultdict(list)
    for answer, row in zip(answers, texts.row, strict=True):
        asked[answer.strip()].append(sources[int(row)].strip())
    return sum(len(found) for found in asked.values() if len(set(found)) > 1)

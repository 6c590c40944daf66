"""Answers that are transcripts to: the best, the typical and the worst, errors by length and by
speaker, and which words are taken for which.
"""

from collections import Counter

import numpy as np

from fathom.explain.figures import Bar, Bars, Figure, Grid, Lines, Series
from fathom.explain.outcomes import Texts
from fathom.explain.select import by_length, named_extremes
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import count, number, plural, shortened
from fathom.metrics.speech import word_errors

MOST_GROUPS = 20
CONFUSED = 8
LONGEST = 240


def transcripts_view(story: Story) -> View | None:
    """What it hears well and badly."""
    if story.kind != "transcript" or story.texts is None or not len(story.texts.judged):
        return None
    texts = story.texts.judged
    errors = word_errors(texts.truth, {"answer": texts.answer})
    clean = int((errors[:, 0] == 0).sum())
    answer = f"{count(clean)} of {plural(len(texts), 'clips')} have no wrong word"
    silent = sum(not text.strip() for text in texts.answer)
    if silent:
        answer += f"; {count(silent)} are answered by nothing"
    figures = (*_by_length(texts, errors), *_by_group(story, texts, errors))
    confused = _confused(texts)
    return View(
        name="transcripts",
        question="Which clips are heard well, which badly?",
        answer=f"{answer}.",
        figures=figures,
        grids=(_picked(texts, errors), *confused),
        caveat="A word error is a word put in, left out or exchanged; a name spelled otherwise is "
        "one too.",
        terms=("held-out", "rival"),
    )


def _share(errors: np.ndarray) -> float:
    """Errors of 100 words said."""
    return float(100 * errors[:, 0].sum() / max(1.0, errors[:, 1].sum()))


def _picked(texts: Texts, errors: np.ndarray) -> Grid:
    each = errors[:, 0] / np.maximum(1.0, errors[:, 1])
    order = np.lexsort((texts.row, each))
    named = named_extremes(order)
    rows = tuple(
        (
            f"{name}, {errors[i, 0]:.0f} of {errors[i, 1]:.0f}",
            shortened(texts.origin[i], LONGEST),
            shortened(texts.truth[i], LONGEST),
            shortened(texts.answer[i], LONGEST),
        )
        for i, name in sorted(named.items(), key=lambda pair: (each[pair[0]], pair[0]))
    )
    return Grid(
        "The best, the typical and the worst answers",
        ("wrong words", "clip", "truth", "answer"),
        rows,
    )


def _by_length(texts: Texts, errors: np.ndarray) -> tuple[Figure, ...]:
    """Word errors of groups of equal size, from the shortest transcripts to the longest."""
    length = np.array([len(text) for text in texts.truth])
    groups = by_length(length)
    if not groups:
        return ()
    across = tuple(float(length[group].mean()) for group in groups)
    curves = {"network": errors}
    if texts.rival is not None:
        curves["rival"] = word_errors(texts.truth, {"answer": texts.rival})
    series = tuple(
        Series(name, across, tuple(_share(values[group]) for group in groups))
        for name, values in curves.items()
    )
    first, last = series[0].y[0], series[0].y[-1]
    return (
        Figure(
            "Short and long transcripts",
            Lines("letters of the transcript", "wrong words of 100", series),
            f"Of transcripts of about {number(across[0], 2)} letters {first:.1f} words of 100 are "
            f"wrong, of those of about {number(across[-1], 2)} {last:.1f}.",
        ),
    )


def _by_group(story: Story, texts: Texts, errors: np.ndarray) -> tuple[Figure, ...]:
    """Word errors of each speaker, or whatever else groups the clips."""
    found = {story.groups[row] for row in texts.row.tolist() if row in story.groups}
    if not 2 <= len(found) <= MOST_GROUPS:
        return ()
    of = np.array([story.groups.get(row, "") for row in texts.row.tolist()])
    shares = {name: _share(errors[of == name]) for name in sorted(found)}
    worst = max(shares, key=lambda name: shares[name])
    bars = tuple(Bar(name, share) for name, share in shares.items())
    return (
        Figure(
            "Errors by group",
            Bars("group", "wrong words of 100", bars),
            f"Most are wrong for {worst}: {shares[worst]:.1f} words of 100.",
        ),
    )


def _confused(texts: Texts) -> tuple[Grid, ...]:
    """The words that are most often taken for another, left out or put in."""
    from jiwer import process_words

    pairs: Counter[tuple[str, str]] = Counter()
    for truth, answer in zip(texts.truth, texts.answer, strict=True):
        said, heard = truth.split(), answer.split()
        if not said:
            continue
        for chunk in process_words(" ".join(said), " ".join(heard)).alignments[0]:
            old = said[chunk.ref_start_idx : chunk.ref_end_idx]
            new = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
            if chunk.type == "substitute":
                pairs.update(zip(old, new, strict=True))
            elif chunk.type == "delete":
                pairs.update((word, "(nothing)") for word in old)
            elif chunk.type == "insert":
                pairs.update(("(nothing)", word) for word in new)
    if not pairs:
        return ()
    rows = tuple(
        (count(amount), shortened(said, 40), shortened(heard, 40))
        for (said, heard), amount in pairs.most_common(CONFUSED)
    )
    return (Grid("What is taken for what", ("times", "said", "heard"), rows),)

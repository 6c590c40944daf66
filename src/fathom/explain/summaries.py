"""Summaries to: the best, the typical and the worst, how much is copied, and what is made up."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from fathom.data.extracts import Stems, oracle, units
from fathom.explain.figures import Grid
from fathom.explain.levels import references
from fathom.explain.outcomes import Texts
from fathom.explain.story import Story
from fathom.explain.translations import picked, scores_by_length, signs
from fathom.explain.view import View
from fathom.explain.wording import of_100, plural
from fathom.metrics.summaries import rouge1_terms

RUN = 4  # words that follow each other: rarely alike by chance
BOUNDED = 200  # answers that the best extraction is made for
NAMES = re.compile(r"\d+(?:[.,]\d+)*|(?<=[a-z,;] )[A-Z][a-z]+")


def summaries_view(story: Story) -> View | None:
    """How near summaries come to the true ones, and where their words are from."""
    if story.texts is None or story.headline != "rouge1" or not len(story.texts.judged):
        return None
    texts = story.texts.judged
    sources = story.sources if set(texts.row.tolist()) <= story.sources.keys() else {}
    truth = references(story, texts)
    score = rouge1_terms(truth, {"answer": texts.answer})
    half = f"Half of {plural(len(texts), 'summaries')} reach a ROUGE-1 of {np.median(score):.1f}"
    if not sources:
        return View(
            name="summaries",
            question="Which summaries are good, which are bad?",
            answer=f"{half} or more.",
            grids=(signs(texts, sources),),
        )
    curves = {"network": score}
    if texts.rival is not None:
        curves["rival"] = rouge1_terms(truth, {"answer": texts.rival})
    order = np.argsort(-score, kind="stable")
    own = copied(texts.answer, texts, sources)
    return View(
        name="summaries",
        question="Which summaries are good, which are bad, and what is copied?",
        answer=f"{half} or more; {of_100(own)} of 100 runs of {RUN} words stand in the source.",
        figures=scores_by_length("ROUGE-1", texts, curves, sources),
        grids=(
            picked("ROUGE-1", texts, score, order, sources),
            _origins(texts, sources),
            signs(texts, sources),
        ),
        caveat="ROUGE-1 counts words shared with a true summary: one in other words scores low, "
        f"one that says the contrary can score high. {_bound(truth, texts, sources)}",
        terms=("held-out", "rival"),
        owned=len(order),
    )


def _origins(texts: Texts, sources: Mapping[int, str]) -> Grid:
    """Where words are from, and how many there are, beside truth and rival."""
    columns = {"network": texts.answer, "truth": texts.truth}
    if texts.rival is not None:
        columns["rival"] = texts.rival
    rows = (
        (
            f"runs of {RUN} words that stand in the source, of 100",
            *(of_100(copied(some, texts, sources)) for some in columns.values()),
        ),
        (
            "names and numbers that do not stand in the source, of 100",
            *(of_100(made_up(some, texts, sources)) for some in columns.values()),
        ),
        (
            "words, mean",
            *(f"{np.mean([len(text.split()) for text in some]):.1f}" for some in columns.values()),
        ),
    )
    return Grid("Where the words are from", ("share", *columns), rows)


def copied(answers: Iterable[str], texts: Texts, sources: Mapping[int, str]) -> float:
    """The share of runs of four words that stand in the source word for word."""
    found = total = 0
    for answer, row in zip(answers, texts.row, strict=True):
        known = set(_runs(sources[int(row)]))
        runs = _runs(answer)
        found += sum(run in known for run in runs)
        total += len(runs)
    return found / max(1, total)


def made_up(answers: Iterable[str], texts: Texts, sources: Mapping[int, str]) -> float:
    """The share of numbers and of capitalised words inside sentences that the source lacks."""
    missing = total = 0
    for answer, row in zip(answers, texts.row, strict=True):
        source = sources[int(row)].lower()
        names = [name.lower() for name in NAMES.findall(answer)]
        missing += sum(name not in source for name in names)
        total += len(names)
    return missing / max(1, total)


def _bound(truth: np.ndarray, texts: Texts, sources: Mapping[int, str]) -> str:
    """What the best choice of units reaches, made with a look at the true summaries."""
    stems = Stems()
    rows = np.linspace(0, len(texts) - 1, min(BOUNDED, len(texts))).round().astype(int)
    some = truth[rows]
    best = []
    for place, row in enumerate(rows):
        source = sources[int(texts.row[row])]
        known = [text for text in np.atleast_1d(some[place]) if text]
        parts = units(source)
        best.append(" ".join(parts[unit] for unit in oracle(source, known, stems)))
    reached = rouge1_terms(some, {"answer": np.array(best, dtype=object)}).mean()
    return f"No choice of whole sentences or turns gets much beyond {reached:.1f}."


def _runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return list(zip(*(words[start:] for start in range(RUN)), strict=False))

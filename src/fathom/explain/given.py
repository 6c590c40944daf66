"""The data summary and findings to: what was given, how it was read, what was set aside."""

from collections import Counter
from typing import Any

import numpy as np
import polars as pl

from fathom.data.table import Finding
from fathom.explain.figures import Bar, Bars, Figure, Grid, Item, Passage, Piece, Strip, Tokens
from fathom.explain.items import choice_item, number_item
from fathom.explain.select import evenly, given, one_of_each, spread_numbers, spread_rows
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import capital, count, listed, plural, shortened

COLUMNS = 60
CLASSES = 30
FINDINGS = 40
BEGINNING = 160  # characters of a text
PARTS = {
    "train": "learned from",
    "valid": "used to decide when to stop",
    "test": "held out, used once",
    "folds": "each held out from one network",
    "unused": "not used",
}


def given_view(story: Story) -> View | None:
    """What was given, as it was understood."""
    data = story.data
    columns = list(data.get("columns", ()))
    rows = int(data.get("rows", 0))
    parts = {name: int(amount) for name, amount in data.get("parts", {}).items() if amount}
    learned = f", of which {count(parts['train'])} were learned from" if "train" in parts else ""
    answer = (
        f"{plural(rows, story.noun)} from {shortened(str(data.get('name', 'your data')), 60)}"
        f" (read as {shortened(str(data.get('source', 'a table')))}){learned}."
    )
    return View(
        name="given",
        question="What did you give?",
        answer=answer,
        figures=tuple(_figures(story, parts)),
        grids=(_columns(columns),) if columns else (),
        caveat="Five examples are not the data: they show that it was read as meant, no more.",
        terms=("held-out", "validation"),
    )


def findings_view(story: Story) -> View:
    """What was noticed about the data, what was set aside, and what to do about it."""
    warnings = sum(finding.severity == "warning" for finding in story.findings)
    if not story.findings:
        answer = f"Nothing was found to be wrong, and none of the {story.noun} was set aside (0)."
    else:
        deserve = "deserves" if warnings == 1 else "deserve"
        read = f"{plural(warnings, 'warnings')} {deserve} to be read" if warnings else "no warning"
        answer = f"{_aside(story)}; {read}."
    return View(
        name="findings",
        question="Is anything wrong with the data?",
        answer=answer,
        grids=(_findings(story.findings),) if story.findings else (),
        caveat="Only what can be seen without knowing the subject is found. A wrong unit, or a "
        "label that everyone got wrong in the same way, looks fine from here.",
        terms=("finding",),
    )


def _aside(story: Story) -> str:
    """How many examples were not used; one finding may be about many, or about other files."""
    aside = [finding for finding in story.findings if finding.severity == "set aside"]
    single = len({finding.row for finding in aside if finding.row >= 0})
    amount = max(single, int(story.data.get("parts", {}).get("unused", 0)))
    if amount:
        return f"{plural(amount, story.noun)} {'was' if amount == 1 else 'were'} not used"
    return (
        f"What was set aside is none of the {story.noun}"
        if aside
        else f"None of the {story.noun} was set aside"
    )


def _figures(story: Story, parts: dict[str, int]) -> list[Figure]:
    figures = []
    items = _examples(story)
    if items:
        figures.append(
            Figure(
                "Five of your examples",
                Strip(items),
                f"Five of the {story.noun} as they were read, each with its true answer.",
            )
        )
    passages = _passages(story)
    if passages:
        figures.append(
            Figure(
                f"Some of your {story.noun}",
                Tokens(passages, owned=True),
                f"{plural(len(passages), story.noun)} as they were read, evenly spread.",
            )
        )
    if parts:
        bars = tuple(Bar(name, amount, PARTS.get(name, "")) for name, amount in parts.items())
        words = listed([f"{count(bar.value)} {bar.note or bar.label}" for bar in bars])
        figures.append(
            Figure("How they were divided", Bars("part", story.noun, bars), capital(f"{words}."))
        )
    if story.choices and len(story.choices) == 1:
        figures.append(_balance(story))
    return figures


def _examples(story: Story) -> tuple[Item, ...]:
    if story.choices:
        choices = story.choices[0]
        picked = given(choices)
        return tuple(choice_item(story, picked, i, judged=False) for i in one_of_each(choices))
    if story.numbers:
        numbers = story.numbers[0]
        picked_numbers = given(numbers)
        chosen = spread_numbers(numbers)
        return tuple(number_item(story, picked_numbers, i, judged=False) for i in chosen)
    return ()


def _passages(story: Story) -> tuple[Passage, ...]:
    """The beginnings of texts as they were read; of texts to translate with their true answers."""
    if story.texts is not None:
        picked = given(story.texts)
        told = [
            (picked.row[i], picked.origin[i], f"Its true answer: {shortened(picked.truth[i], 200)}")
            for i in evenly(len(picked))
        ]
    elif story.kind == "bytes" and "origin" in story.predictions.columns:
        chosen = story.predictions.filter(pl.col("row").is_in(spread_rows(story.predictions)))
        told = [(row, origin, "") for row, origin in chosen.select("row", "origin").iter_rows()]
    else:
        return ()
    return tuple(
        Passage(shortened(str(origin), 48), (Piece(text),), words)
        for row, origin, words in told
        if (text := _beginning(story, int(row)))
    )


def _beginning(story: Story, row: int) -> str:
    values = story.examples[row].values.values() if row in story.examples else ()
    text = " ".join(values).strip()
    return text if len(text) <= BEGINNING else f"{text[:BEGINNING].rstrip('… ')}…"


def _balance(story: Story) -> Figure:
    choices = story.choices[0]
    amounts = np.bincount(choices.truth, minlength=len(choices.classes))
    order = np.argsort(-amounts, kind="stable")
    bars = [Bar(shortened(choices.classes[i]), int(amounts[i])) for i in order[:CLASSES]]
    if len(order) > CLASSES:
        rest = int(amounts[order[CLASSES:]].sum())
        bars.append(Bar(f"{len(order) - CLASSES} more", rest, look="muted"))
    ratio = amounts.max() / max(1, amounts[amounts > 0].min())
    even = "The classes are about even" if ratio < 1.5 else "The classes are uneven"
    return Figure(
        "Examples of each class (validation and test)",
        Bars("class", story.noun, tuple(bars)),
        f"{even}: the most frequent, {bars[0].label}, has {count(bars[0].value)}, which is "
        f"{ratio:.1f} times the rarest.",
    )


def _columns(columns: list[dict[str, Any]]) -> Grid:
    rows = tuple(
        (
            shortened(str(c.get("name", ""))),
            str(c.get("kind", "")),
            shortened(str(c.get("why", "")), 90),
        )
        for c in columns[:COLUMNS]
    )
    more = f" (the first {COLUMNS} of {len(columns)})" if len(columns) > COLUMNS else ""
    return Grid(f"The columns, as they were understood{more}", ("column", "kind", "why"), rows)


def _findings(findings: tuple[Finding, ...]) -> Grid:
    order = ("set aside", "warning", "note")
    ranked = sorted(findings, key=lambda finding: order.index(finding.severity))
    rows = tuple(
        (
            finding.severity,
            finding.subject,
            shortened(finding.place, 60),
            shortened(finding.reason, 200),
            shortened(finding.remedy, 200) if finding.remedy else "–",
        )
        for finding in ranked[:FINDINGS]
    )
    kinds: Counter[str] = Counter(finding.severity for finding in findings)
    totals = ", ".join(f"{name} {kinds[name]}" for name in order if kinds[name])
    shown = f", the first {FINDINGS} shown" if len(findings) > FINDINGS else ""
    return Grid(
        f"Findings ({totals}{shown})",
        ("sort", "subject", "where", "what was found", "what to do"),
        rows,
    )

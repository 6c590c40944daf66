"""A finished run's story to `report.html`: one file that loads nothing and needs no script."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fathom.explain import TERMS, Story, View, headline, self_checks, views
from fathom.explain.figures import Figure, Strip, Tokens
from fathom.explain.wording import shortened, visible
from fathom.pages import Pages
from fathom.report.draw import drawing, table
from fathom.report.text import as_text

__all__ = ["SECTIONS", "as_text", "forecast_page", "page", "write_report"]


def slug(words: str) -> str:
    """Words as an anchor."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


PAGES = Pages(
    "fathom.report",
    style="static/fathom.css",
    script="static/enhance.js",
    filters={"slug": slug, "drawing": drawing, "table": table, "visible": visible},
)


@dataclass(frozen=True)
class Section:
    """A chapter of the page: its title and the views it holds, in order."""

    title: str
    names: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Where links within the page point."""
        return f"part-{slug(self.title)}"


SECTIONS = (
    Section("Your data", ("given", "findings")),
    Section(
        "How good",
        (
            *("verdict", "drawings", "records", "paces", "samples", "forecasts", "codes"),
            *("classes", "confidence", "coverage"),
        ),
    ),
    Section(
        "Mistakes",
        (
            *("confusion", "errors", "suspects", "residuals", "worst", "surprise", "watched"),
            *("anomalies", "summaries", "translations", "transcripts", "alignment"),
        ),
    ),
    Section("How it learned", ("learning", "cost")),
    Section("Limits", ("limits", "checks")),
    Section("Use it", ("usage",)),
    Section("Repeat it", ("repeat",)),
)


def write_report(
    story: Story, folder: Path, *, examples: bool = True, shown: Sequence[View] = ()
) -> Path:
    """Write `report.html` into the folder; without `examples`, with row numbers for them.

    shown: the views of the story where they were made already, examples included.
    """
    target = folder / "report.html"
    told = story if examples else without_examples(story)
    made = shown if examples and shown else tuple(views(told))
    target.write_text(page(told, made), encoding="utf-8", newline="\n")
    return target


def without_examples(story: Story) -> Story:
    """The same story, with neither pictures, values, texts nor places of single examples."""
    return replace(
        story,
        examples={},
        sources={},
        passages=(),
        predictions=story.predictions.drop("origin", strict=False),
    )


def page(story: Story, shown: Sequence[View]) -> str:
    """The whole page as one string, from the views that apply."""
    named = {view.name: view for view in shown}
    comparison = named["verdict"].figures[:1] if "verdict" in named else ()
    if comparison:  # it stands on top of the page, once
        named["verdict"] = replace(named["verdict"], figures=named["verdict"].figures[1:])
    chapters = [
        (section, [named[name] for name in section.names if name in named]) for section in SECTIONS
    ]
    return PAGES.page(
        "report.html",
        title=shortened(str(story.data.get("name", "your data")), 60),
        task=story.task,
        family=str(story.report.get("family", "")),
        top=headline(story),
        comparison=comparison,
        checks=self_checks(story),
        chapters=[(section, inside) for section, inside in chapters if inside],
        terms=_terms(shown),
        owned=_owned(shown),
        noun=story.noun,
    )


def forecast_page(title: str, answer: str, figures: Sequence[Figure], caveat: str) -> str:
    """A page that shows nothing but what follows some series."""
    return PAGES.page(
        "forecast.html",
        title=shortened(title, 60),
        answer=answer,
        figures=figures,
        caveat=caveat,
    )


def _terms(shown: Sequence[View]) -> list[tuple[str, str]]:
    used = {term for view in shown for term in view.terms}
    return [(term, TERMS[term]) for term in sorted(used, key=str.lower)]


def _owned(shown: Sequence[View]) -> int:
    """How many of the user's own examples the page carries, counted once each."""
    every = [figure.data for view in shown for figure in view.figures]
    items = {
        (item.name, item.picture)
        for data in every
        if isinstance(data, Strip)
        for item in data.items
        if item.picture is not None or item.values
    }
    texts = {
        passage
        for data in every
        if isinstance(data, Tokens) and data.owned
        for passage in data.passages
    }
    return len(items) + len(texts) + sum(view.owned for view in shown)

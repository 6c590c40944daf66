"""The metrics to the first thing a reader wants: how good, how sure, and was it worth it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.explain.figures import Figure, Grid, Interval, Intervals, Level, Look
from fathom.explain.levels import held
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import (
    SHARES,
    between,
    capital,
    count,
    higher_is_better,
    measured,
    metric_label,
    shortened,
    with_interval,
)
from fathom.metrics import BESIDE, METRICS

GUESSING = "guessing"  # has a line of its own in the figure
# How the rows of a part were held out, and what that leaves open.
HELD = {"folds": "each held out from the network that answered it"}
OPEN = {"folds": " What predicts is the mean of all networks, which was not measured itself."}


@dataclass(frozen=True)
class Headline:
    """The first lines: `value` `unit` (`interval`), from `basis`; then the rival and the verdict.

    sentence: the last of the verdict's, for the ones before it say what stands above it here.
    """

    value: str
    unit: str
    interval: str
    basis: str
    rival: str
    word: str
    sentence: str


def headline(story: Story) -> Headline:
    """What stands on top of the page."""
    name = story.headline
    entry = story.report.get("metrics", {}).get(name, {})
    rival = story.report.get("baseline") or {}
    beside = rival.get("metrics", {}).get(name, {})
    verdict = story.report.get("verdict", {})
    return Headline(
        value=measured(name, entry.get("value")),
        unit=_unit(name),
        interval=between(name, entry),
        basis=_basis(story, name, entry),
        rival=f"{_rival_name(rival)}: {with_interval(name, beside)}{_also(story)}"
        if beside
        else "",
        word=str(verdict.get("word", "")),
        sentence=str(verdict.get("sentence", "")).rsplit(". ", 1)[-1]
        + OPEN.get(str(entry.get("split")), ""),
    )


def _also(story: Story) -> str:
    """The other metric that the field compares by, of the network and of the rival."""
    name = BESIDE.get(story.kind, "")
    rival = story.report.get("baseline") or {}
    own, other = (one.get("metrics", {}).get(name) for one in (story.report, rival))
    if own is None or other is None:
        return ""
    values = (measured(name, one.get("value")) for one in (own, other))
    return f"; {metric_label(name)}: {' beside '.join(values)}"


def verdict_view(story: Story) -> View | None:
    """How good it is beside the rival and beside answering without looking."""
    metrics: Mapping[str, Any] = story.report.get("metrics", {})
    name = story.headline
    if name not in metrics:
        return None
    top = headline(story)
    interval = f" (95 % interval {top.interval})" if top.interval else ""
    answer = (
        f"{top.value} {top.unit}{interval}, measured on {top.basis} "
        f"{HELD.get(str(metrics[name].get('split')), 'that took no part in training')}."
    )
    aim = "Higher is better." if higher_is_better(name) else "Lower is better."
    return View(
        name="verdict",
        question="How good is it, and was deep learning worth it?",
        answer=f"{answer} {top.sentence}",
        figures=(_comparison(story, name, aim),),
        grids=(_all_metrics(story),),
        caveat="The interval says how much the number would move with another draw of held-out "
        f"{story.noun} of the same kind. It says nothing about {story.noun} of another kind, or of "
        "another time or place.",
        terms=("95 % interval", "held-out", "rival", "guessing level"),
    )


def _basis(story: Story, name: str, entry: Mapping[str, Any]) -> str:
    """How much was measured: examples, or what the metric counts instead (bytes)."""
    metric, test = METRICS[story.kind].get(name), held(story)
    if metric is not None and metric.items and test is not None:
        return f"{count(metric.amount(test.truth))} held-out {metric.items}"
    return f"{count(entry.get('n', 0))} held-out {story.noun}"


def _unit(name: str) -> str:
    if name == "accuracy":
        return "of 100 right"
    return f"{metric_label(name)}, of 100" if name in SHARES else metric_label(name)


def _rival_name(entry: Mapping[str, Any]) -> str:
    return shortened(str(entry.get("title") or entry.get("name", "rival")).replace("_", " "), 40)


def _comparison(story: Story, name: str, aim: str) -> Figure:
    rows = [_interval("this network", story.report["metrics"][name], "own")]
    rows += [
        _interval(_rival_name(rival), rival["metrics"][name], "rival" if place == 0 else "muted")
        for place, rival in enumerate(story.rivals)
        if name in rival.get("metrics", {}) and rival.get("name") != GUESSING
    ]
    test = held(story)
    guess = test.value(name, test.guess) if test else None
    levels = () if guess is None else (Level("guessing", guess),)
    words = [f"{row.label} {measured(name, row.value)}" for row in rows]
    said = f" Answering without looking reaches {measured(name, guess)}." if levels else ""
    return Figure(
        title=f"{capital(metric_label(name))} beside the classical methods",
        data=Intervals("method", metric_label(name), tuple(rows), levels, share=name in SHARES),
        summary=f"On the same held-out {story.noun}: {', '.join(words)}.{said} {aim}",
    )


def _interval(label: str, entry: Mapping[str, Any], look: Look) -> Interval:
    value = float(entry["value"])
    low, high = entry.get("low"), entry.get("high")
    return Interval(
        label,
        value,
        value if low is None else float(low),
        value if high is None else float(high),
        int(entry.get("n") or 0),
        look=look,
    )


def _all_metrics(story: Story) -> Grid:
    rivals = story.rivals
    header = ("measure", "this network (95 % interval)", *(_rival_name(rival) for rival in rivals))
    rows = tuple(
        (
            metric_label(name),
            with_interval(name, entry),
            *(_cell(name, rival.get("metrics", {}).get(name)) for rival in rivals),
        )
        for name, entry in story.report["metrics"].items()
    )
    return Grid("Every measure", header, rows + tuple(_mixed(story)))


def _mixed(story: Story) -> Iterator[tuple[str, ...]]:
    """What network and rival reach together: a line of its own, never the headline."""
    mixture = story.report.get("mixture") or {}
    entry = mixture.get("metrics", {}).get(story.headline)
    if entry is None:
        return
    named = (rival for rival in story.rivals if rival.get("name") == mixture.get("with"))
    partner = next(named, mixture)
    name = str(partner.get("title") or mixture.get("with", "rival")).replace("_", " ")
    label = f"{metric_label(story.headline)}, network mixed with {shortened(name)}"
    label += f", {float(mixture.get('share', 0)):.2f} of the network"
    yield label, with_interval(story.headline, entry), *("–" for _ in story.rivals)


def _cell(name: str, entry: Mapping[str, Any] | None) -> str:
    return "–" if entry is None else measured(name, entry.get("value"))

"""What a network drew to: how it looks, how near it is to real examples, and what is copied."""

from collections.abc import Iterator, Mapping
from typing import Any

from fathom.explain.figures import Figure, Grid, Item, Strip
from fathom.explain.items import thumbnail
from fathom.explain.story import Drawing, Story
from fathom.explain.view import View
from fathom.explain.wording import metric_label, number, of_100, plural, with_interval

PAIRS = 8


def drawings_view(story: Story) -> View | None:
    """Samples as they came, those nearest to training, and what the judges say."""
    if not story.drawings:
        return None
    metrics: Mapping[str, Any] = story.report.get("metrics", {})
    rate = metrics.get("memorisation", {}).get("value", 0.0)
    control = story.report.get("memorised_held_out", 0.0)
    agreement = metrics.get("label_agreement", {}).get("value")
    agreed = (
        f"In {of_100(agreement)} of 100 a classifier finds the class that was asked for; "
        if agreement is not None
        else ""
    )
    most = story.report.get("ceiling", {}).get("label_agreement", {}).get("value")
    if agreed and most is not None:
        agreed = f"{agreed[:-2]}, of real held-out ones in {of_100(most)}; "
    answer = (
        f"{agreed}{of_100(rate)} of 100 nearly repeat one of training, of held-out {story.noun} "
        f"{of_100(control)}."
    )
    return View(
        name="drawings",
        question="What does it draw, and is it copied?",
        answer=answer,
        figures=(_sheet(story), _pairs(story)),
        grids=(judged(story),),
        caveat=f"{_frechet(story)}Nothing was picked by hand: these are the first samples of the "
        "seed. The judges learned from the same data and notice what matters for its classes, not "
        "what a person would.",
        terms=("held-out", "rival"),
    )


def _frechet(story: Story) -> str:
    found = story.report.get("frechet")
    return f"{found['sentence']} " if found else ""


def _sheet(story: Story) -> Figure:
    items = tuple(_item(place, one) for place, one in enumerate(story.drawings))
    return Figure(
        "Drawn by the network",
        Strip(items),
        f"{plural(len(items), story.noun)} that the network drew, one after another.",
    )


def _item(place: int, one: Drawing) -> Item:
    picture, pixels = thumbnail(one.picture)
    lines = (one.wish,) if one.wish else ()
    mark = "" if not one.seen else "right" if one.seen == one.wish else "wrong"
    if mark == "wrong":
        lines = (*lines, f"{one.like} {one.seen}")
    return Item(f"sample {place}", lines, picture, pixels, mark=mark)  # type: ignore[arg-type]


def _pairs(story: Story) -> Figure:
    order = sorted(range(len(story.drawings)), key=lambda place: story.drawings[place].ratio)
    items: list[Item] = []
    for place in order[:PAIRS]:
        one = story.drawings[place]
        items.append(_item(place, one))
        picture, pixels = thumbnail(one.nearest)
        said = f"{number(one.ratio, 2)} times as far as the second nearest"
        items.append(Item(one.origin, ("nearest in training", said), picture, pixels))
    return Figure(
        f"Beside the nearest training {story.noun}",
        Strip(tuple(items)),
        "The samples above that are most like a single one of training, each followed by it.",
    )


def judged(story: Story) -> Grid:
    """Every measure of drawn examples, of real ones and of the rivals'."""
    report = story.report
    rivals = [entry for entry in (report.get("baseline"), *report.get("others", ())) if entry]
    header = (
        "measure",
        "drawn by the network",
        "real training ones",
        *(str(r["title"]) for r in rivals),
    )
    return Grid("What the judges say", header, tuple(_rows(report, rivals)))


def _rows(report: Mapping[str, Any], rivals: list[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    floor = report.get("floor", {})
    for name, entry in report["metrics"].items():
        beside = (floor.get(name), *(rival.get("metrics", {}).get(name) for rival in rivals))
        cells = ("–" if one is None else number(one.get("value")) for one in beside)
        yield metric_label(name), with_interval(name, entry), *cells

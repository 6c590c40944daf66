"""Samples drawn with few and with many looks of the network to: what more of them buy."""

from collections.abc import Mapping, Sequence
from typing import Any

from fathom.explain.figures import Figure, Grid, Level, Lines, Series
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import metric_label, number, plural, with_interval


def paces_view(story: Story) -> View | None:
    """The distance to held-out examples against the number of looks, the usual one marked."""
    found: Mapping[str, Any] = story.report.get("paces", {})
    lines: Sequence[Mapping[str, Any]] = found.get("lines", ())
    if len(lines) < 2:
        return None
    usual = next(line for line in lines if line["looks"] == found["usual"])
    most = lines[-1]
    return View(
        name="paces",
        question="What do more steps buy?",
        answer=f"Asked {plural(found['usual'], 'times')} for each, as it usually is, the network "
        f"draws at a distance of {_told(usual)}, asked once of {_told(lines[0])}, asked "
        f"{plural(most['looks'], 'times')} of {_told(most)}.",
        figures=(_curve(story, lines, usual),),
        grids=(_listed(lines),),
        caveat=f"{plural(found['n'], 'samples')} of each, from the same noise: fewer than were "
        "judged above, so the intervals are wider. They were drawn outside the budget.",
        terms=("held-out",),
    )


def _told(line: Mapping[str, Any]) -> str:
    return with_interval("kid", line["kid"])


def _curve(story: Story, lines: Sequence[Mapping[str, Any]], usual: Mapping[str, Any]) -> Figure:
    looks = tuple(float(line["looks"]) for line in lines)
    values = tuple(float(line["kid"]["value"]) for line in lines)
    at, kid = float(usual["looks"]), usual["kid"]
    series = (
        Series("drawn by the network", looks, values),
        # Upright, from end to end of its interval: a single dot is lost under the curve.
        Series("the usual number, interval", (at, at), (kid["low"], kid["high"]), "rival"),
    )
    floor = story.report.get("floor", {}).get("kid", {}).get("value")
    levels = () if floor is None else (Level("real training examples", float(floor)),)
    return Figure(
        "Distance by number of looks",
        Lines("looks of the network at a sample", metric_label("kid"), series, levels),
        f"The distance falls from {number(values[0])} with {plural(int(looks[0]), 'looks')} to "
        f"{number(values[-1])} with {int(looks[-1])}; {int(usual['looks'])} are usual.",
    )


def _listed(lines: Sequence[Mapping[str, Any]]) -> Grid:
    return Grid(
        "Looks, distance and time",
        ("looks", metric_label("kid"), "seconds a sample"),
        tuple((str(line["looks"]), _told(line), number(line["seconds"], 2)) for line in lines),
    )

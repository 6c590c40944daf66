"""The log to the learning story: validation beside rival and guessing level, and the loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom.explain.figures import Figure, Level, Lines, Series
from fathom.explain.levels import held
from fathom.explain.statistics import running_median, thinned
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import (
    SHARES,
    capital,
    count,
    higher_is_better,
    measured,
    metric_label,
    number,
)

POINTS = 400


def learning_view(story: Story) -> View | None:
    """How the network came to know what it knows."""
    figures = [figure for figure in (_validation(story), _loss(story)) if figure is not None]
    if not figures:
        return None
    updates = max(int(line.get("update", 0)) for line in story.log)
    return View(
        name="learning",
        question="How did it come to know this?",
        answer=f"It learned in {count(updates)} updates. {figures[0].summary}{_one_of(story)}",
        figures=tuple(figures),
        caveat="A falling loss says that the network fits better what it sees, not that it "
        "understands it. "
        "Points are the raw values; the line is their running median, which does not lag behind.",
        terms=("update", "loss", "validation", "guessing level", "running median"),
    )


def _one_of(story: Story) -> str:
    """Which of several networks is shown."""
    networks = int(story.recipe.get("folds", 1))
    return f" This is the first of {count(networks)} networks." if networks > 1 else ""


def _lines(story: Story, kind: str) -> list[Mapping[str, Any]]:
    return [line for line in story.log if line.get("kind") == kind]


def _curve(
    lines: Sequence[Mapping[str, Any]], field: str, name: str
) -> tuple[np.ndarray, np.ndarray]:
    pairs = [
        (float(line["update"]), float(line[field][name]))
        for line in lines
        if line.get(field, {}).get(name) is not None
    ]
    values = np.array([pair for pair in pairs if np.isfinite(pair[1])]).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def _two_looks(name: str, x: np.ndarray, y: np.ndarray) -> tuple[Series, ...]:
    """Raw points, and their running median once there are enough of them."""
    keep = thinned(len(x), POINTS)
    median = running_median(y, 2 * max(1, min(len(y) // 20, 25)) + 1)
    points = Series(f"{name}, raw", tuple(x[keep].tolist()), tuple(y[keep].tolist()), "points")
    line = Series(f"{name}, running median", tuple(x[keep].tolist()), tuple(median[keep].tolist()))
    return (points, line) if len(y) >= 5 else (Series(name, line.x, points.y),)


def _validation(story: Story) -> Figure | None:
    lines = _lines(story, "validation")
    known = list(dict.fromkeys(name for line in lines for name in line.get("metrics", {})))
    if not known:
        return None
    name = story.headline if story.headline in known else known[0]
    x, y = _curve(lines, "metrics", name)
    if not len(x):
        return None
    best = float(y.max() if higher_is_better(name) else y.min())
    at = int(x[y.argmax() if higher_is_better(name) else y.argmin()])
    levels = _levels(story, name)
    beside = "".join(f" {capital(level.name)}: {measured(name, level.value)}." for level in levels)
    return Figure(
        f"{capital(metric_label(name))} on the validation part while learning",
        Lines("update", metric_label(name), _two_looks("network", x, y), levels, name in SHARES),
        f"On the validation part it began at {measured(name, float(y[0]))} and was best, "
        f"{measured(name, best)}, after {count(at)} updates.{beside}",
    )


def _levels(story: Story, name: str) -> tuple[Level, ...]:
    part = held(story, "valid")
    if part is None:
        return ()
    values = {"rival": part.value(name, part.rival), "guessing": part.value(name, part.guess)}
    return tuple(Level(label, value) for label, value in values.items() if value is not None)


def _loss(story: Story) -> Figure | None:
    lines = _lines(story, "update")
    names = list(dict.fromkeys(name for line in lines for name in line.get("losses", {})))
    curves = {name: _curve(lines, "losses", name) for name in names[:2]}
    curves = {name: curve for name, curve in curves.items() if len(curve[0])}
    if not curves:
        return None
    y = next(iter(curves.values()))[1]
    series = tuple(s for name, curve in curves.items() for s in _two_looks(name, *curve))
    every = np.concatenate([curve[1] for curve in curves.values()])
    first, last = (
        float(np.median(y[: max(1, len(y) // 10)])),
        float(np.median(y[-max(1, len(y) // 10) :])),
    )
    wide = bool(every.min() > 0 and every.max() > 10 * every.min())
    return Figure(
        "How wrong it was on what it was shown (loss)",
        Lines("update", "loss", series, logarithmic=wide),
        f"The loss fell from {number(first)} to {number(last)}."
        if last < first
        else f"The loss did not fall: it went from {number(first)} to {number(last)}.",
    )

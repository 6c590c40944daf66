"""Forecasts of held-out stretches to: what was forecast, what came, and how far ahead it holds."""

import math

import numpy as np

from fathom.explain.figures import Figure, Grid, Lines, Series
from fathom.explain.outcomes import Futures, judged_part
from fathom.explain.story import Following, Story
from fathom.explain.view import View
from fathom.explain.wording import number, of_100, plural

SHOWN = 3  # series
EACH = 2  # forecasts of each
POINTS = 4
CAVEAT = (
    "The 90 % interval was widened until it held nine of ten validation values. Where the series "
    "behaves otherwise than then, it holds fewer."
)


def forecasts_view(story: Story) -> View | None:
    """Forecasts with intervals beside what came, and the error by rows ahead."""
    if not story.futures:
        return None
    part = judged_part(story.futures[0].part)
    figures: list[Figure] = []
    rows: list[tuple[str, ...]] = []
    for one in story.futures[:SHOWN]:
        places = np.flatnonzero(one.part == part)
        if not len(places):
            continue
        chosen = sorted({int(places[0]), int(places[-1])})[:EACH]
        figures += [_drawn(one, place) for place in chosen]
        rows += _by_distance(one, places)
    ahead = [following_figure(one) for one in story.following]
    if not figures and not ahead:
        return None
    horizon = story.futures[0].truth.shape[1]
    judged = int((story.predictions["part"] == part).sum()) * len(story.futures)
    return View(
        name="forecasts",
        question="How do its forecasts look, and how far ahead do they hold?",
        answer=f"Each forecast reaches {plural(horizon, 'rows')} ahead; {len(figures)} of "
        f"{plural(judged, 'forecasts')} of held-out rows are drawn.",
        figures=(*ahead, *figures),
        grids=(
            Grid(
                "The error by rows ahead",
                ("series", "rows ahead", "mean absolute error", "rival", "inside the interval"),
                tuple(rows),
            ),
        ),
        caveat=CAVEAT,
        terms=("held-out", "rival"),
        owned=0,
    )


def following_figure(one: Following) -> Figure:
    """What comes after the data, behind what came last."""
    before = len(one.past)
    ahead = tuple(float(k) for k in range(1, len(one.forecast) + 1))
    known = [(float(k - before + 1), value) for k, value in enumerate(one.past) if value == value]
    curves = (
        Series("the latest data", tuple(x for x, _ in known), tuple(y for _, y in known)),
        Series("forecast", ahead, one.forecast),
        Series("interval, low end", ahead, one.low),
        Series("interval, high end", ahead, one.high),
    )
    finite = tuple(one for one in curves if all(map(math.isfinite, one.y)))
    return Figure(
        f"What follows{f' of {one.name}' if one.name else ''}: {one.span}",
        Lines("rows after the end of the data", one.name or "value", finite),
        f"The forecast goes from {number(one.forecast[0])} to {number(one.forecast[-1])}.",
    )


def _drawn(one: Futures, place: int) -> Figure:
    """One forecast, its interval, the rival's and what came."""
    ahead = tuple(float(k) for k in range(1, one.truth.shape[1] + 1))
    curves = {"what came": one.truth, "forecast": one.forecast}
    if one.rival is not None:
        curves["rival"] = one.rival
    curves |= {"interval, low end": one.low, "interval, high end": one.high}
    series = []
    for name, values in curves.items():
        known = np.isfinite(values[place])
        if known.any():
            series.append(
                Series(
                    name,
                    tuple(x for x, k in zip(ahead, known, strict=True) if k),
                    tuple(values[place][known].tolist()),
                    "rival" if name == "rival" else "own",
                )
            )
    truth, low, high = one.truth[place], one.low[place], one.high[place]
    known = ~np.isnan(truth)
    inside = float(((low <= truth) & (truth <= high))[known].mean()) if known.any() else 0.0
    called = f"{one.name}, from {one.origin[place]}" if one.name else f"From {one.origin[place]}"
    return Figure(
        called,
        Lines("rows ahead", one.name or "value", tuple(series)),
        f"Of what came, {of_100(inside)} of 100 lie inside the interval.",
    )


def _by_distance(one: Futures, places: np.ndarray) -> list[tuple[str, ...]]:
    """Errors at a few distances ahead, over all judged forecasts that are stored."""
    horizon = one.truth.shape[1]
    steps = sorted({max(1, round(horizon * k / POINTS)) for k in range(1, POINTS + 1)} | {1})
    rows: list[tuple[str, ...]] = []
    for step in steps:
        truth = one.truth[places, step - 1]
        known = ~np.isnan(truth)
        if not known.any():
            continue
        forecasts = [one.forecast] + ([one.rival] if one.rival is not None else [])
        gaps = [number(float(np.abs(f[places, step - 1] - truth)[known].mean()), 3)
                for f in forecasts]  # fmt: skip
        low, high = one.low[places, step - 1], one.high[places, step - 1]
        inside = ((low <= truth) & (truth <= high))[known].mean()
        rival = gaps[1] if len(gaps) > 1 else "–"
        share = f"{of_100(float(inside))} of 100"
        rows.append((one.name or "the series", str(step), gaps[0], rival, share))
    return rows

"""Scores of a held-out stretch of a series to: where it raised alarms, and where it should have."""

import numpy as np
import polars as pl

from fathom.explain.figures import Figure, Grid, Level, Lines, Series
from fathom.explain.outcomes import judged_part
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import count, number, plural
from fathom.metrics.volume import stretches

POINTS = 400
DAY_S = 86_400.0
SHOWN = 20


def watched_view(story: Story) -> View | None:
    """The score with its threshold, beside what is labelled; each labelled stretch in a table."""
    frame = story.predictions
    if not {"threshold", "anomaly_score"} <= set(frame.columns):
        return None
    part = judged_part(frame["part"].to_numpy())
    held = frame.filter(frame["part"] == part)
    score, odd = held["anomaly_score"].to_numpy(), held["anomaly"].to_numpy() > 0
    alarm, threshold = held["alarm"].to_numpy() > 0, float(held["threshold"][0])
    events, raised = stretches(odd), stretches(alarm)
    found = sum(bool(alarm[first : last + 1].any()) for first, last in events)
    false = sum(not odd[first : last + 1].any() for first, last in raised)
    answer = (
        f"Of {plural(len(events), 'labelled stretches')} {count(found)} had an alarm; "
        f"{plural(false, 'alarms')} fell where nothing is labelled."
    )
    rows = tuple(_stretch(held, first, last) for first, last in events[:SHOWN])
    return View(
        name="watched",
        question="Where did it raise an alarm, and where should it have?",
        answer=answer,
        figures=(Figure("The score in time", drawn(score, odd, threshold), answer),),
        grids=(
            Grid(
                "Labelled stretches",
                ("from", "to", "first alarm within", "highest score"),
                rows,
            ),
        ),
        caveat="The threshold is what 99 of 100 rows before the judged part stay below"
        f"{weekly(frame, part)}; where the series changes for good, everything after the change "
        "is an alarm.",
        terms=("held-out",),
    )


def _stretch(held: pl.DataFrame, first: int, last: int) -> tuple[str, str, str, str]:
    """A labelled stretch: from when to when, its first alarm, its highest score."""
    own = held[first : last + 1]
    alarms = own.filter(own["alarm"] > 0)["origin"]
    alarm = str(alarms[0]) if len(alarms) else "none"
    score = number(float(own["anomaly_score"].to_numpy().max()))
    return str(own["origin"][0]), str(own["origin"][-1]), alarm, score


def weekly(frame: pl.DataFrame, part: str) -> str:
    """How many alarms a week that means, before the judged part and where nothing is labelled in
    it; "" where rows have no dates.
    """
    told = []
    for name, where in (("valid", "there"), (part, "in the judged part, labelled stretches apart")):
        own = frame.filter(frame["part"] == name)
        dates = own["origin"].str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False).drop_nulls()
        odd, alarm = own["anomaly"].to_numpy() > 0, own["alarm"].to_numpy() > 0
        span_s = (dates.max() - dates.min()).total_seconds() if len(dates) > 1 else 0.0  # type: ignore[operator, union-attr]
        span_s *= float((~odd).mean()) if len(odd) else 0.0
        if not span_s:
            continue
        raised = sum(not odd[first : last + 1].any() for first, last in stretches(alarm))
        told.append(
            f"{plural(raised, 'alarms')} in {number(span_s / DAY_S)} days {where}, about "
            f"{number(7 * raised * DAY_S / span_s)} a week"
        )
    return ": " + "; ".join(told) if told else ""


def drawn(score: np.ndarray, odd: np.ndarray, threshold: float) -> Lines:
    """The highest score of each of at most 400 stretches; points above it where one is labelled."""
    width = -(-len(score) // POINTS)
    starts = np.arange(0, len(score), width)
    highest = np.maximum.reduceat(score, starts)
    labelled = np.maximum.reduceat(odd.astype(np.int8), starts) > 0
    top = 1.05 * float(max(highest.max(), threshold))
    own = Series("score", tuple(map(float, starts)), tuple(map(float, highest)))
    places = tuple(float(place) for place in starts[labelled])
    curves = (own, Series("labelled", places, (top,) * len(places), "points")) if places else (own,)
    return Lines("row of the judged part", "score", curves, (Level("threshold", threshold),))

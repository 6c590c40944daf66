"""A series and what is forecast to follow it to figures: the past, the forecast and its ends."""

import polars as pl

from fathom.data.table import Table
from fathom.explain.figures import Figure
from fathom.explain.forecasts import following_figure
from fathom.explain.story import Following

BEFORE = 3  # horizons of the past that are shown
MOST = 24  # series


def ahead_figures(table: Table, answers: pl.DataFrame) -> tuple[Figure, ...]:
    """One figure a series, of the first 24; answers as `Run.follow` gives them."""
    names = answers["series"].unique(maintain_order=True).to_list()[:MOST]
    return tuple(following_figure(following(table, answers, name)) for name in names)


def following(table: Table, answers: pl.DataFrame, name: str) -> Following:
    """The latest past of one series and what follows it."""
    own = answers.filter(pl.col("series") == name)
    past = table[name].series.tail(BEFORE * len(own)).fill_null(float("nan")).to_list()
    answer, low, high = (tuple(own[part].to_list()) for part in ("answer", "low", "high"))
    return Following(name, f"{own['date'][0]} to {own['date'][-1]}", tuple(past), answer, low, high)

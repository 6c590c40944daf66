"""Numbers, names and commands as a reader meets them."""

import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import stories

from fathom.data.table import Column, Table
from fathom.evaluate.verdict import Scale
from fathom.explain import VIEWS
from fathom.explain.figures import Lines, Series
from fathom.explain.repeat import FLAGS
from fathom.explain.wording import measured, some
from fathom.metrics import METRICS
from fathom.recipe import Given
from fathom.report.draw import line
from fathom.train.storytelling import example


def test_values_near_zero_are_told_without_powers_of_ten() -> None:
    assert measured("r2", -5.05e-5) == "−0.000"
    assert measured("r2", 0.43) == "0.430"
    scale = Scale.of(METRICS["category"]["accuracy"], {"low": -0.008, "high": 0.014})
    assert scale.number(-0.008) == "−0.8"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("labels", "average_precision"), ("anomaly", "auc"), ("category", "accuracy")],
)
def test_a_headline_is_told_on_the_scale_of_its_verdict(kind: str, name: str) -> None:
    """A page once told 96.3, and that the rival was better by 0.037."""
    scale = Scale.of(METRICS[kind][name], {"low": 0.946, "high": 0.978})
    assert float(measured(name, 0.9631)) == pytest.approx(float(scale.number(0.9631)), rel=1e-3)


def test_more_names_than_fit_are_said_to_be_more() -> None:
    assert some(["a", "b"], 2) == "a and b"
    assert some(["a", "b", "c"], 2) == "a, b and others"


def test_a_run_is_repeated_from_its_recipe() -> None:
    story = replace(stories.diabetes(), recipe={"data": {"path": "my data.csv"}}, folder="runs/a")
    view = VIEWS["repeat"](story)
    assert view is not None
    assert view.snippets[0].text == "fathom train 'my data.csv' --recipe runs/a"


def test_the_command_that_plans_anew_keeps_every_fact() -> None:
    """What was said of kinds and missing values changes the data that are learned from."""
    story = stories.diabetes()
    options = {"kinds": {"zip code": "category"}, "missing": ["n/a", "-9"], "group": "who",
               "horizon": 12, "normal": "fine", "extract": False, "split": None}  # fmt: skip
    data = {"path": "my data.csv", "targets": ["y"], "options": options}
    recipe = {
        "data": data,
        "budget_s": 90.0,
        "network": {"row": "cnn"},
        "size": {"row": {"code": 8}},
    }
    view = VIEWS["repeat"](replace(story, recipe=recipe))
    assert view is not None
    words = shlex.split(view.snippets[1].text)
    pairs = list(pairwise(words))
    assert words[:3] == ["fathom", "train", "my data.csv"]
    for pair in (
        ("--column", "zip code=category"),
        ("--missing", "n/a"),
        ("--missing", "-9"),
        ("--group", "who"),
        ("--horizon", "12"),
        ("--normal", "fine"),
        ("--network", "cnn"),
        ("--code", "8"),
        ("--budget", "90s"),
    ):
        assert pair in pairs
    assert "--write" in words
    assert {"--extract", "--split", "None"}.isdisjoint(words)


def test_every_fact_of_a_recipe_has_its_option() -> None:
    assert set(FLAGS) | {"kinds", "missing", "extract"} == set(Given.model_fields)


def test_an_example_shows_what_the_network_sees_and_no_answer() -> None:
    columns = (
        Column("id", "id", pl.Series(["a", "b"])),
        Column("size", "number", pl.Series([1.5, None])),
        Column("label", "category", pl.Series(["x", "y"])),
    )
    table = Table(columns, "csv", "", Path("t.csv"))
    assert example(table, ("size",), 0).values == {"size": "1.5"}
    assert example(table, ("size",), 1).values == {"size": "missing"}


def test_updates_are_counted_in_whole_numbers_on_the_axis() -> None:
    """Two looks at validation, at updates 16 and 30, once had ticks at 22.5."""
    series = Series("network", tuple(np.array([16.0, 30.0])), (0.5, 0.6))
    drawn = line.draw(Lines("update", "accuracy", (series,), share=True), "Two looks.")
    assert ">20<" in drawn and "22.5" not in drawn and "20.0" not in drawn


def test_what_errs_alike_everywhere_is_told_briefly() -> None:
    """The bits that a compressor needs have an interval of almost no width: 1.963688 was told."""
    bits = METRICS["bytes"]["bits_per_byte"]
    narrow = Scale.of(bits, {"value": 1.963688, "low": 1.963687, "high": 1.963689})
    assert narrow.number(1.963688) == "1.9637"
    wide = Scale.of(bits, {"value": 2.2, "low": 1.9, "high": 2.6})
    assert wide.number(2.2) == "2.20"

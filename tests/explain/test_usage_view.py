"""How what is drawn is used, in the words of what it is."""

import polars as pl
import pytest

from fathom.explain.story import Story
from fathom.explain.usage import usage_view


def story(items: str) -> Story:
    """A run that draws such examples by two classes."""
    return Story(
        report={"items": items, "metrics": {"kid": {"value": 0.1}}},
        predictions=pl.DataFrame({"row": [0], "part": ["test"], "ratio": [0.9]}),
        log=(),
        recipe={"task": "generation"},
        classes=("a b", "c"),
        findings=(),
        data={"columns": [{"name": "x", "kind": "audio"}]},
        folder="runs/mine",
    )


@pytest.mark.parametrize(
    ("items", "line", "call"),
    [
        ("pictures", "-n 64 --out drawn", "run.draw(64)"),
        ("clips", "-n 64 --out drawn", 'run.draw_into("drawn", 64)'),
        ("rows", "-n 1000 --out rows.csv", "run.rows(1000)"),
    ],
)
def test_the_lines_to_type_are_those_of_what_is_drawn(items: str, line: str, call: str) -> None:
    shown = usage_view(story(items))
    assert story(items).noun == items
    assert f"draws new {items} into" in shown.answer
    shell, python = (one.text for one in shown.snippets)
    assert f"fathom generate runs/mine {line}" in shell
    assert "--class 'a b' --seed 1" in shell
    assert call in python
    assert f"the same {items.removesuffix('s')}," in shown.caveat

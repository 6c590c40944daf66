"""Distance by number of looks: a curve with the usual number marked, from the report alone."""

from typing import Any

import polars as pl

from fathom.explain import Story
from fathom.explain.figures import Lines
from fathom.explain.paces import paces_view


def told(paces: dict[str, Any]) -> Story:
    """The story of a run that measured this."""
    return Story(
        report={"paces": paces, "floor": {"kid": {"value": 0.01}}},
        predictions=pl.DataFrame(),
        log=(),
        recipe={},
        classes=(),
        findings=(),
        data={},
    )


def line(looks: int, value: float) -> dict[str, Any]:
    kid = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 64}
    return {"looks": looks, "kid": kid, "seconds": 0.01 * looks}


def test_the_usual_number_is_marked_on_the_curve() -> None:
    lines = [line(1, 0.7), line(5, 0.3), line(25, 0.2)]
    view = paces_view(told({"usual": 5, "n": 64, "lines": lines}))
    assert view is not None
    drawn = view.figures[0].data
    assert isinstance(drawn, Lines)
    curve, usual = drawn.series
    assert (curve.x, curve.y) == ((1.0, 5.0, 25.0), (0.7, 0.3, 0.2))
    assert (usual.x, usual.y) == ((5.0, 5.0), (0.3 - 0.1, 0.3 + 0.1))
    assert drawn.levels[0].value == 0.01
    assert "5 times" in view.answer
    assert "0.300" in view.answer
    assert "64 samples" in view.caveat
    assert [row[0] for row in view.grids[0].rows] == ["1", "5", "25"]


def test_where_nothing_was_compared_nothing_is_shown() -> None:
    assert paces_view(told({})) is None
    assert paces_view(told({"usual": 1, "n": 64, "lines": [line(1, 0.7)]})) is None

"""What is said of the most unlike pictures."""

from typing import Any

import numpy as np
import polars as pl

from fathom.explain.anomalies import anomalies_view, differing
from fathom.explain.story import Story, Unlike


def story(unlike: tuple[Unlike, ...]) -> Story:
    told: dict[str, Any] = {
        "row": range(10),
        "part": ["test"] * 10,
        "anomaly": [1] * 4 + [0] * 6,
        "alarm": [1, 1, 1, 0, 1, 0, 0, 0, 0, 0],
        "anomaly_score": [1.0] * 10,
    }
    nothing: dict[str, Any] = {"report": {}, "log": (), "recipe": {}, "classes": (), "data": {}}
    return Story(predictions=pl.DataFrame(told), findings=(), unlike=unlike, **nothing)


def test_differences_are_white_where_they_are_largest() -> None:
    original = np.zeros((2, 2, 3), dtype=np.uint8)
    original[0, 1, 2], original[1, 0, 0] = 100, 50
    apart = differing(original, np.zeros_like(original))
    assert apart[:, :, 0].tolist() == [[0, 255], [128, 0]]
    assert not differing(original, original).any()


def test_the_oddest_are_counted_and_shown_three_ways() -> None:
    grey = np.zeros((4, 3, 1), dtype=np.uint8)
    view = anomalies_view(
        story((Unlike("a", 3.0, True, grey, grey), Unlike("b", 2.0, False, grey, grey)))
    )
    assert view is not None
    assert view.answer.startswith("1 of the 2 most unlike")
    assert "it finds 75.0 of 100 anomalies" in view.answer
    assert "calls 16.7 of 100 normal ones" in view.answer
    assert len(view.figures[0].data.items) == 6  # type: ignore[union-attr]


def test_rows_have_no_such_view() -> None:
    assert anomalies_view(story(())) is None

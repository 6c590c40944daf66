"""What is said of codes, with and without a rival that has some."""

import numpy as np
import polars as pl
import pytest

from fathom.explain.codes import codes_view
from fathom.explain.story import Kept, Story


def story(probe: dict[str, dict[str, float]]) -> Story:
    codes = np.random.default_rng(0).normal(size=(20, 3))
    frame = pl.DataFrame(
        {
            "row": range(20),
            "part": ["test"] * 20,
            "values": [12] * 20,
            "error": [0.1] * 20,
            "code": codes.tolist(),
        }
    )
    grey = np.zeros((4, 3, 1), dtype=np.uint8)
    return Story(
        report={"probe": probe, "latent": {"divergence": [2.0, 0.001, 1.0]}},
        predictions=frame,
        log=(),
        recipe={},
        classes=(),
        findings=(),
        data={},
        kept=(Kept("1.png", 0.1, grey, grey),),
    )


@pytest.mark.parametrize(
    ("rival", "said"), [({}, "80.0 of 100 from the codes."), ({"rival": {"value": 0.7}}, "70.0")]
)
def test_codes_are_told(rival: dict[str, dict[str, float]], said: str) -> None:
    view = codes_view(story({"accuracy": {"value": 0.8}, **rival}))
    assert view is not None
    assert "12 values are said in 3 numbers, 4 times fewer" in view.answer
    assert said in view.answer
    assert [figure.kind for figure in view.figures] == ["strip", "scatter", "bars"]
    assert "2 of 3 numbers are used" in view.figures[2].summary

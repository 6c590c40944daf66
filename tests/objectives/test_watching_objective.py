"""How odd the rows of a series are, up to both of its ends."""

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.data.codecs.around import AroundCodec
from fathom.data.table import Column
from fathom.networks import Facts
from fathom.networks.mlp_series import BACKBONES
from fathom.objectives.watching import Watching

WINDOW, ROWS = 24, 480


def wave() -> np.ndarray:
    """A day of 24 hours with an overtone, 20 times."""
    turn = 2 * np.pi * np.arange(ROWS) / WINDOW
    return np.asarray(1 + np.sin(turn) + 0.3 * np.sin(2 * turn + 1), dtype=np.float32)


def stretches(codec: AroundCodec, values: np.ndarray) -> Tensor:
    column = Column("value", "number", pl.Series("value", values), "")
    return codec.prepare({"value": codec.encode([column])["value"]})["value"]


def watched(train: Tensor, valid: Tensor) -> Watching:
    spec = AroundCodec(("value",), (), WINDOW).spec()
    entry = BACKBONES["series"]
    torch.manual_seed(0)
    size = entry.plan(spec, Facts(examples=len(train), outputs=1, seconds=1.0)).size
    objective = Watching(entry.build(spec, size), field="x", window=WINDOW)  # type: ignore[arg-type]
    parts = [Batch({"x": x}, {}, torch.arange(len(x))) for x in (train, valid)]
    objective.initialise(parts[0])
    objective.remember([parts[0]], [parts[1]])
    return objective


@pytest.fixture(scope="module")
def codec() -> AroundCodec:
    return AroundCodec.fit(wave()[: ROWS // 2, None], window=WINDOW)


def objective_of(x: Tensor) -> Watching:
    return watched(x[: 2 * ROWS // 5], x[2 * ROWS // 5 : ROWS // 2])


def test_a_clean_series_is_no_odder_at_its_ends(codec: AroundCodec) -> None:
    x = stretches(codec, wave())
    objective = objective_of(x)
    with torch.inference_mode():
        measures = objective.measures(x)
        score = objective.score(measures)
    inner = slice(WINDOW, -WINDOW)
    for end in (slice(None, WINDOW), slice(-WINDOW, None)):
        assert score[end].max() <= 1.01 * score[inner].max()
        level, form = measures[end, 0], measures[end, 1]
        torch.testing.assert_close(level.mean(), measures[inner, 0].mean(), rtol=0.1, atol=0.0)
        torch.testing.assert_close(form.mean(), measures[inner, 1].mean(), rtol=0.1, atol=1e-4)


def test_the_last_row_is_odd_where_it_is(codec: AroundCodec) -> None:
    values = wave()
    values[-3:] += 4.0
    objective = objective_of(stretches(codec, wave()))
    with torch.inference_mode():
        answers = objective.predict({"x": stretches(codec, values)})
    assert answers["answer"][-1] == 1
    assert not answers["score"].isnan().any()


def test_only_what_is_known_is_learnt_from(codec: AroundCodec) -> None:
    x = stretches(codec, wave())
    objective = objective_of(x)
    ends = Batch({"x": x[-3:]}, {}, torch.arange(3))
    loss = objective.loss(ends)
    before = (WINDOW // 2 + 1) // 2  # hidden rows before the row itself
    rest = WINDOW // 2 - before
    assert float(loss.count) == sum(before + min(rest, 1 + after) for after in (0, 1, 2))
    assert torch.isfinite(loss.total)


def test_a_series_shorter_than_a_window_has_scores(codec: AroundCodec) -> None:
    objective = objective_of(stretches(codec, wave()))
    with torch.inference_mode():
        score = objective.predict({"x": stretches(codec, wave()[:5])})["score"]
    assert score.shape == (5,)
    assert not score.isnan().any()
    column = Column("value", "number", pl.Series("value", wave()[:5]), "")
    (told,) = codec.strange([column])[0]
    assert told.startswith("the series has 5 rows where 47 are looked at together")

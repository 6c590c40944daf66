"""What comes next in a series?"""

from collections.abc import Mapping, Sequence

import numpy as np

from fathom.data.codecs.past import AheadCodec, PastCodec, matrix
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.season import lookbacks_of, season_of
from fathom.data.table import Table
from fathom.errors import DataError
from fathom.networks import Backbone
from fathom.networks.linear_skip import LinearSkip
from fathom.networks.registry import NETWORKS
from fathom.objectives import Objective
from fathom.objectives.forecasting import Forecasting
from fathom.recipe import Recipe, Task
from fathom.spec import Spec

PAST = "past"


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """What comes before each row, and what comes from it on; the season is that of training."""
    rhythm = table.rhythm
    if rhythm is None:
        raise DataError(
            "The rows do not follow each other in time.",
            where=str(table.path),
            remedy="Pass --task forecasting when training.",
        )
    rows = learnt(train, rhythm.horizon)
    values = matrix(table, targets)[rows]
    season = season_of(values.astype(np.float64), rhythm.seasons, rhythm.horizon)
    lookbacks = lookbacks_of(len(rows), rhythm.horizon, season)
    past = PastCodec.fit(values, names=targets, season=season, lookbacks=lookbacks)
    first = int(rows[0]) + max(lookbacks)  # padded pasts would teach short look-backs alone
    ahead = AheadCodec.fit(
        values,
        names=targets,
        scales=past.scales,
        horizon=rhythm.horizon,
        season=season,
        first=first,
    )
    columns = (rhythm.date, *targets) if rhythm.date else targets
    return Fields(
        (Field(PAST, columns, past, together=True),),
        Field(TARGET, targets, ahead, together=True),
    )


def learnt(train: np.ndarray, horizon: int) -> np.ndarray:
    """All rows that training forecasts begin at or reach, and the one before, int64."""
    return np.arange(max(0, int(train.min()) - 1), int(train.max()) + horizon)


def told(fields: Fields) -> Sequence[str]:
    """Season and look-back, which were chosen from the training rows."""
    past, ahead = fields.inputs[0].codec, fields.target.codec
    assert isinstance(past, PastCodec)
    assert isinstance(ahead, AheadCodec)
    season = f"season: {ahead.season} rows" if ahead.season > 1 else "no season was found"
    back = ", ".join(f"{length:,}" for length in past.lookbacks)
    logs = [name for name, s in zip(past.names, past.scales, strict=True) if s.logarithm]
    seen = f"; seen in logarithms, as ups and downs grow with the level: {', '.join(logs)}"
    return [
        f"{season}; look-backs of {back} rows are tried on the latest training forecasts"
        f"{seen if logs else ''}"
    ]


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """A linear forecast, and a network that adds to it."""
    spec, target = specs[PAST], specs[TARGET]
    backbone = NETWORKS[recipe.network[PAST]]["series"].build(spec, recipe.size[PAST])
    assert isinstance(backbone, Backbone)
    horizon, series = target.shape
    return Forecasting(
        LinearSkip(spec.levels, horizon),
        backbone,
        field=PAST,
        shape=(horizon, series),
        first=target.levels[0],
    )


TASK = Task(
    name="forecasting",
    question="What comes next?",
    accepts=("number", "date"),
    metrics=("mase", "mae", "mse", "rmse", "pinball", "coverage"),
    fields=fields,
    build=build,
    told=told,
    preferred={PAST: "mlp"},
)

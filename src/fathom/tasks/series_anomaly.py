"""When does a series not behave as usual?"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from fathom.data.codecs.around import AroundCodec
from fathom.data.codecs.normal import NormalCodec
from fathom.data.codecs.past import matrix
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.season import season_of
from fathom.data.table import Table
from fathom.errors import DataError
from fathom.networks import Backbone
from fathom.networks.registry import NETWORKS
from fathom.objectives import Objective
from fathom.objectives.watching import Watching
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.anomaly import most_frequent

AROUND = "around"
USUAL, SHORTEST, LONGEST = 64, 8, 144  # rows of a window
WINDOWS = 4  # at least so many of training


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The stretch around each row, and whether the row is normal."""
    refuse_unlabelled(table, int(train.max()))
    rhythm = table.rhythm
    assert rhythm is not None
    names = [column.name for column in table if column.kind == "number"]
    rows = np.arange(int(train.min()), int(train.max()) + 1)
    values = matrix(table, names)[rows]
    season = season_of(values.astype(np.float64), rhythm.seasons, USUAL)
    window = season if SHORTEST <= season <= LONGEST else USUAL
    if len(rows) < WINDOWS * SHORTEST:
        raise DataError(
            "The training part of the series is too short to learn what is usual.",
            where=str(table.path),
            found=f"{len(rows):,} rows, at least {WINDOWS * SHORTEST} are needed",
            remedy="Bring a longer series.",
        )
    window = min(window, len(rows) // WINDOWS)
    codec = AroundCodec.fit(values, names=names, window=window)
    normal = limits.normal or most_frequent(table[targets[0]].take(known).series)
    columns = (rhythm.date, *names) if rhythm.date else tuple(names)
    return Fields(
        (Field(AROUND, columns, codec, together=True),),
        Field(TARGET, targets, NormalCodec(normal, len(names), window), together=False),
    )


def refuse_unlabelled(table: Table, learnt: int) -> None:
    """Raise where nothing could be judged: no label column, or all its values are equal, or are
    equal after the last row that is learnt from.
    """
    name = table.target
    labels = table[name].series if name else pl.Series([], dtype=pl.String)
    values = labels.drop_nulls().unique().to_list()
    if len(values) < 2:
        only = f"{name!r} is {values[0] if values else 'empty'} everywhere"
        raise DataError(
            "No anomalies are labelled, so nothing could be judged.",
            where=str(table.path),
            found=only if name else "no column of labels",
            remedy="Name a column that marks some rows as unusual with --target COLUMN.",
        )
    if labels[learnt + 1 :].drop_nulls().n_unique() < 2:
        raise DataError(
            "No anomalies are labelled in the part that is judged, so nothing could be told.",
            where=str(table.path),
            found=f"{name!r} changes within the first {learnt + 1:,} rows alone",
            remedy="Give other parts with --split FILE, so that some lie in the test part.",
        )


def trained_on(
    table: Table, train: np.ndarray, targets: tuple[str, ...], normal: str
) -> np.ndarray:
    """All training rows, whatever their label; raises where no row has the value."""
    known = table[targets[0]].series.drop_nulls().unique().sort().to_list()
    if normal not in known:
        raise DataError(
            f"No row has the value {normal!r} in {targets[0]!r}.",
            where=str(table.path),
            found=", ".join(map(str, known[:10])),
            remedy="Name one of these with --normal VALUE.",
        )
    return train


def told(fields: Fields) -> Sequence[str]:
    """The window, and what the threshold means."""
    codec = fields.inputs[0].codec
    assert isinstance(codec, AroundCodec)
    return [
        f"windows of {codec.window} rows; what is learnt from is taken as mostly normal, and no "
        "label is; alarms are set to one in a hundred normal rows"
    ]


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """A network that foretells hidden stretches, beside two closed forms."""
    spec = specs[AROUND]
    backbone = NETWORKS[recipe.network[AROUND]]["series"].build(spec, recipe.size[AROUND])
    assert isinstance(backbone, Backbone)
    return Watching(backbone, field=AROUND, window=spec.levels[0])


TASK = Task(
    name="series_anomaly",
    question="When does the series not behave as usual?",
    words="anomalies in a series",
    accepts=("number", "date"),
    metrics=("vus_pr", "average_precision", "auc"),
    fields=fields,
    build=build,
    told=told,
    preferred={AROUND: "mlp"},
    rivals="watched",
    headline="vus_pr",
    apart=True,
    normal=trained_on,
)

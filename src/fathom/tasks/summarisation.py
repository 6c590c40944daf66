"""What is this text in short?"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.codecs.summary import SummaryCodec, UnitsCodec
from fathom.data.codecs.text import TextCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.networks import Backbone
from fathom.networks.registry import NETWORKS
from fathom.objectives import Objective
from fathom.objectives.extraction import Extraction
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.translation import TEXT
from fathom.tasks.translation import build as written
from fathom.tasks.translation import decoding as searched

FEW = 2_000  # pairs: from fewer, no network learns to write
HURRY_S = 180.0  # a budget in which it does not either
LONG = 512  # tokens of a usual text: it can only be taken from
MOST = 1_024
PIECES, FEWER_PIECES = 4_096, 1_024
MARKS = 2  # BEGIN and END
REPEATED = 3  # tokens: a run of so many is not written twice (Paulus et al. 2018, arXiv:1705.04304)


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """Text and summary in tokens of one vocabulary; the text in units where it is taken from."""
    source = table.only(
        "text",
        but=targets,
        what="A summary is made of one other column of text.",
        remedy="Keep text and summary, and name the summary with --target.",
    )
    asked, answered = (table[name].take(train).series for name in (source.name, targets[0]))
    both = pl.concat([asked, answered.alias(asked.name)])
    few = len(train) < FEW
    learnt = TextCodec.fit(both, pieces=FEWER_PIECES if few else PIECES)
    lengths = learnt.lengths(asked)
    extract = limits.extract
    if extract is None:
        extract = few or limits.seconds < HURRY_S or float(np.median(lengths)) > LONG
    longest = max(learnt.lengths(answered), default=0) + MARKS
    target = SummaryCodec(replace(learnt, marks="items", longest=longest), extracted=extract)
    names = (*targets, *written_beside(table, targets[0]))
    if not extract:
        codec = replace(learnt, longest=min(LONG, max(lengths, default=1)), cut=True)
        read = Field(TEXT, (source.name,), codec, together=False)
        return Fields((read,), Field(TARGET, names, target, together=True))
    units = UnitsCodec(replace(learnt, longest=MOST)).fitted(asked)
    read = Field(TEXT, (source.name,), units, together=False)
    return Fields((read,), Field(TARGET, (*names, source.name), target, together=True))


def written_beside(table: Table, target: str) -> tuple[str, ...]:
    """The columns of summaries by further people: "summary2" beside "summary"."""
    beside = (column.name for column in table if column.kind == "reference")
    return tuple(name for name in beside if name.startswith(target))


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """What writes a summary, or what chooses the units of the text that make it."""
    if TARGET in recipe.network:
        return written(recipe, specs, copies=True)
    spec = specs[TEXT]
    reader = NETWORKS[recipe.network[TEXT]]["text"].build(spec, recipe.size[TEXT])
    assert isinstance(reader, Backbone)
    return Extraction(reader, spec.levels[0], field=TEXT)


def decoding(seconds: float) -> dict[str, float]:
    """As a translation is searched, without repeats: a short answer says nothing twice."""
    return searched(seconds) | {"block": REPEATED}


def told(fields: Fields) -> tuple[str, ...]:
    """Whether answers are taken or written, and the option that overrules it."""
    codec = fields.target.codec
    assert isinstance(codec, SummaryCodec)
    if codec.extracted:
        return ("answers are parts of the text as they stand; --write has them written",)
    return ("answers are written or copied word by word; --extract takes them from the text",)


TASK = Task(
    name="summarisation",
    question="What is it in short?",
    accepts=("text",),
    metrics=("rouge1", "rouge2", "rougeL"),
    fields=fields,
    build=build,
    decoded=(TARGET,),
    decoding=decoding,
    rivals="summary",
    headline="rouge1",
    choices=("extract",),
    told=told,
)

"""What is this text in the other language?"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from fathom.data.codecs.text import Marks, TextCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.decoding.beam import Beam
from fathom.networks import Decoder, TextBackbone
from fathom.networks.registry import DECODERS, NETWORKS
from fathom.objectives import Objective
from fathom.objectives.sequence import Sequence
from fathom.recipe import Recipe, Task
from fathom.spec import Spec

TEXT = "text"
LONGEST = 128  # tokens; of a longer text the rest is not seen
MARKS = 2  # BEGIN and END
# Pairs, and seconds, up to which so many pieces are learnt: the read-out of many takes most of the
# time that a short training has.
PIECES = ((15_000, 4_096), (60_000, 6_144), (math.inf, 8_192))
PIECES_IN = ((180.0, 2_048), (900.0, 4_096), (math.inf, 8_192))
ENOUGH_S = 180.0


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """Both texts in tokens of one vocabulary, so that names and numbers can be copied."""
    question = table.only(
        "text",
        but=targets,
        what="A translation is learnt from two columns of text.",
        remedy="Keep the two columns, and name the one to be written with --target.",
    )
    asked, answered = (table[name].take(train).series for name in (question.name, targets[0]))
    pieces = min(
        next(size for pairs, size in PIECES if len(train) <= pairs),
        next(size for seconds, size in PIECES_IN if limits.seconds <= seconds),
    )
    learnt = TextCodec.fit(pl.concat([asked, answered.alias(asked.name)]), pieces=pieces)
    return Fields(
        (Field(TEXT, (question.name,), marked(learnt, "none", asked), together=False),),
        Field(TARGET, targets, marked(learnt, "items", answered), together=False),
    )


def marked(learnt: TextCodec, marks: Marks, values: pl.Series) -> TextCodec:
    """The same vocabulary for one of the columns, as long as its longest text."""
    longest = min(LONGEST, max(learnt.lengths(values), default=0) + MARKS)
    cut = marks == "none"  # what is to be written is the truth that answers are measured by
    return replace(learnt, marks=marks, longest=longest, cut=cut)


def build(recipe: Recipe, specs: Mapping[str, Spec], *, copies: bool = False) -> Objective:
    """An encoder that reads and a decoder that writes; copies: it may point at what was read."""
    spec, target = specs[TEXT], specs[TARGET]
    reader = NETWORKS[recipe.network[TEXT]]["text"].build(spec, recipe.size[TEXT])
    writer = DECODERS[recipe.network[TARGET]]["text"].build(target, recipe.size[TARGET])
    assert isinstance(reader, TextBackbone)
    assert isinstance(writer, Decoder)
    return Sequence(
        reader,
        writer,
        target.levels[0],
        field=TEXT,
        longest=target.shape[0],
        copies=copies,
        beam=Beam(
            width=round(recipe.decoding["beam"]),
            alpha=recipe.decoding["alpha"],
            block=round(recipe.decoding.get("block", 0)),
        ),
    )


def decoding(seconds: float) -> dict[str, float]:
    """Five beginnings are kept where there is time for them, else one."""
    return {"beam": 5 if seconds >= ENOUGH_S else 1, "alpha": 0.6}


TASK = Task(
    name="translation",
    question="What is it in the other language?",
    accepts=("text",),
    metrics=("bleu", "chrf"),
    fields=fields,
    build=build,
    decoded=(TARGET,),
    decoding=decoding,
)

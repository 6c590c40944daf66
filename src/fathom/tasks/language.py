"""What comes next in a text?"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fathom.data.codecs.size import SizeCodec
from fathom.data.codecs.text import TextCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.table import Table
from fathom.networks import Decoder
from fathom.networks.registry import DECODERS
from fathom.objectives import Objective
from fathom.objectives.language import Language
from fathom.recipe import Recipe, Task
from fathom.spec import Spec

TEXT = "text"
CONTEXT = 128  # of a running text: twice as many learnt less in the same minutes
PIECES = 512  # halve the tokens of English for nothing (n-grams foretell the text as well)
MARKS = 2  # BEGIN and END around an item


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The text, as tokens to foretell and as bytes to measure by."""
    name = targets[0]
    values = table[name].take(train).series
    if table.running:
        codec = TextCodec.fit(
            values, pieces=PIECES, marks="running", longest=CONTEXT, history=CONTEXT // 2
        )
    else:
        codec = TextCodec.fit(values, marks="items")
        codec = replace(codec, longest=min(CONTEXT, max(codec.lengths(values)) + MARKS))
    size = SizeCodec.fit(values, ends=not table.running)
    text = Field(TEXT, (name,), codec, together=False)
    return Fields((text,), Field(TARGET, (name,), size, together=False))


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """A decoder that foretells each token."""
    family, spec = recipe.network[TEXT], specs[TEXT]
    decoder = DECODERS[family]["text"].build(spec, recipe.size[TEXT])
    assert isinstance(decoder, Decoder)
    return Language(decoder, spec.levels[0], field=TEXT, context=spec.shape[0])


TASK = Task(
    name="language",
    question="What comes next?",
    accepts=("text",),
    metrics=("bits_per_byte", "perplexity"),
    fields=fields,
    build=build,
    decoded=(TEXT,),
    windows=TEXT,
)

"""A trained language network and its data to what it writes, and what it did not expect."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import torch

from fathom.data.codecs.text import TextCodec
from fathom.decoding.tokens import Sampling
from fathom.explain import Foretold, Writing
from fathom.explain.copying import SPAN, compared, listed_among
from fathom.members import Member
from fathom.objectives.language import Language
from fathom.spec import END
from fathom.train.prepare import Prepared
from fathom.writing import UNSEEN, Writer

TEXTS, CHARACTERS = 5, 300
ITEMS = 20
SEED = 0
SEARCHED = 2_000_000  # characters of training text: 4 s for ten texts of 300 characters
PASSAGES, SHOWN = 3, 80  # tokens of each
SHORT = 12  # items of a list


def writing(objective: Language, prepared: Prepared) -> Writing:
    """Texts at the default temperature, and as many held-out ones, compared with training."""
    column = prepared.table[prepared.fields.inputs[0].columns[0]]
    training = column.take(prepared.rows("train")).series.fill_null("").to_list()
    part = "test" if len(prepared.rows("test")) else "valid"
    rows = prepared.rows(part)
    options = Sampling()
    running = prepared.table.running
    amount = TEXTS if running else ITEMS
    places = np.linspace(0, len(rows) - 1, min(amount, len(rows))).round().astype(np.int64)
    held = column.take(rows[places]).series.fill_null("").to_list()
    texts = written(objective, prepared, options, amount)
    total = sum(map(len, training))
    if running:
        known = "".join(training)[:SEARCHED]
        own, others = (
            tuple(compared(text[:CHARACTERS], known) for text in some) for some in (texts, held)
        )
        return Writing(own, others, SPAN, len(known), total, options.temperature)
    own, others = listed_among(texts, training), listed_among(held, training)
    return Writing(own, others, SPAN, total, total, options.temperature)


def written(objective: Language, prepared: Prepared, options: Sampling, amount: int) -> list[str]:
    """New texts without a prompt, each of at most 300 characters."""
    objective.eval()
    writer = Writer(Member(prepared.fields, objective), options, seed=SEED, length=CHARACTERS)
    texts = [""] * amount
    for number, piece in writer.stream("", amount):
        texts[number] += piece
    return texts


def passages(
    objective: Language, prepared: Prepared, predictions: pl.DataFrame
) -> tuple[Foretold, ...]:
    """The least expected rows of the held-out part, of long ones the least expected stretch."""
    part = "test" if len(prepared.rows("test")) else "valid"
    frame = predictions.filter(pl.col("part") == part, pl.col("bytes") > 0)
    amount = PASSAGES if prepared.table.running else SHORT
    dear = frame.sort(pl.col("nll") / pl.col("bytes"), "row", descending=[True, False])
    return tuple(
        foretold(objective, prepared, row, origin)
        for row, origin in dear.head(amount).select("row", "origin").iter_rows()
    )


def foretold(objective: Language, prepared: Prepared, row: int, origin: str) -> Foretold:
    """The tokens of one row with their bits: the `SHOWN` that cost most together."""
    codec = prepared.fields.inputs[0].codec
    assert isinstance(codec, TextCodec)
    (batch,) = prepared.examples.rows(np.array([row]), 1)
    objective.eval()
    with torch.inference_mode():
        surprise = objective.predict(dict(batch.inputs))["surprise"][0]
    own = ~torch.isnan(surprise)
    tokens = batch.inputs[objective.field][0][own].tolist()
    bits = (surprise[own].double() / np.log(2)).numpy()
    start = dearest(bits, SHOWN)
    stretch = slice(start, start + SHOWN)
    return Foretold(str(origin), tuple(told(codec, tokens[stretch], bits[stretch].tolist())))


def dearest(bits: np.ndarray, length: int) -> int:
    """Where the stretch of so many entries with the largest sum begins."""
    sums = np.concatenate([[0.0], np.cumsum(bits)])
    last = max(0, len(bits) - length)
    return int(np.argmax(sums[len(bits) - last :] - sums[: last + 1]))


def told(codec: TextCodec, tokens: list[int], bits: list[float]) -> Iterator[tuple[str, float]]:
    """Tokens as text; those that only together make a letter are told together."""
    passed, cost = "", 0.0
    for place, (token, more) in enumerate(zip(tokens, bits, strict=True), 1):
        cost += more
        if token == END:
            yield "(end)", cost
            return
        text = codec.text(tokens[:place])
        if text.endswith(UNSEEN) and place < len(tokens):
            continue
        if text != passed:
            yield text[len(passed) :], cost
            passed, cost = text, 0.0

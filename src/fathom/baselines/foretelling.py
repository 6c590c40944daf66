"""Texts to how well classical methods foretell them: n-grams, and general compressors."""

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from fathom.baselines.compressors import COMPRESSORS
from fathom.baselines.ngram import KneserNey
from fathom.baselines.request import PARTS, RivalRequest
from fathom.spec import CHARACTERS, UNKNOWN

ORDERS = (5, 8, 6, 4)
SLOWEST = 4e5  # bytes a second

Foretold = dict[str, dict[str, np.ndarray]]


def kneser_ney(request: RivalRequest, seconds: float) -> Foretold:
    """Nats of each row, and of each of its tokens, by the order that foretells validation best.

    `surprise` (N, T) is nan where a row has no token.
    """
    started, best, least = time.monotonic(), None, math.inf
    for place, order in enumerate(ORDERS):
        begun = time.monotonic()
        model = KneserNey.fit(documents(request, request.train), order, request.vocabulary, start=1)
        valid = foretold(request, model, request.valid)
        if float(valid["nll"].sum()) < least:
            best, least = (model, valid), float(valid["nll"].sum())
        took = time.monotonic() - begun
        if place and time.monotonic() - started + 2 * took > seconds:
            break
    assert best is not None
    return {"valid": best[1], "test": foretold(request, best[0], request.test)}


def documents(request: RivalRequest, rows: np.ndarray) -> list[np.ndarray]:
    """The tokens of rows; rows of a running text that follow each other are one document."""
    tokens, offsets = request.tokens, request.offsets
    assert tokens is not None
    assert offsets is not None
    if not request.running:
        return [tokens[offsets[row] : offsets[row + 1]] for row in rows]
    cuts = np.flatnonzero(np.diff(rows) > 1) + 1
    return [tokens[offsets[run[0]] : offsets[run[-1] + 1]] for run in np.split(rows, cuts)]


def foretold(request: RivalRequest, model: KneserNey, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Nats of rows and of their tokens; those of a running text are seen in their context."""
    tokens, offsets = request.tokens, request.offsets
    assert tokens is not None
    assert offsets is not None
    before = len(model.levels) if request.running else 0
    starts = np.maximum(offsets[rows] - before, 0)
    texts = [tokens[start : offsets[row + 1]] for start, row in zip(starts, rows, strict=True)]
    seen = np.where(offsets[rows] == 0, 1, offsets[rows] - starts)
    if not request.running:
        seen = np.ones(len(rows), dtype=np.int64)  # BEGIN
    logs = model.log_probabilities_of(texts)
    longest = max((len(text) for text in texts), default=0)
    surprise = np.full((len(rows), longest), np.nan, dtype=np.float32)
    for place, (text, log, first) in enumerate(zip(texts, logs, seen, strict=True)):
        unknown = (text == UNKNOWN) * math.log(CHARACTERS)
        surprise[place, : len(text) - first] = (unknown - log)[first:]
    nll = np.nansum(surprise, axis=1, dtype=np.float64)
    return {"nll": np.asarray(nll), "surprise": surprise}


def compressed(
    compress: Callable[[bytes], bytes], request: RivalRequest, seconds: float
) -> Foretold:
    """The nats that a compressor needs for a part after the training text, shared out by bytes."""
    train = raw(request, request.train)
    alone = len(compress(train))
    answers: Foretold = {}
    for part in PARTS:
        rows = getattr(request, part)
        asked = raw(request, rows)
        bits = 8 * (len(compress(train + asked)) - alone) / max(1, len(asked))
        answers[part] = {"nll": request.target[rows, 0] * bits * math.log(2)}
    return answers


def raw(request: RivalRequest, rows: np.ndarray) -> bytes:
    """The text of rows as it stood in the source."""
    texts = next(iter(request.texts.values()))
    end = "" if request.running else "\n"
    return "".join(texts[row] + end for row in rows).encode()


def compressing_s(request: RivalRequest) -> float:
    """About how long the slowest compressor takes for all parts, in seconds."""
    return 3 * float(request.target[:, 0].sum()) / SLOWEST


bzip2 = partial(compressed, COMPRESSORS["bz2"])
xz = partial(compressed, COMPRESSORS["xz"])

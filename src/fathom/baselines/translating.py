"""Texts to texts by classical methods: the nearest known one's answer, and word by word."""

import numpy as np

from fathom.baselines.lookup import learn
from fathom.baselines.request import PARTS, RivalRequest
from fathom.baselines.retrieval import retrieve

TARGET = "target"

Written = dict[str, dict[str, np.ndarray]]


def nearest(request: RivalRequest, seconds: float) -> Written:
    """The target of the most similar training text."""
    known, answers = question(request, request.train), request.written(request.train)
    return {
        part: {"answer": np.array(retrieve(known, answers, question(request, rows)))}
        for part, rows in ((part, getattr(request, part)) for part in PARTS)
    }


def word_by_word(request: RivalRequest, seconds: float) -> Written:
    """Each word's most probable translation, in the order of the question."""
    dictionary = learn(question(request, request.train), request.written(request.train))
    return {
        part: {
            "answer": np.array(
                [dictionary.translate(text) for text in question(request, getattr(request, part))]
            )
        }
        for part in PARTS
    }


def question(request: RivalRequest, rows: np.ndarray) -> list[str]:
    """The texts to be translated."""
    texts = next(texts for name, texts in request.texts.items() if name != TARGET)
    return [texts[row] for row in rows]

"""True and answered texts to lists of strings.

Truth is (N,) strings, or (N, M): up to M references a row, None where a row has fewer;
`answer` is (N,) strings.
"""

from collections.abc import Callable

import numpy as np

from fathom.metrics.classification import Fields

Terms = Callable[[np.ndarray, Fields], np.ndarray]


def references(truth: np.ndarray) -> list[list[str]]:
    """The references of each row; an empty text is one, None is none."""
    rows = truth.reshape(len(truth), -1).tolist() if len(truth) else []
    return [[str(text) for text in row if text is not None] for row in rows]


def answers(fields: Fields) -> list[str]:
    """The answer of each row."""
    return [str(text) for text in fields["answer"].tolist()]


def once(compute: Terms, truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Statistics of each example (N, S), from the fields if `prepared` has put them there."""
    name = compute.__name__
    return fields[name] if name in fields else compute(truth, fields)

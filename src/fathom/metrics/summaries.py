"""True and predicted summaries to ROUGE, 0 to 100: shared words, pairs of words and word order.

Truth and `answer` as in `texts`; of several references the mean counts. Words are what Porter's
stemmer leaves of runs of a-z and 0-9 in lower case, as in the original program: texts in other
scripts have no words here and score 0. Weights (..., N) and nan as in `classification`.
"""

from collections.abc import Sequence

import numpy as np

from fathom.data.extracts import Stems
from fathom.metrics.classification import Fields
from fathom.metrics.texts import answers, references
from fathom.metrics.weights import mean

NAMES = ("rouge1", "rouge2", "rougeL")


def rouge1(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """F1 of single words (Lin 2004, section 2)."""
    return mean(rouge1_terms(truth, fields), weight)


def rouge2(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """F1 of pairs of neighbouring words (Lin 2004, section 2)."""
    return mean(rouge2_terms(truth, fields), weight)


def rougeL(  # noqa: N802 - the field's name
    truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
) -> np.ndarray:
    """F1 of the longest common subsequence of words (Lin 2004, section 3.1)."""
    return mean(rougeL_terms(truth, fields), weight)


def rouge1_terms(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """ROUGE-1 of each row, (N,)."""
    return _terms(0, truth, fields)


def rouge2_terms(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """ROUGE-2 of each row, (N,)."""
    return _terms(1, truth, fields)


def rougeL_terms(truth: np.ndarray, fields: Fields) -> np.ndarray:  # noqa: N802
    """ROUGE-L of each row, (N,)."""
    return _terms(2, truth, fields)


def rouge(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """ROUGE-1, ROUGE-2 and ROUGE-L of each row, (N, 3)."""
    return _scores(NAMES, truth, fields)


def _terms(place: int, truth: np.ndarray, fields: Fields) -> np.ndarray:
    """One of the three: as `prepared` has put it into the fields, else it is computed alone."""
    if rouge.__name__ in fields:
        return fields[rouge.__name__][:, place]
    return _scores(NAMES[place : place + 1], truth, fields)[:, 0]


def _scores(names: Sequence[str], truth: np.ndarray, fields: Fields) -> np.ndarray:
    """The named scores of each row, (N, len(names)); of several references their mean."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(names, tokenizer=Stems())
    values = np.zeros((len(truth), len(names)))
    for row, (expected, answer) in enumerate(zip(references(truth), answers(fields), strict=True)):
        found = [scorer.score(text, answer) for text in expected]
        if found:
            values[row] = [np.mean([each[name].fmeasure for each in found]) for name in names]
    return 100 * values

"""True and predicted translations to BLEU and chrF, 0 to 100.

Both compare counts of short runs of words or letters, summed over all texts before the score is
made: a mean of sentences' scores would be another number. sacrebleu splits and counts, so that
values agree with published ones; the sums are made here, where a resample is only another weight.
Truth and `answer` as in `texts`; weights (..., N) and nan as in `classification`.
"""

from itertools import zip_longest
from typing import Any

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.texts import answers, once, references
from fathom.metrics.weights import example_weights, mean_where_defined, ratio

WORDS = 4  # longest run that BLEU counts
LETTERS = 6  # longest run that chrF counts
BETA = 2  # how many times as much recall counts in chrF


def bleu(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Geometric mean of the shares of 1 to 4-grams found in a reference, times a brevity penalty.

    Papineni et al. 2002, section 2.3, with exponential smoothing where no n-gram of an order
    is found (sacrebleu's default; Post 2018, arXiv:1804.08771).
    """
    weight = example_weights(len(truth), weight)
    sums = weight @ once(bleu_counts, truth, fields)
    answered, expected = sums[..., 0], sums[..., 1]
    found, total = sums[..., 2 : 2 + WORDS], sums[..., 2 + WORDS :]
    missed = found == 0
    smoothed = np.where(missed, 0.5 ** missed.cumsum(-1), found)
    with np.errstate(divide="ignore"):
        precision = np.log(np.nan_to_num(ratio(smoothed, total))).mean(-1)
    brevity = np.minimum(0.0, 1 - np.nan_to_num(ratio(expected, answered)))
    score = np.where(missed.all(-1), 0.0, 100 * np.exp(brevity + precision))
    return np.where(weight.sum(-1) > 0, score, np.nan)


def chrf(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """F score of runs of 1 to 6 letters, recall counting twice (Popović 2015, equation 1)."""
    weight = example_weights(len(truth), weight)
    score = _f_score(weight @ once(chrf_counts, truth, fields))
    return np.where(weight.sum(-1) > 0, score, np.nan)


def chrf_of_each(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """The chrF of every row for itself, (N,)."""
    return _f_score(once(chrf_counts, truth, fields))


def _f_score(sums: np.ndarray) -> np.ndarray:
    """chrF of sums of `chrf_counts` (..., 18), from 0 to 100."""
    answered, expected, found = np.moveaxis(sums.reshape(*sums.shape[:-1], LETTERS, 3), -1, 0)
    both = (answered > 0) & (expected > 0)  # an order that a side is too short for has no share
    precision = mean_where_defined(np.where(both, ratio(found, answered), np.nan))
    recall = mean_where_defined(np.where(both, ratio(found, expected), np.nan))
    score = ratio((1 + BETA**2) * precision * recall, BETA**2 * precision + recall)
    return np.asarray(100 * np.nan_to_num(score))


def bleu_counts(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """What BLEU sums of each row: words answered, words expected, n-grams found, n-grams answered.

    (N, 10). Of several references the nearest in length counts, and the n-grams of all.
    """
    from sacrebleu.metrics.bleu import BLEU

    return _counts(BLEU(force=True), truth, fields, 2 + 2 * WORDS)


def chrf_counts(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """What chrF sums of each row: for 1 to 6 letters the runs answered, expected and found.

    (N, 18). Of several references the one with the best score counts.
    """
    from sacrebleu.metrics.chrf import CHRF

    return _counts(CHRF(), truth, fields, 3 * LETTERS)


def bleu_signature(truth: np.ndarray) -> str:
    """How BLEU was computed, in sacrebleu's words."""
    from sacrebleu.metrics.bleu import BLEU

    return str(BLEU(references=_streams(truth)).get_signature())


def chrf_signature(truth: np.ndarray) -> str:
    """How chrF was computed, in sacrebleu's words."""
    from sacrebleu.metrics.chrf import CHRF

    return str(CHRF(references=_streams(truth)).get_signature())


def _counts(metric: Any, truth: np.ndarray, fields: Fields, width: int) -> np.ndarray:
    """sacrebleu's counts of each row; only the name of its own bootstrap's step is private."""
    if len(truth) == 0:
        return np.zeros((0, width))
    rows = metric._extract_corpus_statistics(answers(fields), _streams(truth))
    return np.array(rows, dtype=np.float64).reshape(len(truth), width)


def _streams(truth: np.ndarray) -> list[list[Any]]:
    """M lists of N references each, None where a row has fewer.

    A blank stands for an empty reference and for none: sacrebleu splits it to nothing in all its
    versions, and some refuse "".
    """
    rows = [[text or " " for text in texts] or [" "] for texts in references(truth)]
    return [list(stream) for stream in zip_longest(*rows)]

"""True and answered transcripts to word and character error rates, in percent.

Words or characters that must be put in, taken out or exchanged, over those that were said, summed
over all texts before the rate is made; jiwer counts. Truth and `answer` as in `texts`; weights
(..., N) and nan as in `classification`.
"""

import numpy as np

from fathom.metrics.classification import Fields
from fathom.metrics.texts import answers, once, references
from fathom.metrics.weights import example_weights, ratio


def wer(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Word error rate, 0 for no error; above 100 where much is answered that nobody said."""
    return _rate(word_errors(truth, fields), weight)


def cer(truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None) -> np.ndarray:
    """Character error rate, blanks included."""
    return _rate(character_errors(truth, fields), weight)


def word_errors(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Errors and words said of each text, (N, 2)."""
    return once(speech_errors, truth, fields)[:, :2]


def character_errors(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Errors and characters said of each text, (N, 2)."""
    return once(speech_errors, truth, fields)[:, 2:]


def speech_errors(truth: np.ndarray, fields: Fields) -> np.ndarray:
    """Errors and words, errors and characters of each text, (N, 4)."""
    from jiwer import process_characters, process_words

    found = np.zeros((len(truth), 4))
    for row, (expected, answer) in enumerate(zip(references(truth), answers(fields), strict=True)):
        said = " ".join(expected[0].split()) if expected else ""
        heard = " ".join(answer.split())
        if not said:  # nothing was said: all that is answered is too much
            found[row] = len(heard.split()), 0, len(heard), 0
            continue
        words, characters = process_words(said, heard), process_characters(said, heard)
        for place, one in ((0, words), (2, characters)):
            found[row, place] = one.substitutions + one.deletions + one.insertions
            found[row, place + 1] = one.hits + one.substitutions + one.deletions
    return found


def words_said(truth: np.ndarray) -> int:
    """Of all texts together."""
    return sum(len(text.split()) for texts in references(truth) for text in texts[:1])


def _rate(errors: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    sums = example_weights(len(errors), weight) @ errors
    return np.asarray(100 * ratio(sums[..., 0], sums[..., 1]))

"""Texts to sparse features, and features to answers by a linear method.

What words and letter sequences a text holds, not where: the order is lost, and on a few thousand
texts little is lost with it (Wang and Manning 2012; Joachims 1998).
"""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from fathom.baselines.method import Answer, Setting, spread
from fathom.baselines.sharpness import class_loss, sharpest, softmax
from fathom.baselines.terms import letter_counts, weigh, word_counts

LOGISTIC_STRENGTH = 10.0  # both are inverse penalties
MARGIN_STRENGTH = 0.5
PENALTIES = (0.1, 0.3, 1.0, 3.0)


def text_features(texts: Sequence[str], train: np.ndarray | slice) -> csr_array:
    """TF-IDF weights (N, F) float32 of words, pairs of words, and letter sequences of all texts,
    fitted on the training rows; both halves of a row have length one.
    """
    counts = (word_counts(texts), letter_counts(texts))
    return hstack([weigh(part, train) for part in counts], format="csr")


def fit_classes(setting: Setting, x: csr_array, y: np.ndarray) -> Answer:
    """Logistic regression or a linear support vector machine: the more accurate on validation, of
    equals the one with the higher likelihood. `setting.x_valid` and what is asked are sparse too.
    """
    known, counts = np.unique(y, return_counts=True)
    if len(known) == 1 or not x.shape[1]:
        shares = counts[None] / len(y)
        return lambda asked: spread(setting.classes, known, shares.repeat(asked.shape[0], 0))
    answers = [_logistic(setting, known, x, y), _margin(setting, known, x, y)]
    return min(answers, key=lambda answer: _miss(answer(setting.x_valid), setting.y_valid))


def fit_labels(setting: Setting, x: csr_array, y: np.ndarray) -> Answer:
    """One logistic regression a label."""
    labels = [_label(setting, x, y[:, k]) for k in range(y.shape[1])]
    return lambda asked: np.stack([label(asked) for label in labels], axis=1)


def fit_numbers(setting: Setting, x: csr_array, y: np.ndarray) -> Answer:
    """Ridge regression with the penalty that is best on validation."""
    middle, scale = y.mean(0), np.maximum(y.std(0), 1e-12)
    if not x.shape[1]:
        return lambda asked: np.tile(middle, (asked.shape[0], 1))

    def fitted(penalty: float) -> Answer:
        model = Ridge(alpha=penalty, solver="sparse_cg").fit(x, (y - middle) / scale)
        return lambda asked: model.predict(asked).reshape(asked.shape[0], -1) * scale + middle

    def miss(answer: Answer) -> float:
        if not len(setting.y_valid):
            return 0.0
        return float((((answer(setting.x_valid) - setting.y_valid) / scale) ** 2).mean())

    return min(map(fitted, PENALTIES), key=miss)


def _label(setting: Setting, x: csr_array, y: np.ndarray) -> Answer:
    if y.min() == y.max() or not x.shape[1]:
        return lambda asked: np.full(asked.shape[0], float(y.mean()))
    model = _one(setting).fit(x, y)
    return lambda asked: model.predict_proba(asked)[:, 1]


def _one(setting: Setting) -> LogisticRegression:
    return LogisticRegression(
        C=LOGISTIC_STRENGTH, solver="liblinear", dual=True, random_state=setting.seed
    )


def _logistic(setting: Setting, known: np.ndarray, x: csr_array, y: np.ndarray) -> Answer:
    """One class against the rest, by coordinates: four times sooner than all classes at once, and
    as right.
    """
    model = OneVsRestClassifier(_one(setting))
    with warnings.catch_warnings():
        # Stopped early it is as good a rival; nobody reads its coefficients.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return lambda asked: spread(setting.classes, known, model.predict_proba(asked))


def _margin(setting: Setting, known: np.ndarray, x: csr_array, y: np.ndarray) -> Answer:
    """Softmax of the distances to the boundaries, as sharp as makes validation most probable."""
    model = LinearSVC(C=MARGIN_STRENGTH, random_state=setting.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)

    def scores(asked: csr_array) -> np.ndarray:
        distance = model.decision_function(asked)
        return np.stack([-distance, distance], 1) if len(known) == 2 else distance

    found = scores(setting.x_valid)

    def loss(sharpness: float) -> float:
        return class_loss(
            spread(setting.classes, known, softmax(sharpness * found)), setting.y_valid
        )

    sharpness = sharpest(loss)
    return lambda asked: spread(setting.classes, known, softmax(sharpness * scores(asked)))


def _miss(probability: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Wrong answers, then their loss."""
    return float((probability.argmax(1) != truth).sum()), class_loss(probability, truth)

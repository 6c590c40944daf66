"""Scaled features to answers by logistic regression, or by ridge regression for numbers."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV

from fathom.baselines.method import Answer, Setting, spread
from fathom.baselines.sharpness import class_loss

STEPS = 200
STRENGTHS = (1.0, 0.01)  # the weaker the more a feature may count; validation chooses


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """Multinomial logistic regression over the classes that occur."""
    known = np.unique(y)
    if len(known) == 1:
        return lambda asked: spread(setting.classes, known, np.ones((len(asked), 1)))
    models = [_logistic(x, y, strength) for strength in STRENGTHS]
    answers = [_spread(setting, known, model) for model in models]
    return min(answers, key=lambda answer: class_loss(answer(setting.x_valid), setting.y_valid))


def fit_labels(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """One logistic regression a label."""
    models = [_fit_label(setting, k, x, y[:, k]) for k in range(y.shape[1])]
    return lambda asked: np.stack([model(asked) for model in models], axis=1)


def fit_numbers(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """Ridge regression of each number, its strength by leave-one-out."""
    middle, scale = y.mean(0), np.maximum(y.std(0), 1e-12)
    model = RidgeCV(alphas=np.logspace(-2, 4, 13), alpha_per_target=y.shape[1] > 1)
    model.fit(x.astype(np.float64), (y - middle) / scale)
    return lambda asked: model.predict(asked).reshape(len(asked), -1) * scale + middle


def _fit_label(setting: Setting, label: int, x: np.ndarray, y: np.ndarray) -> Answer:
    if y.min() == y.max():
        return lambda asked: np.full(len(asked), float(y[0]))
    truth = setting.y_valid[:, label]
    models = [_logistic(x, y, strength) for strength in STRENGTHS]
    model = min(models, key=lambda model: class_loss(model.predict_proba(setting.x_valid), truth))
    return lambda asked: model.predict_proba(asked)[:, 1]


def _spread(setting: Setting, known: np.ndarray, model: LogisticRegression) -> Answer:
    return lambda asked: spread(setting.classes, known, model.predict_proba(asked))


def _logistic(x: np.ndarray, y: np.ndarray, strength: float) -> LogisticRegression:
    with warnings.catch_warnings():
        # Stopped after STEPS steps it is as good a rival; nobody reads its coefficients.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=strength, max_iter=STEPS).fit(x, y)

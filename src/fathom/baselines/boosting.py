"""Raw columns to answers by gradient-boosted trees on histograms, with scikit-learn's settings.

The validation part stops the boosting early, so that all training rows are trained on.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from fathom.baselines.method import Answer, Setting, spread


def fit_classes(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """One model of all classes that occur."""
    known = np.unique(y)
    if len(known) == 1:
        return lambda asked: spread(setting.classes, known, np.ones((len(asked), 1)))
    model = HistGradientBoostingClassifier(**_options(setting))
    seen = np.isin(setting.y_valid, known)
    model.fit(x, y, **_stopping(setting.x_valid[seen], setting.y_valid[seen]))
    return lambda asked: spread(setting.classes, known, model.predict_proba(asked))


def fit_labels(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """One model a label."""
    models = [_fit_label(setting, x, y[:, k], setting.y_valid[:, k]) for k in range(y.shape[1])]
    return lambda asked: np.stack([model(asked) for model in models], axis=1)


def fit_numbers(setting: Setting, x: np.ndarray, y: np.ndarray) -> Answer:
    """One model a number."""
    models = [
        HistGradientBoostingRegressor(**_options(setting)).fit(
            x, y[:, k], **_stopping(setting.x_valid, setting.y_valid[:, k])
        )
        for k in range(y.shape[1])
    ]
    return lambda asked: np.stack([model.predict(asked) for model in models], axis=1)


def _fit_label(setting: Setting, x: np.ndarray, y: np.ndarray, y_valid: np.ndarray) -> Answer:
    if y.min() == y.max():
        return lambda asked: np.full(len(asked), float(y[0]))
    model = HistGradientBoostingClassifier(**_options(setting))
    model.fit(x, y, **_stopping(setting.x_valid, y_valid))
    return lambda asked: model.predict_proba(asked)[:, 1]


def _options(setting: Setting) -> dict[str, object]:
    return {
        "categorical_features": setting.categorical,
        "early_stopping": len(setting.x_valid) > 0,
        "random_state": setting.seed,
    }


def _stopping(x_valid: np.ndarray, y_valid: np.ndarray) -> dict[str, object]:
    return {"X_val": x_valid, "y_val": y_valid} if len(x_valid) else {}

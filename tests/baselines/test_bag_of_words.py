"""Linear methods on bags of words against scikit-learn's own, and their edge cases."""

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_union

from fathom.baselines import bag_of_words
from fathom.baselines.bag_of_words import fit_classes, text_features
from fathom.baselines.method import Setting
from fathom.baselines.sharpness import class_loss

TOPICS = ("ship sail harbour anchor mast", "oven bread flour yeast crust", "goal ball keeper foul")
TRAIN, VALID, TEST = slice(0, 60), slice(60, 90), slice(90, 150)


def texts() -> tuple[list[str], np.ndarray]:
    """Three topics of few words, each text with some of another topic."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, 150)
    other = (y + generator.integers(1, 3, 150)) % 3
    chosen = [
        [*generator.choice(TOPICS[a].split(), 4), *generator.choice(TOPICS[b].split(), 2)]
        for a, b in zip(y, other, strict=True)
    ]
    return [" ".join(generator.permutation(words)) for words in chosen], y


def fitted(classes: int = 3, kept: np.ndarray | None = None) -> tuple[Any, np.ndarray, Any]:
    """Features of the test rows and the answer for them."""
    written, y = texts()
    x = text_features(written, TRAIN)
    setting = Setting("category", classes, np.zeros(0, dtype=bool), x[VALID], y[VALID], seed=0)
    rows = np.arange(60) if kept is None else np.flatnonzero(kept[TRAIN])
    return x[TEST], y[TEST], fit_classes(setting, x[TRAIN][rows], y[TRAIN][rows])


def test_topics_are_told_apart() -> None:
    x, y, answer = fitted()
    probability = answer(x)
    assert probability.shape == (60, 3)
    assert probability.sum(1) == pytest.approx(1, abs=1e-5)
    assert (probability.argmax(1) == y).mean() > 0.9
    assert answer(x[:1]).shape == (1, 3)


def test_logistic_regression_agrees_with_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    written, y = texts()
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", sublinear_tf=True),
    )
    reference = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear")).fit(
        features.fit_transform(written[TRAIN]), y[TRAIN]
    )
    monkeypatch.setattr(bag_of_words, "_margin", bag_of_words._logistic)
    x, _, answer = fitted()
    assert answer(x) == pytest.approx(
        reference.predict_proba(features.transform(written[TEST])), abs=0.01
    )


@pytest.mark.parametrize("right", ["_logistic", "_margin"])
def test_the_one_that_is_right_on_validation_answers(
    monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    wrong = ({"_logistic", "_margin"} - {right}).pop()
    monkeypatch.setattr(
        bag_of_words, wrong, lambda *_: lambda asked: np.full((asked.shape[0], 3), [0.9, 0.1, 0])
    )
    x, y, answer = fitted()
    assert (answer(x).argmax(1) == y).mean() > 0.9


def test_distances_become_as_confident_as_validation_warrants() -> None:
    written, y = texts()
    x = text_features(written, TRAIN)
    setting = Setting("category", 3, np.zeros(0, dtype=bool), x[VALID], y[VALID], seed=0)
    answer = bag_of_words._margin(setting, np.arange(3), x[TRAIN], y[TRAIN])
    assert class_loss(answer(x[TEST]), y[TEST]) < 0.6 * np.log(3)


@pytest.mark.parametrize("classes", [2, 5])
def test_classes_missing_from_training_stay_possible(classes: int) -> None:
    _, y = texts()
    x, _, answer = fitted(max(classes, 3), kept=y != 1 if classes == 2 else None)
    probability = answer(x)
    assert probability.shape == (60, max(classes, 3))
    assert (probability > 0).all()
    assert (probability[:, 1 if classes == 2 else 4] < 0.01).all()


def test_one_class_is_answered_with_confidence() -> None:
    _, y = texts()
    x, _, answer = fitted(kept=y == 2)
    assert (answer(x)[:, 2] > 0.99).all()


def test_texts_without_words_are_answered_with_the_shares_of_the_classes() -> None:
    x = text_features([""] * 4, slice(0, 3))
    setting = Setting("category", 2, np.zeros(0, dtype=bool), x[3:], np.array([0]), seed=0)
    answer = fit_classes(setting, x[:3], np.array([0, 1, 1]))
    assert answer(x) == pytest.approx(np.full((4, 2), [1 / 3, 2 / 3]))

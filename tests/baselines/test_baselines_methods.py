"""Each classical method on small real data, and its edge cases."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.kernel_ridge import KernelRidge

from fathom.baselines import boosting, guessing, kernel, linear, neighbours
from fathom.baselines.candidates import PICTURES, ROWS
from fathom.baselines.method import Setting
from fathom.baselines.scoring import named, score

METHODS = [
    (kind, method)
    for table in (ROWS, PICTURES)
    for kind, methods in table.items()
    for method in methods
]


def title(value: object) -> str:
    return str(getattr(value, "name", value))


def setting(kind: str, classes: int, x: np.ndarray, y: np.ndarray) -> Setting:
    return Setting(kind, classes, np.zeros(x.shape[1], dtype=bool), x, y, seed=0)


def data(kind: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Scaled real features and a target of the kind, in random order."""
    x, y = load_diabetes(return_X_y=True) if kind == "number" else load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)[order]
    targets = {"number": y[:, None], "category": y, "labels": np.stack([y > 0, y > 1], 1) * 1}
    return x, targets[kind][order], {"number": 1, "category": 3, "labels": 2}[kind]


@pytest.mark.parametrize(("kind", "method"), METHODS, ids=title)
def test_methods_beat_guessing_on_real_rows(kind: str, method: Any) -> None:
    x, y, classes = data(kind)
    train, valid, test = slice(0, 80), slice(80, 110), slice(110, None)
    told = setting(kind, classes, x[valid], y[valid])
    value = score(kind, y[test], named(kind, method.fit(told, x[train], y[train])(x[test])))[1]
    guess = guessing.fit_classes if kind == "category" else guessing.fit_means
    level = score(kind, y[test], named(kind, guess(told, x[train], y[train])(x[test])))[1]
    if method.name == "guessing":
        assert value == level
    elif kind == "number":
        assert value < 0.95 * level
    else:
        assert value > 0.85 > level


@pytest.mark.parametrize(("kind", "method"), METHODS, ids=title)
def test_answers_have_their_shape_for_any_number_of_rows(kind: str, method: Any) -> None:
    x, y, classes = data(kind)
    answer = method.fit(setting(kind, classes, x[60:90], y[60:90]), x[:60], y[:60])
    assert answer(x[:7]).shape == (7, classes)
    assert answer(x[:1]).shape == (1, classes)
    if kind == "category":
        assert answer(x).sum(1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("fit", [boosting.fit_classes, linear.fit_classes, kernel.fit_classes,
                                 neighbours.fit_classes])  # fmt: skip
def test_classes_missing_from_training_stay_possible(fit: Any) -> None:
    x, y, _ = data("category")
    kept = y != 1
    probability = fit(setting("category", 4, x, y), x[kept], y[kept])(x)
    assert probability.shape == (150, 4)
    assert (probability > 0).all()
    assert (probability[:, 3] < 0.2).all()


@pytest.mark.parametrize("fit", [boosting.fit_classes, linear.fit_classes])
def test_one_class_is_answered_with_confidence(fit: Any) -> None:
    x, y, _ = data("category")
    answer = fit(setting("category", 2, x, y * 0), x, y * 0)
    assert (answer(x)[:, 0] > 0.99).all()


@pytest.mark.parametrize("fit", [boosting.fit_labels, linear.fit_labels])
def test_a_constant_label_is_answered_as_it_is(fit: Any) -> None:
    x, y, _ = data("labels")
    y = np.stack([y[:, 0], y[:, 0] * 0], 1)
    assert (fit(setting("labels", 2, x, y), x, y)(x)[:, 1] == 0).all()


def test_exact_kernel_machine_agrees_with_scikit_learn() -> None:
    x, y, _ = data("number")
    spread = 2 * x[:300].var(0).sum()
    width = 1.0 / spread
    machine, miss = kernel._exact(x[:300], y[:300], width, x[300:], y[300:])
    middle = y[:300].mean(0)
    reference = [
        KernelRidge(kernel="rbf", gamma=width, alpha=alpha).fit(x[:300], y[:300] - middle)
        for alpha in kernel.PENALTIES
    ]
    answers = [model.predict(x[300:]) + middle for model in reference]
    misses = [((answer - y[300:]) ** 2).mean() for answer in answers]
    assert miss == pytest.approx(min(misses), rel=1e-2)
    assert machine(x[300:]) == pytest.approx(answers[int(np.argmin(misses))], rel=0.02, abs=1)


def test_landmarks_come_close_to_the_exact_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = load_digits(return_X_y=True)
    x = (x / 8 - 1).astype(np.float32)
    told = setting("category", 10, x[1200:1500], y[1200:1500])
    exact = kernel.fit_classes(told, x[:1200], y[:1200])(x[1500:])
    monkeypatch.setattr(kernel, "EXACT_UP_TO", 500)
    monkeypatch.setattr(kernel, "LANDMARKS", 400)
    approximate = kernel.fit_classes(told, x[:1200], y[:1200])(x[1500:])
    right, nearly = ((p.argmax(1) == y[1500:]).mean() for p in (exact, approximate))
    assert right > 0.95
    assert nearly > right - 0.02


def test_boosting_takes_gaps_and_categories_as_they_are() -> None:
    generator = np.random.default_rng(0)
    code = generator.integers(0, 6, 600)
    number = np.where(generator.random(600) < 0.3, np.nan, generator.normal(size=600))
    x = np.stack([number, code], 1).astype(np.float32)
    y = np.isin(code, [1, 4]).astype(int) ^ np.isnan(number)
    told = Setting("category", 2, np.array([False, True]), x[500:], y[500:], 0)
    answer = boosting.fit_classes(told, x[:500], y[:500])
    assert (answer(x[500:]).argmax(1) == y[500:]).mean() > 0.95

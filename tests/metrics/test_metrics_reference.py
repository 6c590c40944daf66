"""Every metric against scikit-learn or a case worked by hand."""

import numpy as np
import pytest
from sklearn import metrics as reference

from fathom.metrics import METRICS, confusion, measure, reliability

Example = tuple[np.ndarray, dict[str, np.ndarray]]


@pytest.fixture(params=[2, 5])
def category(request: pytest.FixtureRequest) -> Example:
    generator = np.random.default_rng(request.param)
    classes = request.param
    truth = generator.integers(0, classes, 300)
    score = generator.normal(size=(300, classes)).round(1) + np.eye(classes)[truth]
    probability = np.exp(score) / np.exp(score).sum(1, keepdims=True)
    return truth, {"answer": probability.argmax(1), "probability": probability}


@pytest.fixture
def labels() -> Example:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, (200, 4))
    probability = np.clip(truth * 0.3 + generator.random((200, 4)).round(2) * 0.7, 0.01, 0.99)
    return truth, {"answer": (probability > 0.5).astype(np.int64), "probability": probability}


@pytest.fixture
def number() -> Example:
    generator = np.random.default_rng(2)
    truth = generator.normal(1e6, [3.0, 40.0], (150, 2))
    answer = truth + generator.normal(0, [1.0, 9.0], (150, 2))
    return truth, {"answer": answer, "low": answer - 1, "high": answer + 1}


def test_category_metrics_agree_with_scikit_learn(category: Example) -> None:
    truth, fields = category
    weight = np.random.default_rng(3).integers(0, 4, len(truth))
    answer, probability = fields["answer"], fields["probability"]
    several = probability.shape[1] > 2
    ranked = probability if several else probability[:, 1]
    positive = np.eye(probability.shape[1])[truth] if several else truth
    precision = reference.average_precision_score(positive, ranked, sample_weight=weight)
    expected = {
        "accuracy": reference.accuracy_score(truth, answer, sample_weight=weight),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, answer, sample_weight=weight),
        "macro_f1": reference.f1_score(truth, answer, average="macro", sample_weight=weight),
        "auc": reference.roc_auc_score(positive, ranked, sample_weight=weight),
        "average_precision": np.nan if several else precision,
        "log_loss": reference.log_loss(truth, probability, sample_weight=weight),
    }
    for name, value in expected.items():
        metric = METRICS["category"][name]
        assert metric.compute(truth, fields, weight) == pytest.approx(value, nan_ok=True), name


def test_weights_of_several_resamples_give_each_their_own_value(category: Example) -> None:
    truth, fields = category
    weights = np.random.default_rng(4).integers(0, 3, (3, len(truth)))
    for name, metric in METRICS["category"].items():
        together = metric.compute(truth, fields, weights)
        apart = [metric.compute(truth, fields, weight) for weight in weights]
        assert together == pytest.approx(np.array(apart), nan_ok=True), name


def test_whole_weights_equal_repeated_examples(category: Example) -> None:
    truth, fields = category
    weight = np.random.default_rng(5).integers(0, 3, len(truth))
    rows = np.repeat(np.arange(len(truth)), weight)
    repeated = {name: field[rows] for name, field in fields.items()}
    for name in set(METRICS["category"]) - {"expected_calibration_error"}:
        metric = METRICS["category"][name]
        value = metric.compute(truth, fields, weight)
        expected = metric.value(truth[rows], repeated)
        assert value == pytest.approx(expected, nan_ok=True), name


def test_label_metrics_agree_with_scikit_learn(labels: Example) -> None:
    truth, fields = labels
    answer, probability = fields["answer"], fields["probability"]
    expected = {
        "accuracy": reference.accuracy_score(truth, answer),
        "macro_f1": reference.f1_score(truth, answer, average="macro"),
        "auc": reference.roc_auc_score(truth, probability),
        "average_precision": reference.average_precision_score(truth, probability),
        "log_loss": np.mean([reference.log_loss(truth[:, k], probability[:, k]) for k in range(4)]),
        "brier": np.mean(
            [reference.brier_score_loss(truth[:, k], probability[:, k]) for k in range(4)]
        ),
    }
    assert measure("labels", truth, fields) == pytest.approx(expected)


def test_regression_metrics_agree_with_scikit_learn(number: Example) -> None:
    truth, fields = number
    answer = fields["answer"]
    expected = {
        "rmse": reference.root_mean_squared_error(truth, answer),
        "mse": reference.mean_squared_error(truth, answer),
        "mae": reference.mean_absolute_error(truth, answer),
        "r2": reference.r2_score(truth, answer),
        "coverage": (np.abs(truth - answer) <= 1).mean(),
    }
    assert measure("number", truth, fields) == pytest.approx(expected)


def test_brier_of_classes_sums_over_them() -> None:
    fields = {"probability": np.array([[0.5, 0.3, 0.2], [0.0, 1.0, 0.0]])}
    brier = METRICS["category"]["brier"].value(np.array([0, 2]), fields)
    assert brier == pytest.approx((0.25 + 0.09 + 0.04 + 2.0) / 2)


def test_calibration_error_of_overconfidence_by_hand() -> None:
    truth = np.repeat([0, 1], [700, 300])
    confident = np.tile([0.9, 0.1], (1000, 1))
    fields = {"answer": np.zeros(1000, dtype=int), "probability": confident}
    error = METRICS["category"]["expected_calibration_error"].value(truth, fields)
    assert error == pytest.approx(0.2, abs=1e-6)  # one bin: says 0.9, is right 0.7 of the time


def test_calibration_error_of_calibrated_probabilities_is_debiased() -> None:
    generator = np.random.default_rng(6)
    errors, plain = [], []
    for _ in range(50):
        confidence = generator.uniform(0.5, 1, 300)
        truth = (generator.random(300) > confidence).astype(int)
        fields = {"answer": np.zeros(300, int), "probability": np.c_[confidence, 1 - confidence]}
        errors.append(METRICS["category"]["expected_calibration_error"].value(truth, fields))
        bins = reliability(truth, fields)
        gaps = np.abs(bins.confidence - bins.accuracy)
        plain.append(np.average(gaps, weights=bins.count))
    assert np.mean(errors) < 0.65 * np.mean(plain)


def test_reliability_bins_have_equal_mass() -> None:
    confidence = np.linspace(0.5, 1, 150)
    fields = {"answer": np.zeros(150, int), "probability": np.c_[confidence, 1 - confidence]}
    assert reliability(np.zeros(150, int), fields).count.tolist() == [10] * 15


def test_confusion_counts_true_rows_and_answered_columns() -> None:
    counts = confusion(np.array([0, 0, 2]), {"answer": np.array([0, 1, 2])}, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_explained_variance_of_large_numbers_keeps_its_digits() -> None:
    truth = 1e9 + np.arange(100.0)[:, None]
    fields = {"answer": truth + np.tile([[1.0], [-1.0]], (50, 1))}
    assert METRICS["number"]["r2"].value(truth, fields) == pytest.approx(1 - 100 / 83325.0)

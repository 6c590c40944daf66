"""Bounds, sums over parts, empty, single and one-class inputs of every metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.metrics import HEADLINE, METRICS, measure

UNIT = {"accuracy", "balanced_accuracy", "macro_f1", "auc", "average_precision", "coverage"}
CASES = [(kind, name) for kind, table in METRICS.items() for name in table]
UNORDERED = [(kind, name) for kind, name in CASES if name != "vus_pr"]  # rows follow in time
MEANS = [(kind, name) for kind, name in CASES if METRICS[kind][name].per_example]


WORDS = np.array(["the", "cat", "cats", "sat", "on", "a", "mat", "Ähre", ",", "."])


def sentence(generator: np.random.Generator) -> str:
    return " ".join(generator.choice(WORDS, generator.integers(0, 6)))


def example(kind: str, count: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    generator = np.random.default_rng(seed)
    if kind == "bytes":
        truth = generator.integers([1, 1], [3000, 500], (count, 2))
        return truth, {"nll": generator.gamma(2, 700, count)}
    if kind == "text":
        rows = [[sentence(generator) for _ in range(3)] for _ in range(count)]
        texts = np.array(rows, dtype=object).reshape(count, 3)
        return texts[:, :2], {"answer": texts[:, 2]}
    if kind == "number":
        numbers = generator.normal(size=(count, 2))
        answer = numbers + generator.normal(size=(count, 2))
        return numbers, {"answer": answer, "low": answer - 1, "high": answer + 1}
    if kind == "sample":
        views = [("features", "f4", (4,)), ("random", "f4", (3,))]
        held_out = np.zeros(count, dtype=views)
        held_out["features"], held_out["random"] = (
            generator.normal(size=(count, d)) for d in (4, 3)
        )
        drawn = {
            "features": held_out["features"][::-1] + 0.5,
            "random": held_out["random"][::-1] - 0.5,
        }
        return held_out, {
            **drawn,
            "agrees": drawn["random"][:, 0] > 0,
            "memorised": held_out["random"][:, 0] > 1,
        }
    if kind == "future":
        came = generator.normal(size=(count, 2, 3))
        ahead = came + generator.normal(size=came.shape)
        errors = generator.uniform(0.5, 2.0, (count, 2, 2))
        return came, {"answer": ahead, "low": ahead - 1, "high": ahead + 1, "errors": errors}
    if kind == "anomaly":
        score = generator.gamma(2, 1, count)
        return generator.integers(0, 2, count), {"answer": (score > 3).astype(int), "score": score}
    if kind in ("bits", "density", "values"):
        nats = generator.gamma(2, 50, count)
        nll = np.where(generator.random(count) < 0.5, np.nan, nats)
        error = generator.gamma(2, 0.1, count)
        return np.full((count, 1), 9), {"error": error, "elbo": nats + 1, "nll": nll}
    probability = generator.dirichlet(np.ones(3), count).reshape(count, 3)
    if kind == "labels":
        chosen = (probability > 0.5).astype(int)
        return generator.integers(0, 2, (count, 3)), {"answer": chosen, "probability": probability}
    fields = {"answer": probability.argmax(1), "probability": probability}
    return generator.integers(0, 3, count), fields


@settings(max_examples=30)
@given(count=st.integers(1, 40), seed=st.integers(0, 1000))
@pytest.mark.parametrize("kind", METRICS)
def test_values_stay_within_their_bounds(kind: str, count: int, seed: int) -> None:
    truth, fields = example(kind, count, seed)
    for name, value in measure(kind, truth, fields).items():
        assert np.isfinite(value), name
        low, high = METRICS[kind][name].limits
        assert low <= value <= high + 1e-9, name
        assert value <= 1 or name not in UNIT | {"r2", "expected_calibration_error"}, name
        assert value >= 0 or name in ("r2", "kid", "kid_random"), name


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
@pytest.mark.parametrize(("kind", "name"), UNORDERED)
def test_order_of_examples_does_not_matter(kind: str, name: str, seed: int) -> None:
    truth, fields = example(kind, 30, seed)
    order = np.random.default_rng(seed + 1).permutation(30)
    shuffled = {key: field[order] for key, field in fields.items()}
    metric = METRICS[kind][name]
    value = metric.value(truth, fields)
    assert metric.value(truth[order], shuffled) == pytest.approx(value, nan_ok=True, abs=1e-6)


@pytest.mark.parametrize(("kind", "name"), MEANS)
def test_terms_of_means_add_up_over_parts(kind: str, name: str) -> None:
    metric = METRICS[kind][name]
    assert metric.per_example is not None
    truth, fields = example(kind, 31, 0)
    parts = [slice(0, 7), slice(7, 31)]
    terms = [
        metric.per_example(truth[part], {key: field[part] for key, field in fields.items()})
        for part in parts
    ]
    total, count = sum(term.sum() for term in terms), sum(len(term) for term in terms)
    assert metric.value(truth, fields) == pytest.approx(total / count)


@pytest.mark.parametrize("kind", METRICS)
def test_no_examples_leave_every_metric_undefined(kind: str) -> None:
    truth, fields = example(kind, 0, 0)
    assert measure(kind, truth, fields) == {}


def test_one_class_leaves_ranking_undefined_and_the_rest_defined() -> None:
    truth, fields = np.zeros(4, int), example("category", 4, 0)[1]
    fields["probability"] = fields["probability"][:, :2]
    values = measure("category", truth, fields)
    assert "auc" not in values
    assert "average_precision" not in values
    assert {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"} <= set(values)


def test_an_absent_class_is_left_out_of_class_means() -> None:
    truth = np.array([0, 0, 1, 1])
    probability = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.4, 0.1]])
    values = measure(
        "category", truth, {"answer": probability.argmax(1), "probability": probability}
    )
    assert values["balanced_accuracy"] == pytest.approx(0.75)
    assert values["auc"] == pytest.approx(1.0)


def test_single_number_has_no_explained_variance() -> None:
    truth, fields = example("number", 1, 0)
    assert set(measure("number", truth, fields)) == {"rmse", "mse", "mae", "coverage"}


def test_metrics_without_their_field_are_left_out() -> None:
    truth, fields = example("category", 20, 0)
    assert set(measure("category", truth, {"answer": fields["answer"]})) == {
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
    }


def test_perfect_answers_reach_the_best_value() -> None:
    truth = np.array([0, 1, 2, 1])
    fields = {"answer": truth, "probability": np.eye(3)[truth]}
    values = measure("category", truth, fields)
    best = {name: 1.0 if METRICS["category"][name].higher else 0.0 for name in values}
    assert values == pytest.approx(best)


def test_every_kind_has_its_headline() -> None:
    assert all(HEADLINE[kind] in METRICS[kind] for kind in METRICS)

"""Judges of drawn pictures against cases worked by hand, and on crowds that differ as planted."""

import numpy as np
import pytest

from fathom.metrics import measure, prepared
from fathom.metrics.drawn import kernel_pairs, near, u_statistic

COUNT, WIDTH = 300, 12


def crowd(seed: int, *, shift: float = 0.0, count: int = COUNT) -> np.ndarray:
    source = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((10, WIDTH)) * 3
    return centres[source.integers(0, 10, count)] + source.standard_normal((count, WIDTH)) + shift


def truth(x: np.ndarray) -> np.ndarray:
    made = np.empty(len(x), dtype=[("features", "f4", (WIDTH,)), ("random", "f4", (WIDTH,))])
    made["features"] = made["random"] = x
    return made


def judged(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    fields = {
        "features": y,
        "random": y,
        "agrees": np.arange(len(y)) % 4 > 0,
        "memorised": np.arange(len(y)) < 3,
    }
    return measure("sample", truth(x), fields)


def test_the_kernel_distance_is_the_sum_over_pairs() -> None:
    x, y = crowd(1, count=6), crowd(2, count=6)

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(1 + a @ b / np.linalg.norm(a) / np.linalg.norm(b)) ** 3

    by_hand = np.mean(
        [
            k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i])
            for i in range(6)
            for j in range(6)
            if i != j
        ]
    )
    pairs = kernel_pairs(x, y)
    assert float(u_statistic(pairs)) == pytest.approx(by_hand, rel=1e-4)
    twice = float(u_statistic(pairs, np.full(6, 1.0)))
    assert twice == pytest.approx(by_hand, rel=1e-4)


def test_leaving_an_example_out_is_weight_zero() -> None:
    x, y = crowd(1, count=8), crowd(2, count=8)
    weight = np.ones(8)
    weight[3] = 0
    kept = weight > 0
    whole = u_statistic(kernel_pairs(x, y), weight)
    assert float(whole) == pytest.approx(
        float(u_statistic(kernel_pairs(x[kept], y[kept]))), rel=1e-4
    )


def test_density_and_coverage_by_hand() -> None:
    """Six directions on a circle; every ball reaches to the fifth, thus to all held-out ones."""
    angles = np.radians([0, 10, 20, 30, 40, 50])
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    y = np.stack([np.cos(np.radians([0, 180])), np.sin(np.radians([0, 180]))], axis=1)
    found = near({"features": x}, {"features": np.concatenate([y, y, y])})  # type: ignore[arg-type]
    assert found[0, 0] == pytest.approx(6 / 5)
    assert found[1, 0] == 0
    assert found[:, 1].tolist() == [1.0] * 6


def test_the_same_crowd_is_at_the_floor() -> None:
    found = judged(crowd(1), crowd(2))
    assert abs(found["kid"]) < 0.02
    assert found["coverage_k"] > 0.9
    assert found["density"] == pytest.approx(1.0, abs=0.15)
    assert found["label_agreement"] == 0.75
    assert found["memorisation"] == pytest.approx(0.01)


def test_each_planted_fault_moves_its_own_number() -> None:
    """A class dropped, copies of few, another law: far beyond what two draws differ by."""
    floors = [judged(crowd(1), crowd(seed)) for seed in range(2, 8)]
    spread = {name: np.std([floor[name] for floor in floors]) for name in floors[0]}
    usual = {name: np.mean([floor[name] for floor in floors]) for name in floors[0]}

    def moved(name: str, y: np.ndarray) -> float:
        away = abs(judged(crowd(1), y)[name] - float(usual[name]))
        return away / max(float(spread[name]), 1e-6)

    some = crowd(20)
    copies = some[np.random.default_rng(0).integers(0, 20, COUNT)]
    assert moved("coverage_k", copies) > 3
    assert moved("kid", crowd(21, shift=1.5)) > 3
    noise = np.random.default_rng(1).standard_normal((COUNT, WIDTH)) * 3
    assert moved("kid", noise) > 3
    assert moved("density", noise) > 3


def test_statistics_are_prepared_once() -> None:
    fields = prepared("sample", truth(crowd(1)), {"features": crowd(2), "random": crowd(2)})
    assert {"pairs", "random_pairs", "near"} <= set(fields)

"""VUS-PR against a slow computation from the paper's definition, and against cases by hand."""

import numpy as np
import pytest

from fathom.metrics.volume import BUFFERS, THRESHOLDS, softened, stretches, vus_pr


def slowly(truth: np.ndarray, score: np.ndarray, period: int) -> float:
    """Row by row and threshold by threshold, as Paparrizos et al. 2022 write it."""
    areas = []
    places = np.linspace(0, len(score) - 1, THRESHOLDS).astype(int)
    thresholds = sorted(score, reverse=True)
    lengths = sorted(set(np.linspace(0, period, min(BUFFERS, period + 1)).round().astype(int)))
    for length in map(int, lengths):
        soft = [float(value) for value in truth]
        for row, value in enumerate(truth):
            if value:
                continue
            total = 0.0
            for edge, other in enumerate(truth):
                outer = other and (
                    (edge > row and not truth[edge - 1])
                    or (edge < row and (edge + 1 == len(truth) or not truth[edge + 1]))
                )
                distance = abs(edge - row)
                if outer and 0 < distance <= length // 2:
                    total += float(np.sqrt(1 - distance / length))
            soft[row] = min(1.0, total)
        events: list[list[int]] = []
        for row, value in enumerate(soft):
            if value > 0 and (row == 0 or soft[row - 1] == 0):
                events.append([])
            if value > 0:
                events[-1].append(row)
        area, before = 0.0, 0.0
        for place in places:
            called = [value >= thresholds[place] for value in score]
            right = sum(value for value, one in zip(soft, called, strict=True) if one)
            found = sum(any(called[row] for row in event) for event in events) / len(events)
            recall = min(1.0, right / ((sum(truth) + sum(soft)) / 2)) * found
            area += (recall - before) * right / sum(called)
            before = recall
        areas.append(area)
    return float(np.mean(areas))


def series(seed: int, rows: int = 90) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = np.zeros(rows, dtype=np.int64)
    truth[20:28] = truth[31:33] = truth[60:66] = truth[rows - 2 :] = 1
    return truth, draw.normal(size=rows) + 1.5 * truth


@pytest.mark.parametrize("period", [0, 1, 7, 24])
def test_it_is_the_slow_definition(period: int) -> None:
    truth, score = series(period)
    fields = {"score": score, "buffer": np.full(len(score), period)}
    assert float(vus_pr(truth, fields)) == pytest.approx(slowly(truth, score, period), abs=1e-12)


def test_weights_repeat_blocks() -> None:
    """A block that counts twice gives what it gives alone where nothing else counts."""
    truth, score = series(3)
    fields = {"score": score, "buffer": np.full(len(score), 6)}
    once = vus_pr(truth, fields, np.ones((2, len(truth))))
    assert once == pytest.approx([float(vus_pr(truth, fields))] * 2)
    assert vus_pr(truth, fields, np.full((1, len(truth)), 3.0)) == pytest.approx(once[:1])


def test_labels_fall_off_on_both_sides() -> None:
    odd = np.array([False] * 4 + [True] + [False] * 4)
    soft = np.sqrt([1 - 2 / 4, 1 - 1 / 4])
    assert softened(odd, 4) == pytest.approx([0, 0, *soft, 1, *soft[::-1], 0, 0])
    assert stretches(odd) == [(4, 4)]


def test_right_alarms_without_a_buffer_are_worth_one() -> None:
    truth, _ = series(0)
    fields = {"score": truth.astype(float), "buffer": np.zeros(len(truth))}
    assert float(vus_pr(truth, fields)) == pytest.approx(1.0)


def test_without_anomalies_it_is_not_defined() -> None:
    fields = {"score": np.arange(5.0), "buffer": np.ones(5)}
    assert np.isnan(vus_pr(np.zeros(5, dtype=np.int64), fields))

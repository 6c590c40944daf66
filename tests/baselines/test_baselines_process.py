"""The real process: request folder in, ranked rivals out; parts, ends and repeats."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

from fathom.baselines import RivalRequest, load_rivals, run_rivals
from fathom.baselines.plan import part_order, train_within
from fathom.baselines.process import RESULT
from fathom.errors import RunError


def wine(**options: Any) -> RivalRequest:
    x, y = load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    parts: dict[str, Any] = {"train": order[:100], "valid": order[100:130], "test": order[130:]}
    return RivalRequest("category", 3, y, row=x.astype(np.float32), seconds=20, **parts, **options)


def test_rivals_are_ranked_on_validation_and_answer_both_parts(tmp_path: Path) -> None:
    request = wine()
    rivals = run_rivals(request, tmp_path)
    assert rivals.failure == ""
    assert {rival.name for rival in rivals.ranked} == {"guessing", "linear", "boosting"}
    values = [rival.value for rival in rivals.ranked]
    assert values == sorted(values, reverse=True)
    best = rivals.ranked[0]
    assert best.fields["test"]["probability"].shape == (48, 3)
    assert (best.fields["test"]["answer"] == request.target[request.test]).mean() > 0.9
    assert best.title == best.words
    assert json.loads((tmp_path / "result.json").read_text())["chosen"] == best.name
    again = load_rivals(tmp_path)
    assert (again.ranked[0].fields["test"]["answer"] == best.fields["test"]["answer"]).all()


def test_given_parts_repeat_the_answers_and_name_the_part(tmp_path: Path) -> None:
    request = wine(parts={"boosting": 60, "linear": 60, "guessing": 60})
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (run_rivals(request, tmp_path / name) for name in "ab")
    assert first.parts == {"boosting": 60, "linear": 60, "guessing": 60}
    assert first.ranked[0].title.endswith(" on 60 of 100 rows")
    for one, other in zip(first.ranked, second.ranked, strict=True):
        assert one.name == other.name
        assert (one.fields["test"]["probability"] == other.fields["test"]["probability"]).all()


def test_pictures_meet_their_own_methods(tmp_path: Path) -> None:
    digits = load_digits()
    images = (digits.images * 15).astype(np.uint8)[..., None]
    rows = np.arange(len(images))
    request = RivalRequest(
        "category", 10, digits.target, rows[:800], rows[800:1000], rows[1000:], image=images
    )
    rivals = run_rivals(request, tmp_path)
    assert rivals.failure == ""
    assert {rival.name for rival in rivals.ranked} == {"guessing", "linear", "neighbours", "kernel"}
    truth = digits.target[1000:]
    assert (rivals.ranked[0].fields["test"]["answer"] == truth).mean() > 0.9


def test_a_broken_request_is_told_not_raised(tmp_path: Path) -> None:
    request = wine()
    broken = RivalRequest(
        "category", 3, request.target[:5], request.train, request.valid, request.test, request.row
    )
    rivals = run_rivals(broken, tmp_path)
    assert rivals.ranked == ()
    assert "ended with code 1" in rivals.failure
    assert load_rivals(tmp_path).failure == rivals.failure


def test_a_child_without_a_parent_ends(tmp_path: Path) -> None:
    """A parent that is killed leaves no rival behind: the child notices and ends itself."""
    script = (
        "import subprocess, sys, time\n"
        "code = 'from fathom.baselines.__main__ import PARENT, _end_with; import os; "
        "print(os.getpid(), flush=True); _end_with(PARENT)'\n"
        "subprocess.Popen([sys.executable, '-c', code]).wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline().strip().isdigit()
    parent.kill()
    rest, _ = parent.communicate(timeout=120)  # ends when the child, too, has closed its output
    assert rest == b""


def test_parts_keep_the_shares_of_the_classes() -> None:
    target = np.repeat([0, 1, 2], [600, 390, 10])
    order = part_order(target, "category", seed=1)
    assert sorted(order) == list(range(1000))
    for size in (3, 50, 500):
        counts = np.bincount(target[order[:size]], minlength=3)
        assert counts.min() >= 1
        assert counts == pytest.approx(np.array([0.6, 0.39, 0.01]) * size, abs=2)


def test_numbers_are_drawn_at_random() -> None:
    order = part_order(np.zeros((100, 1)), "number", seed=1)
    assert sorted(order) == list(range(100))
    assert order.tolist() != list(range(100))


class Work:
    """A method whose clock ticks with the rows, so that plans can be tested without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds_per_row: float) -> None:
        self.now, self.cost, self.sizes = 0.0, seconds_per_row, list[int]()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def __call__(self, rows: int) -> tuple[np.ndarray, ...]:
        self.sizes.append(rows)
        self.now += rows * self.cost
        return (np.full(1, rows),)


@pytest.mark.parametrize("cost", [1e-6, 1e-4, 1e-3, 1e-2])
def test_plans_stay_within_their_seconds_and_use_most_of_them(
    monkeypatch: pytest.MonkeyPatch, cost: float
) -> None:
    work = Work(monkeypatch, cost)
    trained = train_within(work, 50_000, seconds=20)
    assert trained.rows == trained.answers[0][0] == work.sizes[-1]
    assert work.now <= 20 or len(work.sizes) == 1
    assert trained.rows == 50_000 or work.now > 8
    assert len(work.sizes) <= 3


def test_small_data_are_trained_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch, 1.0)
    assert train_within(work, 300, seconds=5).rows == 300
    assert work.sizes == [300]


@pytest.mark.parametrize("content", ["{", "[]", '{"rivals": [{"name": "../x", "fields": ["a"]}]}'])
def test_answers_that_do_not_read_are_told(tmp_path: Path, content: str) -> None:
    (tmp_path / RESULT).write_text(content)
    with pytest.raises(RunError, match="classical methods do not read"):
        load_rivals(tmp_path)

"""What is printed for people keeps every name readable."""

import json

import pytest

from fathom import api
from fathom.console import examples_table, finding_lines, number, show_inspection
from fathom.progress import JsonLines, progress_line
from fathom.train.listener import Tick


def test_many_columns_are_told_one_a_line_and_all_questions_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Thirty columns beside each other once left two letters of each name."""
    show_inspection(api.inspect("breast_cancer"))
    told = capsys.readouterr().out
    examples = told.split("Five examples")[1]
    for name in ("worst_fractal_dimension", "mean_radius"):
        assert name.replace("_", " ") in examples or name in examples
    assert "more columns" in told.split("What can be asked")[1]


def test_of_many_findings_about_one_subject_the_first_few_are_shown() -> None:
    """A folder of other files once filled 1,500 lines."""
    many = [
        {"severity": "set aside", "subject": "no picture", "place": f"{n}.csv", "reason": "It is "
         "no picture.", "remedy": "Remove it."}
        for n in range(30)
    ]  # fmt: skip
    note = {"severity": "note", "subject": "n", "place": "p", "reason": "R.", "remedy": ""}
    lines = finding_lines([*many, note])
    assert lines[0] == "set aside: no picture: 0.csv: It is no picture. Remove it."
    assert lines[5] == "set aside: no picture: 25 more; --json lists all of them"
    assert lines[6:] == ["note: n: p: R."]


def test_progress_tells_the_loss_of_validation_from_that_of_training() -> None:
    """Both were once called loss, in one line."""
    tick = Tick(update=8, updates=60, loss=2.29, left_s=10.0, metric="loss", value=1.402)
    assert progress_line(tick) == "update 8 of 60: loss 2.29, loss 1.402 on validation, 10 s left"


def test_programs_are_told_both_losses_and_what_happened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The loss of validation once stood in the place of that of training."""
    listener = JsonLines()
    listener.tick(Tick(8, 60, 2.29, "loss", 1.402, 10.0, "the decay begins"))
    listener.tick(Tick(9, 60, 2.28))
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "update": 8, "of": 60, "loss": 2.29, "metrics": {"loss": 1.402},
        "event": "the decay begins",
    }  # fmt: skip


def test_large_values_are_told_without_powers_of_ten() -> None:
    assert [number(v) for v in (8554.0, 12020.0, 0.8994, 1234567.0, None)] == [
        "8,554", "12,020", "0.8994", "1,234,567", "-",
    ]  # fmt: skip


def test_few_columns_stay_beside_each_other() -> None:
    rows = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert examples_table(rows).columns == ["a", "b"]
    wide = [{f"c{i}": str(i) for i in range(9)}] * 2
    assert examples_table(wide).columns == ["column", "1", "2"]

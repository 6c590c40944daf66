"""A changed plan is refused on resume, with the differences, unless it is accepted."""

import json
from pathlib import Path

import pytest

from fathom.errors import RunError
from fathom.train.vouching import begin, refuse_changes


@pytest.fixture
def run(tmp_path: Path) -> Path:
    recipe = json.dumps({"seed": 0, "training": {"rate": 1.0, "batch": 32}})
    begin(tmp_path, codecs=json.dumps({"a": 1, "b": 2}), split="[]", recipe=recipe)
    return tmp_path


def test_an_unchanged_run_goes_on(run: Path) -> None:
    refuse_changes(run, accept=False)


def test_a_changed_recipe_is_refused_with_its_differences(run: Path) -> None:
    edited = json.loads((run / "recipe.json").read_text())
    edited["training"]["rate"] = 2.0
    edited["extra"] = True
    (run / "recipe.json").write_text(json.dumps(edited))
    with pytest.raises(RunError, match=r"training\.rate: 1\.0 -> 2\.0; extra: None -> True"):
        refuse_changes(run, accept=False)
    refuse_changes(run, accept=True)


def test_another_order_of_columns_is_a_change(run: Path) -> None:
    (run / "codecs.json").write_text(json.dumps({"b": 2, "a": 1}))
    with pytest.raises(RunError, match="another order"):
        refuse_changes(run, accept=False)


def test_a_recipe_that_is_only_written_otherwise_is_none(run: Path) -> None:
    content = json.loads((run / "recipe.json").read_text())
    (run / "recipe.json").write_text(json.dumps(content, indent=4))
    refuse_changes(run, accept=False)

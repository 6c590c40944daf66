"""The schema of report.json: what runs write passes, what breaks the contract does not."""

import json
from importlib.resources import files
from typing import Any

import pytest
import stories
from jsonschema import Draft202012Validator

from fathom.metrics import METRICS


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads((files("fathom.report") / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", ["digits", "diabetes", "several_labels", "several_numbers"])
def test_reports_pass(validator: Draft202012Validator, name: str) -> None:
    validator.validate(getattr(stories, name)().report)


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {}},
        {"metrics": {"acuracy": stories.entry(0.5, 0.4, 0.6, 10)}},
        {"metrics": {"accuracy": {"value": 0.5}}},
        {"verdict": {"word": "great", "sentence": "It is great."}},
        {"cost": {"seconds": -1}},
        {"seed": "zero"},
        {"baseline": {"metrics": {}}},
    ],
)
def test_broken_reports_do_not(validator: Draft202012Validator, change: dict[str, Any]) -> None:
    assert not validator.is_valid({**stories.digits().report, **change})


def test_every_metric_we_have_is_named(validator: Draft202012Validator) -> None:
    names = set(validator.schema["$defs"]["metricName"]["enum"])
    assert {name for metrics in METRICS.values() for name in metrics} <= names

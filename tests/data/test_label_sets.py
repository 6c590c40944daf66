"""Cells that hold several labels each are told from names that hold a mark."""

import json
from pathlib import Path

import polars as pl
import pytest
from torch import Tensor

from fathom.data.check import check
from fathom.data.describe import describe
from fathom.data.fields import Limits
from fathom.data.kinds import plain
from fathom.data.label_sets import labels_of, separator_of
from fathom.data.sources import read
from fathom.data.targets import question
from fathom.tasks import TASKS


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["red|blue", "red", "blue", None], "|"),
        (["red; blue", "blue; green", "green", "red", "red; green"], ";"),
        (["red", "blue", "green"], None),
        (["Paris, France", "Lyon, France", "Rome, Italy"], None),
        (["a"] * 99 + ["a|b", "b"], None),  # one cell in a hundred
        ([], None),
    ],
)
def test_labels_are_fewer_than_the_sets_they_make(
    cells: list[str | None], expected: str | None
) -> None:
    assert separator_of(pl.Series(cells, dtype=pl.String)) == expected


def test_a_stored_list_of_nothing_is_not_unknown() -> None:
    cells = plain(pl.Series([["a", "b"], [], None, [3]], dtype=pl.List(pl.String), strict=False))
    assert cells.to_list() == ["a|b", "|", None, "3"]


def test_labels_are_named_once() -> None:
    assert labels_of(pl.Series(["b|a", "a", None, "|"]), "|") == ("a", "b")


def test_lists_of_tags_are_labels_and_an_empty_list_is_an_answer(tmp_path: Path) -> None:
    """Each combination was once a class of its own, and rows without a tag were set aside."""
    sets: list[list[str]] = [["sport"], ["money"], ["sport", "money"], []]
    rows = [{"size": n % 7 + 0.5, "tags": sets[n % 4]} for n in range(80)]
    path = tmp_path / "tags.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    table = read(str(path))
    assert question(table, ("tags",)) == "classification"
    asked = {one["target"]: one["classes"] for one in describe(table)["questions"]}
    assert asked == {"size": None, "tags": 2}
    assert not [f for f in check(table, ("tags",)) if f.subject in ("missing target", "rare class")]
    train = pl.Series(range(80)).to_numpy()
    fields = TASKS["classification"].fields(table, train, ("tags",), Limits(), train)
    codec = fields.target.codec
    assert codec.spec().kind == "labels"
    assert codec.spec().classes == ("money", "sport")
    bits = codec.encode([table["tags"]])["value"]
    assert isinstance(bits, Tensor)
    assert bits[:4].tolist() == [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    (line,) = TASKS["classification"].told(fields)
    assert "2 labels joined by '|' (money, sport)" in line

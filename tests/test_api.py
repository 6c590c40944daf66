"""The verbs in Python take the words of the command line, and say which they do not know."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fathom import api
from fathom.errors import OptionError
from fathom.train import Options


@pytest.mark.parametrize("verb", [api.train, api.augment, api.compare_families])
def test_every_verb_that_trains_names_the_option_that_was_meant(verb: Callable[..., Any]) -> None:
    with pytest.raises(OptionError, match="Did you mean 'family'"):
        verb("nowhere", famly="cnn")


def test_paths_and_numbers_are_taken_as_they_would_be_typed() -> None:
    stated: dict[str, Any] = {"out": Path("runs") / "a", "folds": 5, "test": Path("t.csv")}
    assert api.stated_options("y", 90, stated) == Options(
        target=("y",), budget_s=90.0, out=str(Path("runs") / "a"), folds="5", test="t.csv"
    )
    assert stated["folds"] == 5, "what was passed stays as it is"

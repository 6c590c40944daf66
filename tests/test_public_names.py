"""The names that `import fathom` offers, however they are reached."""

import subprocess
import sys

import pytest

import fathom


def test_verbs_stay_verbs_after_packages_of_the_same_name_were_imported() -> None:
    """`fathom.train` is a package too: importing it must not hide the verb."""
    import fathom.evaluate
    import fathom.train.journey

    for name in fathom.__all__:
        assert callable(getattr(fathom, name)), name
    assert fathom.train.__module__ == "fathom.api"
    assert fathom.evaluate.__module__ == "fathom.api"


def test_public_names_are_listed_and_cannot_be_set_by_mistake() -> None:
    assert sorted(dir(fathom)) == sorted(fathom.__all__)
    with pytest.raises(AttributeError):
        fathom.train = 3  # type: ignore[assignment]
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        fathom.trian  # type: ignore[attr-defined]  # noqa: B018


def test_the_package_imports_nothing_heavy() -> None:
    code = "import sys, fathom; print(sorted({'torch', 'polars', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_answer_does_not_wait_for_what_only_trains() -> None:
    """Statistics and classical methods take a second to import; `predict` needs none of them."""
    code = (
        "import sys, fathom.console, fathom.run; "
        "print(sorted({'scipy.stats', 'sklearn', 'fathom.train'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

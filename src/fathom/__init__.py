"""fathom: raw data to a trained, honestly measured network.

`fathom.train("photos/")` trains, `fathom.load("runs/photos")` loads, `run.predict("cat.jpg")`
answers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fathom.api import compare, evaluate, inspect, load, resume, samples, train
    from fathom.run import Run

__all__ = ["Run", "compare", "evaluate", "inspect", "load", "resume", "samples", "train"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import fathom` stays instant."""
    if name not in __all__:
        raise AttributeError(f"module 'fathom' has no attribute {name!r}")
    module = import_module("fathom.run" if name == "Run" else "fathom.api")
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__

"""fathom: raw data to a trained, honestly measured network.

`fathom.train("photos/")` trains, `fathom.load("runs/photos")` loads, `run.predict("cat.jpg")`
answers.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fathom.api import augment, compare, evaluate, inspect, load, resume, samples, train
    from fathom.run import Run

__all__ = ["Run", "augment", "compare", "evaluate", "inspect", "load", "resume", "samples", "train"]


class _Public:
    """A public name, imported when it is first used, so that `import fathom` stays instant.

    It wins over a sub-package of the same name: importing `fathom.train` or `fathom.evaluate`, as
    every verb does, would otherwise put the package in the place of the verb.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, package: object, owner: object = None) -> Any:
        place = "fathom.run" if self.name == "Run" else "fathom.api"
        return getattr(import_module(place), self.name)

    def __set__(self, package: object, value: object) -> None:
        if not isinstance(value, ModuleType):
            raise AttributeError(f"fathom.{self.name} cannot be set")


class _Package(ModuleType):
    """The type of this package."""

    def __dir__(self) -> list[str]:
        return __all__


for _name in __all__:
    setattr(_Package, _name, _Public(_name))
sys.modules[__name__].__class__ = _Package

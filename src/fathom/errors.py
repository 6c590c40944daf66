"""What a user did that cannot work, told as: what, where, found, do this."""

from collections.abc import Iterable
from difflib import get_close_matches

from fathom.visible import visible


class FathomError(Exception):
    """A problem the user can mend; the command line prints it in one message and exits with `code`.

    `what` is a full sentence, `remedy` starts with a verb; `where` names a file, row, column or
    option.
    """

    code = 2

    def __init__(self, what: str, *, remedy: str, where: str = "", found: str = "") -> None:
        super().__init__(what, remedy, where, found)
        self.what = what
        self.remedy = remedy
        self.where = where
        self.found = found

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        found = f" Found: {self.found}." if self.found else ""
        return visible(f"{place}{self.what}{found} {self.remedy}")


class DataError(FathomError):
    """The raw data cannot be used as they are."""


class OptionError(FathomError):
    """An option, name or argument does not fit."""

    @classmethod
    def unknown(cls, thing: str, name: str, known: Iterable[str]) -> "OptionError":
        """No `thing` is called `name`; the nearest known name is suggested first."""
        known = list(known)
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        remedy = (
            f"Did you mean {near[0]!r}? There are: {listed}." if near else f"Use one of: {listed}."
        )
        return cls(f"There is no {thing} {name!r}.", remedy=remedy)


class RunError(FathomError):
    """A run folder is missing, damaged, changed, or of another kind than asked for."""


class ResourceError(FathomError):
    """The machine ran out of disk or memory, or training cannot go on; what was saved is intact."""

    code = 1

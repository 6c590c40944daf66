"""What the user states about how a source is read, and what a format answers to a path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fathom.data.sources.raw import Raw
from fathom.data.table import Kind


@dataclass(frozen=True)
class ReadOptions:
    """Facts about the source; none is needed where the source speaks for itself.

    as_format: a name in `FORMATS`; kinds: column name to kind; missing: further marks of a missing
    value; test: path of a given test part; pattern: "{digit}_{speaker}_{n}" makes columns of file
    names; required: columns without which a source is refused; inner: what "#" chose inside a
    file or folder: a table, a sheet, two languages; by_line: whether each
    line of a text file is a text, None: as the lines look; task, horizon: what is asked of rows
    that follow each other in time; known: series that a run has learnt, kept where they stand
    still.
    """

    as_format: str | None = None
    target: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    test: str | None = None
    pattern: str | None = None
    required: tuple[str, ...] = ()
    inner: str = ""
    by_line: bool | None = None
    task: str | None = None
    horizon: int | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A format's word that it can read a path, with the reason.

    whole: a folder whose files are one source together and mean nothing alone.
    """

    format: str
    reason: str
    whole: bool = False


class Format(Protocol):
    """A module that reads one raw format."""

    def claims(self, path: Path) -> Claim | None:
        """Say whether this format can read the path; cheap, never raises for odd content."""
        ...

    def read(self, path: Path, options: ReadOptions) -> Raw:
        """Read every record; raises DataError when nothing can be read."""
        ...

"""What a user may state: facts about the question, and a few choices; nothing here is needed."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from fathom.data.fields import Limits
from fathom.data.sources import ReadOptions
from fathom.data.table import Kind
from fathom.errors import OptionError
from fathom.networks.registry import CELLS, NETWORKS
from fathom.recipe import Given, Recipe
from fathom.visible import decodable

UNITS = {"s": 1, "m": 60, "h": 3600}
BEFORE_RECIPE = {".lock", "codecs.json", "folds", "rival", "split.json"}


@dataclass(frozen=True)
class Options:
    """The words of `fathom train`, the same in Python and on the command line.

    network: the backbone, where the family says what is learnt; code: numbers of a code; normal:
    the value of the target that clean rows have. folds: a number, or the column that names each
    row's fold; budget_s: a ceiling for the whole
    command in seconds; updates: an exact number instead of what fits the budget; out: the run
    folder; horizon: rows ahead that are forecast; extract: whether summaries are taken from their
    texts (None: as the data ask for it); cell: of a recurrent network; cache: where decoded data
    are kept, None for the usual place.
    """

    target: tuple[str, ...] = ()
    task: str | None = None
    family: str | None = None
    network: str | None = None
    code: int | None = None
    normal: str | None = None
    budget_s: float = 300.0
    updates: int | None = None
    seed: int = 0
    out: str | None = None
    test: str | None = None
    split: str | None = None
    group: str | None = None
    folds: str | None = None
    time: str | None = None
    horizon: int | None = None
    as_format: str | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    pattern: str | None = None
    extract: bool | None = None
    cell: str | None = None
    cache: str | None = None

    def reading(self) -> ReadOptions:
        """The part that says how the source is read."""
        return ReadOptions(
            as_format=self.as_format,
            target=self.target,
            kinds=self.kinds,
            missing=self.missing,
            test=self.test,
            pattern=self.pattern,
            task=self.task,
            horizon=self.horizon,
        )

    def limits(self) -> Limits:
        """What the fields may depend on besides the data."""
        return Limits(
            seconds=self.budget_s,
            family=self.family or "",
            code=self.code or 0,
            normal=self.normal or "",
            kinds=self.kinds,
            extract=self.extract,
        )

    def settled(self) -> "Options":
        """The same with the family that has the cell asked for; raises where a family has none."""
        if self.cell is None:
            return self
        if self.family is not None and self.family in NETWORKS and self.family not in CELLS:
            raise OptionError(
                f"The family {self.family!r} has no recurrent cell.",
                found=f"--cell {self.cell}",
                remedy=f"Leave --cell out, or use --family {' or '.join(CELLS)}.",
            )
        fitting = [family for family, cells in CELLS.items() if self.cell in cells]
        if not fitting:
            known = [cell for cells in CELLS.values() for cell in cells]
            raise OptionError.unknown("cell", self.cell, known)
        return replace(self, family=self.family or fitting[0])

    def facts(self, horizon: int | None = None) -> Given:
        """What a resumed run needs to read the same data in the same way.

        horizon: the one that was chosen where none was asked for.
        """
        named = asdict(self) | {"horizon": horizon}
        return Given.model_validate({name: named[name] for name in Given.model_fields})

    @classmethod
    def from_facts(cls, facts: Given) -> "Options":
        """The options that a recipe holds."""
        return cls(**facts.model_dump())

    @classmethod
    def from_recipe(cls, recipe: Recipe, *, out: str | None, cache: str | None) -> "Options":
        """The options that ask for a recipe's training again, in another place."""
        return replace(
            cls.from_facts(recipe.data.options),
            target=recipe.data.targets,
            task=recipe.task,
            family=recipe.family,
            network=lead_network(recipe),
            code=code_of(recipe),
            budget_s=recipe.budget_s,
            updates=recipe.training.updates,
            seed=recipe.seed,
            out=out,
            cache=cache,
        )


def lead_network(recipe: Recipe) -> str | None:
    """The backbone of a recipe whose family is none."""
    networks = list(recipe.network.values())
    return None if recipe.family in networks else networks[0]


def code_of(recipe: Recipe) -> int | None:
    """The numbers of a code of a recipe that has one."""
    sizes = [int(size["code"]) for size in recipe.size.values() if "code" in size]
    return sizes[0] if sizes else None


def seconds(text: str | float) -> float:
    """A budget such as "90s", "5m", "1h", "1h30m" or a number of seconds."""
    if isinstance(text, (int, float)):
        total = float(text)
    else:
        parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text.strip().lower())
        plain = re.fullmatch(r"\d+(\.\d+)?", text.strip())
        whole = "".join(number + unit for number, unit in parts) == text.strip().lower()
        if not plain and not (parts and whole):
            raise OptionError(
                "The budget does not read.",
                found=repr(text),
                remedy="Write it as 90s, 5m, 1h or 1h30m.",
            )
        total = float(text) if plain else sum(float(n) * UNITS[unit] for n, unit in parts)
    if not 1 <= total <= 30 * 24 * 3600:
        raise OptionError(
            "The budget must be between 1 second and 30 days.",
            found=repr(text),
            remedy="Write it as 90s, 5m, 1h or 1h30m.",
        )
    return total


class Clock:
    """The budget's clock; it is asked for the last time before the first update."""

    def __init__(self, budget_s: float, started: float | None = None) -> None:
        self.budget_s = budget_s
        self.started = time.perf_counter() if started is None else started

    @property
    def spent_s(self) -> float:
        """Seconds since the command began."""
        return time.perf_counter() - self.started

    @contextmanager
    def outside(self) -> Iterator[None]:
        """What happens in here is not counted."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.started += time.perf_counter() - begun

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left; negative when it is overdrawn."""
        return self.budget_s - self.spent_s


def holds_nothing(folder: Path) -> bool:
    """Whether a folder is empty but for what a training leaves that was killed before its
    recipe.
    """
    return {path.name for path in folder.iterdir()} <= BEFORE_RECIPE


def free_folder(asked: str | None, source: str) -> Path:
    """Where the run goes: the folder asked for, or the first free `runs/NAME`, `runs/NAME-2`,
    ...
    """
    if asked is not None:
        folder = Path(asked)
        if decodable(asked) != asked:
            raise OptionError(
                "The name of the run folder is not UTF-8.",
                found=asked,
                remedy="Choose another --out.",
            )
        if folder.exists() and not (folder.is_dir() and holds_nothing(folder)):
            raise OptionError(
                f"The folder {asked!r} is there already and is not empty.",
                remedy="Choose another --out, or go on with: fathom resume RUN.",
            )
        return folder
    stem = re.sub(r"[^\w.-]+", "-", Path(source.rstrip("/")).stem or "run").strip("-.") or "run"
    number = 1
    while True:
        folder = Path("runs") / (stem if number == 1 else f"{stem}-{number}")
        if not folder.exists():
            return folder
        number += 1

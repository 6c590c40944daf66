"""Pictures of classes to the same with drawn ones added, and to what a classifier gains by them.

A generator learns from the training part alone. What it draws joins that part, marked; the test
part stays as it is and tells whether a classifier that also saw drawn pictures is better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fathom.data.filling import FEWEST, wanted
from fathom.errors import DataError, OptionError, RunError
from fathom.evaluate.gain import Gain
from fathom.run import Run, load
from fathom.run_folder import SPLIT, write_json
from fathom.train.adding import Added, left_out, of_class, orders
from fathom.train.augmented_folder import PICTURES, write
from fathom.train.gaining import measured
from fathom.train.journey import train
from fathom.train.listener import Listener
from fathom.train.options import Options, free_folder
from fathom.train.prepare import Prepared, prepare

SHARE = 0.45  # of the budget for the generator; the rest is reading, writing and two classifiers
REPORT = "augment.json"
LEAST_S = 5.0


@dataclass(frozen=True)
class Wish:
    """What is to be added: by a finished run, to one class, so many to each; and how many pairs of
    classifiers tell what it gained.
    """

    run: str | None = None
    only: str | None = None
    count: int | None = None
    rounds: int = 3


def augment(
    source: str,
    options: Options = Options(),  # noqa: B008 - frozen
    wish: Wish = Wish(),
    listener: Listener | None = None,
) -> dict[str, Any]:
    """Write the augmented folder and return what was added and what it gained, JSON-able."""
    listener = listener or Listener()
    refuse(wish)
    given = None if wish.run is None else generator_of(wish.run)
    if given is not None:
        options = replace(options, split=str(given.folder / SPLIT))
    asked = replace(options, task="classification", family=None, updates=None)
    prepared = prepare(source, asked, listener)
    refuse_data(prepared, given)
    counts = by_class(prepared)
    more = wanted(counts, only=wish.only, count=wish.count)
    tell_wanted(counts, more, source, listener)
    place = free_folder(options.out, f"{source.rstrip('/')}-augmented")
    place.mkdir(parents=True, exist_ok=True)
    write_json(place / SPLIT, prepared.split.to_json())
    run = given or generator(source, prepared, options, place, listener)
    asked_for = orders(run, more, listener, options.cache)
    added = [of_class(one, run, more[one.name], listener) for one in asked_for]
    total = sum(len(one.pixels) for one in added)
    if not total:
        raise DataError(
            "Nothing that was drawn is fit to be added.",
            where=str(place),
            found="; ".join(left_out(one) for one in added),
            remedy="Bring more pictures of each class, or give a larger --budget.",
        )
    write(place, prepared, added)
    listener.say(f"{total:,} drawn pictures are added to the training part in {place / PICTURES}")
    found, runs = measured(place, options, wish.rounds, listener)
    report = told(source, run, added, found, runs, counts)
    write_json(place / REPORT, report)
    return report | {"folder": str(place)}


def refuse(wish: Wish) -> None:
    """Raise OptionError for what cannot be done."""
    if wish.count is not None and not 1 <= wish.count <= 20_000:
        raise OptionError(
            "So many pictures of a class cannot be added.",
            found=f"{wish.count:,}",
            remedy="Ask for 1 to 20,000.",
        )
    if not 1 <= wish.rounds <= 20:
        raise OptionError(
            "So many rounds cannot be held.", found=str(wish.rounds), remedy="Ask for 1 to 20."
        )


def generator_of(folder: str) -> Run:
    """A finished run that draws by class."""
    run = load(folder)
    if not run.items or not run.classes or run.recipe.decoding.get("judged") is None:
        raise OptionError(
            "This run draws no classes.",
            where=folder,
            found=f"{run.recipe.task} by {run.recipe.family}",
            remedy="Train one: fathom train DATA --family diffusion; or leave out --run.",
        )
    return run


def refuse_data(prepared: Prepared, run: Run | None) -> None:
    """Raise where the data are no pictures of classes, or not those the generator learned from."""
    kinds = [spec.kind for spec in prepared.input_specs.values()]
    if kinds != ["image"]:
        raise OptionError(
            "Only pictures of classes can be added to.",
            where=str(prepared.table.path),
            found=", ".join(sorted(set(kinds))),
            remedy="Name a folder with one folder of pictures a class.",
        )
    if run is not None and run.recipe.data.fingerprint != prepared.table.fingerprint:
        raise RunError(
            "The generator learned from other data, perhaps from pictures that are held out here.",
            where=str(run.folder),
            remedy="Name the data it was trained with, or leave out --run.",
        )


def by_class(prepared: Prepared) -> dict[str, int]:
    """Training pictures of each class."""
    truth = prepared.truth(prepared.rows("train"))
    counts = np.bincount(truth, minlength=len(prepared.classes))
    return dict(zip(prepared.classes, counts.tolist(), strict=True))


def tell_wanted(
    counts: Mapping[str, int], more: Mapping[str, int], source: str, listener: Listener
) -> None:
    """Say what is to be added, and to which classes nothing can be; raises where to none."""
    few = [name for name, own in counts.items() if own < FEWEST]
    if few:
        listener.say(
            f"nothing is added to {', '.join(few)}: fewer than {FEWEST} training pictures, which "
            "drawn ones would only repeat"
        )
    if not more:
        raise DataError(
            "No class has enough training pictures to learn to draw it.",
            where=source,
            remedy=f"Bring at least {FEWEST} for training of each class.",
        )
    listed = ", ".join(f"{n:,} of {name} ({counts[name]:,})" for name, n in more.items())
    listener.say(f"to be drawn, beside the training pictures in brackets: {listed}")


def generator(
    source: str, prepared: Prepared, options: Options, place: Path, listener: Listener
) -> Run:
    """A diffusion network trained on the training part of the classifier's own split."""
    own = replace(
        options,
        task="generation",
        family=options.family or "diffusion",
        target=prepared.targets,
        split=str(place / SPLIT),
        budget_s=max(LEAST_S, SHARE * options.budget_s),
        out=str(place / "generator"),
    )
    return train(source, own, listener)


def told(
    source: str,
    run: Run,
    added: Sequence[Added],
    found: Gain,
    runs: Mapping[str, list[str]],
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The report of an augmentation."""
    total = sum(len(one.pixels) for one in added)
    seconds = run.report["cost"]["seconds"]
    return {
        "source": source,
        "sentence": found.sentence(total),
        "cost": f"The generator took {seconds:.0f} s; both classifiers of a round had equal time. "
        "Whether plain copies of the small classes' own pictures do as much was not tried.",
        "gain": asdict(found),
        "classes": [
            {
                "name": one.name,
                "training": counts[one.name],
                "drawn": len(one.pixels),
                "repeated": one.repeated,
                "mistaken": one.mistaken,
            }
            for one in added
        ],
        "generator": str(run.folder),
        "generator_seconds": seconds,
        "size": list(added[0].pixels.shape[1:]),
        "runs": dict(runs),
    }

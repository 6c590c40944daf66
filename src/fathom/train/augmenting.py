"""Pictures of classes to the same with drawn ones added, and to what a classifier gains by them.

A generator learns from the training part alone. What it draws joins that part, marked; the test
part stays as it is and tells whether a classifier that also saw drawn pictures is better.
"""

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fathom.data.filling import FEWEST, wanted
from fathom.data.sources import read
from fathom.data.split import Split
from fathom.errors import DataError, OptionError, RunError
from fathom.evaluate.gain import Gain, gain
from fathom.folders import read_json
from fathom.pictures_out import SHEET, chosen, drawn, image, sheet
from fathom.run import SPLIT, Run, load, write_json
from fathom.train.journey import train
from fathom.train.listener import Listener
from fathom.train.measure import stored
from fathom.train.options import Clock, Options, free_folder
from fathom.train.prepare import Prepared, prepare, prepared_again
from fathom.train.sampling import Outside, Sitting
from fathom.train.understanding import reopened

GENERATOR_SHARE, CLASSIFIER_SHARE = 0.45, 0.45  # of the budget; the rest is reading and writing
TRIES = 3  # times as many are drawn as are wished for, at most
SHOWN = 100
PICTURES, REPORT, LIST = "pictures", "augment.json", "drawn.csv"
MARK = "drawn-"
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


@dataclass(frozen=True)
class Added:
    """Drawn pictures (n, H, W, C) of a class, and how many were not good enough.

    near: the nearest training picture of each; ratio: how much nearer than the second.
    """

    name: str
    pixels: np.ndarray
    near: Sequence[str]
    ratio: np.ndarray
    repeated: int
    mistaken: int


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
    added = [of_class(one, run, more[one.name], listener) for one in artists(run, more, listener)]
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
    if not run.draws or not run.classes or run.recipe.decoding.get("judged") is None:
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
        budget_s=max(LEAST_S, GENERATOR_SHARE * options.budget_s),
        out=str(place / "generator"),
    )
    return train(source, own, listener)


@dataclass(frozen=True)
class Artist:
    """A class to be drawn, and all that looks at what is drawn."""

    name: str
    number: int
    sitting: Sitting


def artists(run: Run, more: Mapping[str, int], listener: Listener) -> list[Artist]:
    """One for each class that is to grow, all with the same judge."""
    recipe, member = run.recipe, run.members[0]
    understood = reopened(recipe, None, Listener(), accept=False)
    split = Split.from_json(read_json(run.folder / SPLIT), recipe.data.rows)
    prepared = prepared_again(understood, split, member.fields)
    judge = Outside(Clock(recipe.budget_s), listener).judge(prepared, recipe)
    sitting = Sitting(recipe, member.objective, prepared, judge)
    return [
        Artist(name, number, sitting) for number, name in enumerate(run.classes, 1) if name in more
    ]


def of_class(artist: Artist, run: Run, count: int, listener: Listener) -> Added:
    """Pictures of a class that the judge takes for it and that repeat no training picture."""
    member, sitting = run.members[0], artist.sitting
    options = chosen(member, {"wish": artist.name})
    pixels = drawn(member, min(TRIES * count, 60_000), seed=run.recipe.seed + 1, options=options)
    crowd = sitting.crowd(pixels, np.full(len(pixels), artist.number))
    repeated = crowd.nearest.repeats
    mistaken = ~crowd.fields.get("agrees", np.ones(len(pixels), dtype=bool))
    kept = np.flatnonzero(~repeated & ~mistaken)[:count]
    near = crowd.nearest.row[kept]
    added = Added(
        artist.name,
        pixels[kept],
        [sitting.prepared.table.origin(int(row)) for row in near],
        crowd.nearest.ratio[kept],
        int(repeated.sum()),
        int((mistaken & ~repeated).sum()),
    )
    if len(kept) < count:
        listener.say(f"{left_out(added)}: {len(kept):,} instead of {count:,} are added")
    return added


def left_out(one: Added) -> str:
    """How many pictures of a class were drawn in vain, and why."""
    return (
        f"{one.name}: {one.repeated:,} nearly repeat a training picture, {one.mistaken:,} look "
        "like another class"
    )


def write(place: Path, prepared: Prepared, added: Sequence[Added]) -> None:
    """The originals byte for byte by part and class, the drawn beside the training pictures."""
    table = prepared.table
    (name,) = (column.name for column in table if column.name in prepared.fields.input_columns)
    pictures = table[name].values
    folders = folder_names(prepared.classes)
    for part in ("train", "valid", "test"):
        rows = prepared.rows(part)
        for row, truth in zip(rows.tolist(), prepared.truth(rows).tolist(), strict=True):
            folder = place / PICTURES / part / folders[prepared.classes[truth]]
            folder.mkdir(parents=True, exist_ok=True)
            origin = table.path / table.origin(row)
            if table.source == "folder" and origin.is_file():
                shutil.copyfile(origin, folder / f"{row:06}-{origin.name}")
            else:
                image(pictures[row]).save(folder / f"{row:06}.png")
    with (place / LIST).open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(("file", "class", "nearest_training_picture", "ratio"))
        for one in added:
            for number, picture in enumerate(one.pixels):
                to = Path("train") / folders[one.name] / f"{MARK}{number:05}.png"
                (place / PICTURES / to.parent).mkdir(parents=True, exist_ok=True)
                image(picture).save(place / PICTURES / to)
                lines.writerow((to, one.name, one.near[number], f"{one.ratio[number]:.3f}"))
    some = [one.pixels[: max(1, SHOWN // len(added))] for one in added]
    image(sheet(np.concatenate(some))).save(place / SHEET)


def folder_names(classes: Sequence[str]) -> dict[str, str]:
    """A name for the folder of each class: its own, without what a path cannot hold."""
    plain = {one: one.replace("/", "-").replace("\0", "").lstrip(".") or "-" for one in classes}
    taken = list(plain.values())
    return {
        one: name if taken.count(name) == 1 else f"{name}-{place}"
        for place, (one, name) in enumerate(plain.items())
    }


def measured(
    place: Path, options: Options, rounds: int, listener: Listener
) -> tuple[Gain, dict[str, list[str]]]:
    """Pairs of classifiers, alike but for the drawn pictures, on the same test part."""
    source = str(place / PICTURES)
    splits = two_splits(place)
    seconds = max(LEAST_S, CLASSIFIER_SHARE * options.budget_s / (2 * rounds))
    right: dict[str, list[np.ndarray]] = {name: [] for name in splits}
    runs: dict[str, list[str]] = {name: [] for name in splits}
    truth = np.zeros(0, dtype=np.int64)
    for turn in range(rounds):
        for name, file in splits.items():
            listener.say(f"classifier {name} drawn pictures, round {turn + 1} of {rounds}")
            own = Options(
                task="classification",
                budget_s=seconds,
                updates=options.updates,
                seed=options.seed + turn,
                split=str(file),
                out=str(place / "classifiers" / f"{name}-{turn + 1}"),
                cache=options.cache,
            )
            run = train(source, own, Listener())
            answers = stored(run)
            truth = answers.truth
            right[name].append(answers.fields["answer"] == truth)
            runs[name].append(str(run.folder))
    without, added = (np.stack(right[name]) for name in ("without", "with"))
    return gain(truth, without, added, seed=options.seed), runs


def two_splits(place: Path) -> dict[str, Path]:
    """Files of parts of the augmented folder: the drawn pictures unused, and trained on."""
    table = read(str(place / PICTURES))
    origins = [Path(table.origin(row)) for row in range(len(table))]
    files = {}
    for name, part in (("without", "unused"), ("with", "train")):
        parts = [part if own.name.startswith(MARK) else own.parts[0] for own in origins]
        files[name] = place / f"split-{name}.json"
        files[name].write_text(json.dumps(parts), encoding="utf-8")
    return files


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

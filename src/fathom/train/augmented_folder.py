"""Originals and drawn pictures to one folder by part and class, and to two files of its parts."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fathom.data.sources import read
from fathom.drawn.pictures import SHEET, image, sheet
from fathom.train.adding import Added
from fathom.train.prepare import Prepared

SHOWN = 100
PICTURES, LIST = "pictures", "drawn.csv"
MARK = "drawn-"


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

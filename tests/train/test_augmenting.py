"""Pictures of unlike classes to a folder with drawn ones added, a measured gain, and refusals."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import fathom
from fathom.errors import FathomError, OptionError
from fathom.train.augmented_folder import folder_names

SIDE = 10
COUNTS = {"lying": 60, "standing": 30, "odd": 3}


def bar(source: np.random.Generator, kind: str) -> Image.Image:
    """A bright bar on dark ground, lying or standing; noise for the odd ones."""
    picture = source.integers(0, 40, (SIDE, SIDE), dtype=np.uint8)
    place = int(source.integers(1, SIDE - 2))
    picture[place : place + 2] = 220
    return Image.fromarray(picture if kind == "lying" else picture.T)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder of pictures, some larger and in colour, and what augmenting it left."""
    folder = tmp_path_factory.mktemp("augmenting")
    source = np.random.default_rng(0)
    for kind, count in COUNTS.items():
        (folder / "bars" / kind).mkdir(parents=True)
        for number in range(count):
            picture = bar(source, kind)
            if number % 9 == 0:
                picture = picture.resize((SIDE + 3, SIDE)).convert("RGB")
            picture.save(folder / "bars" / kind / f"{number:03}.png")
    return folder


def augmented(place: Path, name: str, **words: Any) -> dict[str, Any]:
    return fathom.augment(
        place / "bars", budget="20s", updates=8, rounds=1, out=str(place / name),
        cache=str(place / "cache"), **words,
    )  # fmt: skip


def test_drawn_pictures_join_the_training_part_alone(place: Path) -> None:
    try:
        found = augmented(place, "out", wish="lying", count=2)
    except FathomError as error:  # after eight updates nothing may be fit to be added
        assert "fit to be added" in str(error)
        return
    drawn = list((place / "out" / "pictures").rglob("drawn-*"))
    assert {path.parent.relative_to(place / "out" / "pictures").as_posix() for path in drawn} == {
        "train/lying"
    }
    originals = sorted((place / "bars").rglob("*.png"))
    kept = [p for p in (place / "out" / "pictures").rglob("*.png") if p not in drawn]
    assert sorted(p.read_bytes() for p in kept) == sorted(p.read_bytes() for p in originals)
    with (place / "out" / "drawn.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(drawn)
    assert "held-out pictures" in str(found["sentence"])


def test_what_cannot_be_augmented_is_told(place: Path) -> None:
    with pytest.raises(OptionError, match=r"odd.*too few training pictures"):
        augmented(place, "odd", wish="odd")
    with pytest.raises(OptionError, match="lying"):
        augmented(place, "unknown", wish="lyin")
    with pytest.raises(FathomError, match="pictures of classes"):
        fathom.augment("iris", out=str(place / "iris"))
    with pytest.raises(OptionError, match="1 to"):
        augmented(place, "many", count=10**9)
    with pytest.raises(FathomError, match="no run folder"):
        augmented(place, "run", run=str(place / "nowhere"))
    assert not any((place / name).exists() for name in ("odd", "unknown", "iris", "many", "run"))


def test_classes_that_no_folder_can_be_called_keep_apart() -> None:
    assert folder_names(("a/b", "a-b", "..")) == {"a/b": "a-b-0", "a-b": "a-b-1", "..": "-"}

"""Folders of pictures as people have them, odd names, links and strangers included."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fathom.data.pictures import Pictures
from fathom.data.sources import ReadOptions, claims, read
from fathom.data.store import Store
from fathom.data.table import Table
from fathom.errors import DataError, OptionError


def picture(path: Path, level: int = 0, size: tuple[int, int] = (6, 5)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((*size, 3), level, dtype=np.uint8)
    Image.fromarray(pixels).save(path, "PNG")
    return path


def labels(table: Table) -> list[str | None]:
    return table["label"].series.to_list()


def subjects(table: Table) -> list[str]:
    return sorted(finding.subject for finding in table.findings)


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    for name in ("rose", "tulip"):
        for number in range(3):
            picture(tmp_path / name / f"{number}.png", number)
    return tmp_path


def test_a_folder_a_class(flowers: Path) -> None:
    table = read(str(flowers))
    assert table.source == "folder"
    assert table.target == "label"
    assert labels(table) == ["rose"] * 3 + ["tulip"] * 3
    assert table.origins[0] == "rose/0.png"
    assert table.parts is None
    assert isinstance(table["image"].values, Pictures)
    assert table["image"].values[1].max() == 1


@pytest.mark.parametrize("words", [("train", "test"), ("Training", "TESTING"), ("train", "t10k")])
def test_parts_above_the_classes(tmp_path: Path, words: tuple[str, str]) -> None:
    for word in words:
        picture(tmp_path / word / "cat" / "1.png")
        picture(tmp_path / word / "dog" / "1.png", 9)
    table = read(str(tmp_path))
    assert table.parts == ("train", "train", "test", "test")
    assert labels(table) == ["cat", "dog", "cat", "dog"]


def test_three_parts_come_in_order_and_strangers_are_told(tmp_path: Path) -> None:
    for word in ("val", "test", "train"):
        picture(tmp_path / word / "cat" / "1.png")
    picture(tmp_path / "more" / "cat" / "1.png")
    table = read(str(tmp_path))
    assert table.parts == ("train", "valid", "test")
    assert table.origins == ("train/cat/1.png", "val/cat/1.png", "test/cat/1.png")
    assert "outside the parts" in subjects(table)


def test_classes_that_happen_to_be_called_train_are_classes(tmp_path: Path) -> None:
    for name in ("train", "bus"):
        picture(tmp_path / name / "1.png")
    table = read(str(tmp_path))
    assert table.parts is None
    assert labels(table) == ["bus", "train"]


def test_wrapping_folders_are_passed_and_deep_ones_belong_to_their_class(tmp_path: Path) -> None:
    picture(tmp_path / "data" / "images" / "cat" / "1.png")
    picture(tmp_path / "data" / "images" / "dog" / "old" / "1.png")
    table = read(str(tmp_path))
    assert labels(table) == ["cat", "dog"]
    assert "nested folders" in subjects(table)


def test_strangers_broken_and_hidden_files_are_told(flowers: Path) -> None:
    (flowers / "rose" / "notes.txt").write_text("a text")
    (flowers / "rose" / "empty.png").write_bytes(b"")
    (flowers / "tulip" / "text.jpg").write_text("no picture at all")
    picture(flowers / ".thumbnails" / "1.png")
    (flowers / "Thumbs.db").write_bytes(b"x")
    table = read(str(flowers))
    assert len(table) == 8
    broken = {table.origin(int(row)) for row in table.unusable()}
    assert broken == {"rose/empty.png", "tulip/text.jpg"}
    assert {"no picture", "hidden files", "broken picture"} <= set(subjects(table))
    assert all(f.remedy for f in table.findings if f.severity == "set aside")


def test_a_picture_without_an_extension_is_found_by_its_content(flowers: Path) -> None:
    (flowers / "rose" / "3.png").write_bytes((flowers / "rose" / "0.png").read_bytes())
    (flowers / "rose" / "3.png").rename(flowers / "rose" / "picture")
    assert "rose/picture" in read(str(flowers)).origins


def test_links_out_of_the_root_are_not_followed(
    flowers: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    secret = picture(outside / "secret" / "1.png")
    (flowers / "rose" / "out.png").symlink_to(secret)
    (flowers / "secret").symlink_to(outside / "secret")
    (flowers / "rose" / "loop").symlink_to(flowers)
    (flowers / "rose" / "inside.png").symlink_to(flowers / "rose" / "0.png")
    table = read(str(flowers))
    assert "rose/inside.png" in table.origins
    assert len(table) == 7
    places = {f.place for f in table.findings if f.subject == "link"}
    assert places == {"rose/out.png", "secret", "rose/loop"}


def test_a_pipe_among_the_pictures_does_not_block(flowers: Path) -> None:
    os.mkfifo(flowers / "rose" / "pipe.png")
    table = read(str(flowers))
    assert "special file" in subjects(table)
    assert len(table) == 6


@pytest.mark.parametrize("name", ["a b", "line\nbreak", "🌹", "\u202eabc", "ünï", "'; drop--"])
def test_odd_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    picture(tmp_path / name / f"{name}.png")
    picture(tmp_path / "plain" / "1.png")
    table = read(str(tmp_path))
    assert set(labels(table)) == {name, "plain"}
    assert f"{name}/{name}.png" in table.origins


def test_class_names_that_differ_only_in_unicode_form_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "caf\u00e9" / "1.png")
    picture(tmp_path / "cafe\u0301" / "1.png")
    with pytest.raises(DataError, match="Unicode") as error:
        read(str(tmp_path))
    assert "cafe\\u0301" in error.value.found


def test_class_names_that_differ_only_in_case_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "Cat" / "1.png")
    picture(tmp_path / "cat" / "1.png")
    assert "similar class names" in subjects(read(str(tmp_path)))


def test_a_flat_folder_has_no_target_and_a_pattern_makes_columns(tmp_path: Path) -> None:
    for name in ("3_lucas_7", "4_anna_1"):
        picture(tmp_path / f"{name}.png")
    assert read(str(tmp_path)).names == ("image",)
    table = read(str(tmp_path), ReadOptions(pattern="{digit}_{speaker}_{n}"))
    assert table["digit"].series.to_list() == [3.0, 4.0]
    assert table["speaker"].series.to_list() == ["lucas", "anna"]
    with pytest.raises(OptionError, match="fits the pattern"):
        read(str(tmp_path), ReadOptions(pattern="{a}-{b}"))
    with pytest.raises(OptionError, match="names no columns"):
        read(str(tmp_path), ReadOptions(pattern="digit"))


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty") as error:
        read(str(tmp_path))
    assert "sub-folder" in error.value.remedy


def test_a_missing_path_suggests_the_nearest_name(flowers: Path) -> None:
    with pytest.raises(DataError, match=r"Did you mean .*rose"):
        read(str(flowers / "rosee"))
    with pytest.raises(DataError, match="sample 'digits'"):
        read("digts")
    with pytest.raises(DataError, match="iris"):
        read(str(flowers / "q" / "x"))


def test_a_table_beside_the_pictures_names_them(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / "images" / f"p{number}.png", number)
    (tmp_path / "labels.csv").write_text(
        "file,kind\np0.png,a\np1.png,b\nimages/p2.png,a\ngone.png,b\n"
    )
    table = read(str(tmp_path))
    assert table.source == "labelled"
    assert table.target == "kind"
    assert table["file"].kind == "image"
    assert table.unusable().tolist() == [3]
    assert "pictures without a row" in subjects(table)
    values = table["file"].values
    assert isinstance(values, Pictures)
    assert [int(values[row].max()) for row in range(3)] == [0, 1, 2]


def test_names_without_extension_are_matched(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / f"{number:03}.png", number)
    (tmp_path / "train.csv").write_text(
        "id,label\n" + "".join(f"{n:03},{n % 2}\n" for n in range(4))
    )
    table = read(str(tmp_path))
    assert table["id"].kind == "image"
    assert table.target == "label"


def test_two_possible_readings_are_listed(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        picture(tmp_path / name / f"{name}.png")
    (tmp_path / "labels.csv").write_text("file,label\ncat/cat.png,x\ndog/dog.png,y\n")
    assert [claim.format for claim in claims(tmp_path)] == ["folder", "labelled"]
    with pytest.raises(OptionError, match=r"--as folder .*--as labelled"):
        read(str(tmp_path))
    assert labels(read(str(tmp_path), ReadOptions(as_format="labelled"))) == ["x", "y"]
    assert labels(read(str(tmp_path), ReadOptions(as_format="folder"))) == ["cat", "dog"]
    with pytest.raises(OptionError, match="no format"):
        read(str(tmp_path), ReadOptions(as_format="foldr"))


def test_a_path_wins_over_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "iris" / "a" / "1.png")
    picture(tmp_path / "iris" / "b" / "1.png")
    monkeypatch.chdir(tmp_path)
    assert read("iris").source == "folder"
    assert read("wine").source == "wine"


def test_stored_pictures_are_taken_again_with_what_was_noticed(
    flowers: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (flowers / "rose" / "empty.png").write_bytes(b"")
    Image.new("RGBA", (4, 4)).save(flowers / "rose" / "clear.png")
    store = Store(tmp_path_factory.mktemp("cache"))
    first = read(str(flowers), cache=store)
    again = read(str(flowers), cache=store)
    assert isinstance(again["image"].values, Pictures)
    assert isinstance(again["image"].values.buffer.base, np.memmap | object)
    assert again.findings == first.findings
    assert again.fingerprint == first.fingerprint
    for one, two in zip(first["image"].values, again["image"].values, strict=True):
        assert np.array_equal(one, two)
    picture(flowers / "rose" / "0.png", 99)
    changed = read(str(flowers), cache=store)
    assert changed.fingerprint != first.fingerprint
    assert isinstance(changed["image"].values, Pictures)
    assert changed["image"].values[list(changed.origins).index("rose/0.png")].max() == 99


def test_a_given_test_folder(flowers: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    more = tmp_path_factory.mktemp("more")
    picture(more / "rose" / "9.png", 9)
    picture(more / "tulip" / "9.png", 9)
    table = read(str(flowers), ReadOptions(test=str(more)))
    assert table.parts == ("train",) * 6 + ("test",) * 2
    assert labels(table)[6:] == ["rose", "tulip"]


def test_names_that_are_no_utf8_are_spelled_out(flowers: Path) -> None:
    """Such names can be in no JSON and no table; the pictures are used all the same."""
    odd = os.fsencode(flowers) + b"/lily\xff"
    os.mkdir(odd)
    picture(flowers / "rose" / "0.png").rename(os.fsdecode(odd + b"/caf\xe9.png"))
    table = read(str(flowers))
    assert "lily\\xff/caf\\xe9.png" in table.origins
    assert "lily\\xff" in labels(table)
    with pytest.raises(DataError, match="not written in UTF-8"):
        read(os.fsdecode(odd))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        read(str(tmp_path / "pipe.csv"))

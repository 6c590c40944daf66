"""Parallel files to pairs, and the line at which files of unequal lengths part."""

from pathlib import Path

import numpy as np
import pytest

from fathom.data.sources import ReadOptions, claims, read
from fathom.data.sources.pairs import parting
from fathom.errors import DataError, OptionError


def saved(folder: Path, name: str, *lines: str, end: str = "\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes("".join(line + end for line in lines).encode())
    return folder


def test_pairs_by_part(tmp_path: Path) -> None:
    for part, count in (("val", 2), ("train", 3), ("test_2016_flickr", 1)):
        saved(tmp_path, f"{part}.en", *(f"{part} one {n}" for n in range(count)))
        saved(tmp_path, f"{part}.de", *(f"{part} eins {n}" for n in range(count)), end="\r\n")
    table = read(str(tmp_path))
    assert (table.source, table.names, table.target) == ("pairs", ("de", "en"), "en")
    assert [column.kind for column in table] == ["text", "text"]
    assert table.parts == ("train",) * 3 + ("valid",) * 2 + ("test",)
    assert table["de"].series.to_list()[3:] == [
        "val eins 0",
        "val eins 1",
        "test_2016_flickr eins 0",
    ]
    assert table.origin(4) == "val.de line 2"
    assert not table.running


def test_the_folder_s_name_or_a_word_of_the_user_orders_the_languages(tmp_path: Path) -> None:
    folder = tmp_path / "set_en_de"
    for language in ("de", "en"):
        saved(folder, f"corpus.{language}", f"a {language}", "b\u2028c\rd", "")
    assert read(str(folder)).names == ("en", "de")
    assert read(str(folder)).parts is None
    assert len(read(str(folder))) == 3
    saved(folder, "README.md", "about it")
    assert "about the data" in {finding.subject for finding in read(str(folder)).findings}
    assert read(f"{folder}#de-en").target == "en"
    saved(folder, "corpus.fr", "a fr", "b", "")
    with pytest.raises(OptionError, match=r"en, fr") as error:
        read(str(folder))
    assert f"{folder}#de-fr" in error.value.remedy
    table = read(f"{folder}#fr-de")
    assert (table.names, table.target) == (("fr", "de"), "de")
    with pytest.raises(OptionError, match="pair of languages 'fr-xx'"):
        read(f"{folder}#fr-xx")


def test_blank_sides_are_set_aside(tmp_path: Path) -> None:
    saved(tmp_path, "x.en", "one", "", "three", " ")
    saved(tmp_path, "x.pt-BR", "um", "dois", "\t", "")
    table = read(str(tmp_path))
    assert table.unusable().tolist() == [1, 2, 3]
    reasons = [finding.reason for finding in table.findings if finding.subject == "empty side"]
    assert "en." in reasons[0] and "pt-BR." in reasons[1] and "en and pt-BR" in reasons[2]
    assert table["en"].series.to_list() == ["one", None, "three", None]


def test_an_empty_file_beside_a_full_one_is_named(tmp_path: Path) -> None:
    saved(tmp_path, "train.de", "eins", "zwei")
    (tmp_path / "train.en").write_text("")
    with pytest.raises(DataError, match=r"train\.en is empty"):
        read(str(tmp_path))


def test_unequal_files_are_refused_with_both_counts_and_the_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(10, 90, 200)
    saved(tmp_path, "train.de", *("ä" * n for n in lengths))
    saved(tmp_path, "train.en", *("x" * int(n * 0.9) for n in np.delete(lengths, 119)))
    with pytest.raises(DataError, match="not equally many lines") as error:
        read(str(tmp_path))
    assert "train.de 200 lines, train.en 199 lines" in error.value.found
    assert "line 120" in error.value.remedy


@pytest.mark.parametrize("place", [0, 57, 299])
@pytest.mark.parametrize("shift", [1, 7])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_parting_is_found(place: int, shift: int, swapped: bool) -> None:
    rng = np.random.default_rng(place + shift)
    long = rng.integers(5, 200, 300 + shift)
    short = np.rint(np.delete(long, np.s_[place : place + shift]) * rng.uniform(1.0, 1.3, 300))
    pair = (long, short) if not swapped else (short, long)
    assert abs(parting(pair[0].tolist(), pair[1].tolist()) - place) <= 1


def test_what_is_no_set_of_pairs(tmp_path: Path) -> None:
    assert claims(saved(tmp_path / "a", "x.en", "one")) == []
    saved(tmp_path / "b", "x.py", "one")
    assert claims(saved(tmp_path / "b", "x.md", "one")) == []
    saved(tmp_path / "c", "x.en", "one")
    assert claims(saved(tmp_path / "c", "y.de", "one")) == []
    with pytest.raises(DataError, match=r"train\.de and train\.en"):
        read(str(tmp_path / "c"), ReadOptions(as_format="pairs"))
    with pytest.raises(DataError, match="no parallel files"):
        read(str(tmp_path / "b"), ReadOptions(as_format="pairs"))
    saved(tmp_path / "d", "x.en", "one", "two")
    saved(tmp_path / "d", "x.de", "eins", "zwei")
    saved(tmp_path / "d", "lonely.de", "drei")
    table = read(str(tmp_path / "d"), ReadOptions(as_format="pairs"))
    assert [f.place for f in table.findings if f.subject == "no partner"] == ["lonely"]


def test_empty_pairs_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, "x.en")
    with pytest.raises(DataError, match="no records"):
        read(str(saved(tmp_path, "x.de")))

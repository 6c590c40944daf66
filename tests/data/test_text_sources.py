"""Plain text as people have it: running, a list of items, a class a file or folder; odd bytes."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.sources import ReadOptions, claims, read, read_inputs
from fathom.data.sources.cutting import LONGEST, SIZE, blocks, lines
from fathom.data.sources.encoding import pieces, survey
from fathom.data.sources.writing import is_list
from fathom.data.table import Finding, Table
from fathom.errors import DataError, OptionError

AS_TEXT, AS_LINES = ReadOptions(as_format="text"), ReadOptions(as_format="lines")
NAMES = "".join(f"{name}{end}\n" for name in ("emma", "olivia", "ava") for end in "abcdefghij")
PROSE = (
    "It was late, and nobody came down the road, though the dog had barked twice.\n"
    "Then a light moved behind the trees.\n\n"
)


def saved(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def found(table: Table, subject: str) -> list[Finding]:
    return [finding for finding in table.findings if finding.subject == subject]


def cells(table: Table, name: str = "text") -> list[str | None]:
    return table[name].series.to_list()


@given(st.lists(st.text("ab \n\r\u2028é", max_size=4000), max_size=4))
def test_blocks_joined_are_the_text_whatever_the_pieces(several: list[str]) -> None:
    text = "".join(several)
    made = list(blocks(several))
    assert "".join(block.text for block in made) == text
    assert made == list(blocks([text]))
    place = 0
    for block in made:
        before = text[:place]
        assert block.line == before.count("\n") + 1
        assert block.column == place - before.rfind("\n")
        assert not (block.text.endswith("\r") and text[place + len(block.text) :][:1] == "\n")
        place += len(block.text)


def test_blocks_end_at_line_ends_else_at_blanks_else_anywhere() -> None:
    lined = list(blocks([("x" * 99 + "\n") * 100]))
    assert all(block.text.endswith("\n") for block in lined)
    assert all(SIZE // 2 <= len(block.text) <= LONGEST for block in lined)
    assert all(block.text.endswith(" ") for block in list(blocks(["word " * 2000]))[:-1])
    assert [len(block.text) for block in blocks(["x" * 5000])] == [2048, 2952]


@given(st.text("ab\n\r\u2028\x0b", max_size=60), st.integers(1, 9))
def test_only_line_feeds_end_a_line(text: str, size: int) -> None:
    text = "\n" + text
    cut = [text[start : start + size] for start in range(0, len(text), size)]
    expected = text.split("\n")
    expected = expected[:-1] if not expected[-1] else expected
    assert list(lines(cut)) == [line.removesuffix("\r") for line in expected]


def test_lines_of_old_files_end_with_carriage_returns() -> None:
    assert list(lines(["one\rtwo\r", "three"])) == ["one", "two", "three"]
    assert list(lines(["one\r\ntwo\r", "\nthree\r\n"])) == ["one", "two", "three"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_running_text_is_kept_exactly(tmp_path: Path, end: str) -> None:
    text = (PROSE * 60).replace("\n", end) + "the end\u2028 of\rit"
    table = read(saved(tmp_path / "story.txt", "\ufeff" + text))
    assert "".join(map(str, cells(table))) == text
    assert (table.source, table.running, table.names) == ("text", True, ("text",))
    assert table["text"].kind == "text"
    assert table.origins[0] == "story.txt line 1"
    assert len(table) in (3, 4)
    assert found(table, "running text")


def test_names_are_a_list_and_either_reading_can_be_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path / "names.txt", NAMES.removesuffix("\n"))
    table = read(path)
    assert (table.source, table.running, len(table)) == ("lines", False, 30)
    assert table.origin(11) == "names.txt line 12"
    assert cells(table)[0] == "emmaa"
    assert "--as text" in found(table, "short items")[0].remedy
    assert cells(read(path, AS_TEXT)) == [NAMES.removesuffix("\n")]
    prose = read(saved(tmp_path / "prose.txt", PROSE * 20), AS_LINES)
    assert (len(prose), prose.running) == (40, False)
    assert "20 blank lines" in found(prose, "empty texts")[0].reason
    assert "line 3" in found(prose, "empty texts")[0].reason


VERSE = ["Shall I compare thee to a summer's day?", "Thou art more lovely and more temperate:"]
WRAPPED = ["The road went down into the valley", "and nobody saw the light. It was late"]


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        (NAMES, True),
        (NAMES.replace("\n", "\r\n"), True),
        (NAMES.replace("\n", "\r"), True),
        ("".join(f"São Paulo do {n}\n" for n in range(40)), True),
        ("".join(f"Smith, John {n}.\n" for n in range(40)), True),
        ("".join(f"This film number {n} was quite bad .\n" for n in range(40)), True),
        ("this film was not good at all\n" * 40, True),
        ("\n".join(VERSE * 20), False),
        ("\n".join(WRAPPED * 20), False),
        (PROSE * 30, False),
        ("def f(x):\n    return x + 1\n" * 20, False),
        ("a line of so many words that it is far longer than sixty characters\n" * 30, False),
        ("\n".join(NAMES.split()[:19]), False),
        ("one line", False),
        ("x" * 100_000, False),
        ("", False),
        ("\n" * 50, False),
    ],
)
def test_lists_are_told_from_text_by_all_lines(tmp_path: Path, text: str, listed: bool) -> None:
    assert is_list(Path(saved(tmp_path / "x.txt", text))) is listed


@pytest.mark.parametrize("name", ["x.txt", "x.txt.gz", "x.md", "CORPUS"])
def test_names_of_text_files(tmp_path: Path, name: str) -> None:
    data = PROSE.encode()
    path = saved(tmp_path / name, gzip.compress(data) if name.endswith("gz") else data)
    assert [claim.format for claim in claims(Path(path))] == ["text"]
    assert cells(read(path)) == [PROSE]


def test_files_without_an_ending_that_are_no_text_are_not_claimed(tmp_path: Path) -> None:
    for number, data in enumerate([bytes(range(256)) * 9, b"\0\1" * 99, b"", bytes(999)]):
        path = saved(tmp_path / f"blob{number}", data)
        assert claims(Path(path)) == []
    assert [c.format for c in claims(Path(saved(tmp_path / "t", "a\tb c\n1\t2\n3\t4\n")))] == [
        "csv"
    ]


@pytest.mark.parametrize("text", ["", " \n\t \r\n", "\ufeff", "\u2028\n\n"])
@pytest.mark.parametrize("options", [ReadOptions(), AS_TEXT, AS_LINES])
def test_files_of_nothing_but_blanks(tmp_path: Path, text: str, options: ReadOptions) -> None:
    with pytest.raises(DataError, match="no text") as error:
        read(saved(tmp_path / "x.txt", text), options)
    assert "x.txt" in error.value.where


def test_one_line_with_commas_is_text_and_no_table(tmp_path: Path) -> None:
    table = read(saved(tmp_path / "x.txt", "Dear all, hello, and goodbye, " * 400))
    assert (table.source, len(table)) == ("text", 6)
    assert table.origin(1).startswith("x.txt line 1 character 2,0")


def test_a_gigantic_line_is_told(tmp_path: Path) -> None:
    table = read(saved(tmp_path / "x.txt", "so on and " * 20_000 + "\nend"))
    assert "more than 1" in found(table, "long line")[0].reason
    assert "".join(map(str, cells(table))) == "so on and " * 20_000 + "\nend"


def test_stray_nul_bytes_are_kept_and_binary_files_refused(tmp_path: Path) -> None:
    text = PROSE * 3 + "x\0y"
    assert cells(read(saved(tmp_path / "x.txt", text))) == [text]
    for data in (b"ab\0\0" * 999, bytes(5000), bytes(range(256)) * 99):
        with pytest.raises(DataError, match="no text"):
            read(saved(tmp_path / "x.txt", data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_other_encodings_are_read_and_told(tmp_path: Path, encoding: str) -> None:
    text = "Köln und Düren liegen nicht am Meer.\n" * 90
    table = read(saved(tmp_path / "x.txt", text.encode(encoding)), AS_TEXT)
    assert "".join(map(str, cells(table))) == text
    assert encoding.rpartition("-")[0] in found(table, "encoding")[0].reason


def test_mixed_encodings_are_read_byte_by_byte_and_told(tmp_path: Path) -> None:
    data = "Köln €5\n".encode() * 3 + "Düren “x”\n".encode("cp1252") * 2 + b"\x81"
    path = Path(saved(tmp_path / "x.txt", data))
    table = read(str(path))
    assert cells(table) == ["Köln €5\n" * 3 + "Düren “x”\n" * 2 + "\x81"]
    told = found(table, "mixed encodings")[0]
    assert "6 characters are UTF-8 and 7 bytes are not" in told.reason
    encoding = survey(path)
    assert (encoding.stray, encoding.several) == (7, 6)
    assert "".join(pieces(path, encoding)) == cells(table)[0]


def test_characters_cut_by_a_piece_stay_whole(tmp_path: Path) -> None:
    text = "x" + "é" * 2**20
    path = Path(saved(tmp_path / "x.txt", text))
    assert survey(path).stray == 0
    assert "".join(pieces(path, survey(path))) == text


def test_a_folder_of_texts_is_read_file_by_file(tmp_path: Path) -> None:
    saved(tmp_path / "b.txt", PROSE * 40)
    saved(tmp_path / "a.txt", PROSE)
    saved(tmp_path / "c.txt", "")
    saved(tmp_path / "README.md", "about")
    table = read(str(tmp_path))
    assert table.running
    assert "".join(map(str, cells(table))) == PROSE * 41
    assert table.origins[:2] == ("a.txt line 1", "b.txt line 1")
    assert found(table, "empty file")[0].place == "c.txt"
    assert found(table, "about the data")[0].place == "README.md"
    saved(tmp_path / "d.txt", bytes(range(256)))
    assert [f.place for f in found(read(str(tmp_path)), "no text")] == ["d.txt"]


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (("test.txt", "train.txt", "valid.txt"), ("train", "valid", "test")),
        (("test/a.txt", "training/a.txt"), ("train", "test")),
        (("wiki.test.txt", "wiki.valid.txt"), ("train", "test")),
        (("train.txt", "other.txt"), None),
    ],
)
def test_texts_named_after_parts(
    tmp_path: Path, names: Sequence[str], parts: Sequence[str] | None
) -> None:
    for name in names:
        saved(tmp_path / name, PROSE)
    table = read(str(tmp_path))
    assert table.parts == parts
    assert bool(found(table, "given parts")) == ("wiki.valid.txt" in names)


def test_a_given_test_text_must_be_of_the_same_form(tmp_path: Path) -> None:
    train = saved(tmp_path / "a.txt", PROSE * 40)
    test = saved(tmp_path / "b.txt", PROSE)
    table = read(train, ReadOptions(test=test))
    assert table.running
    assert table.parts == ("train",) * (len(table) - 1) + ("test",)
    with pytest.raises(DataError, match="--as text or --as lines"):
        read(train, ReadOptions(test=saved(tmp_path / "c.txt", NAMES)))


def test_a_list_a_class(tmp_path: Path) -> None:
    saved(tmp_path / "Czech.txt", NAMES + "\n")
    saved(tmp_path / "Irish.txt", NAMES.upper())
    table = read(str(tmp_path))
    assert (table.source, table.target, table.running) == ("lists", "label", False)
    assert table.names == ("text", "label")
    assert [column.kind for column in table] == ["text", "category"]
    assert cells(table, "label") == ["Czech"] * 30 + ["Irish"] * 30
    assert table.origin(30) == "Irish.txt line 1"
    with pytest.raises(DataError, match="name classes"):
        read(str(tmp_path / "Czech.txt"), ReadOptions(as_format="lists"))


def test_a_lone_list_and_lists_named_after_parts_are_no_classes(tmp_path: Path) -> None:
    saved(tmp_path / "one" / "names.txt", NAMES)
    assert read(str(tmp_path / "one")).source == "lines"
    for part in ("train", "test"):
        saved(tmp_path / "two" / f"{part}.txt", NAMES)
    table = read(str(tmp_path / "two"))
    assert (table.source, table.parts) == ("lines", ("train",) * 30 + ("test",) * 30)


def test_a_folder_of_texts_a_class(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for label in ("pos", "neg"):
            for number in range(2):
                saved(tmp_path / part / label / f"{number}.txt", f"{label} review {number}\n" * 500)
    saved(tmp_path / "train" / "pos" / "2.txt", " \n")
    saved(tmp_path / "train" / "pos" / "3.txt", bytes(range(256)))
    saved(tmp_path / "README", "words about it")
    table = read(str(tmp_path))
    assert (table.source, table.target) == ("documents", "label")
    assert table.parts == ("train",) * 6 + ("test",) * 4
    assert cells(table, "label") == ["neg", "neg", *["pos"] * 4, "neg", "neg", "pos", "pos"]
    assert cells(table)[0] == "neg review 0\n" * 500
    assert {table.origin(int(row)) for row in table.unusable()} == {
        "train/pos/2.txt",
        "train/pos/3.txt",
    }
    assert table["text"].kind == "text"
    assert read(str(tmp_path), AS_TEXT).running


def test_other_folders_are_not_taken_for_texts(tmp_path: Path) -> None:
    saved(tmp_path / "a" / "notes.txt", PROSE)
    saved(tmp_path / "a" / "data.xyz", "1")
    assert claims(tmp_path / "a") == []
    for part in ("train", "test"):
        saved(tmp_path / "b" / f"{part}.txt", "great film\t1\nbad film\t0\n" * 5)
    table = read(str(tmp_path / "b"))
    assert (table.source, table.names, len(table)) == ("csv", ("column_1", "column_2"), 20)
    (tmp_path / "c").mkdir()
    with pytest.raises(DataError, match="no text files"):
        read(str(tmp_path / "c"), AS_TEXT)


def test_a_text_column_keeps_words_that_elsewhere_mean_missing(tmp_path: Path) -> None:
    rows = "".join(f"a longer answer number {n},{'ab'[n % 2]}\n" for n in range(40))
    path = saved(tmp_path / "t.csv", "answer,label\nnone,a\n?,b\n ,a\nx,NA\n" + rows)
    table = read(path)
    assert table["answer"].kind == "text"
    assert cells(table, "answer")[:4] == ["none", "?", None, "x"]
    assert cells(table, "label")[3] is None
    assert table.unusable().tolist() == [2]
    assert found(table, "empty text")[0].place == "t.csv line 4"
    own = read(path, ReadOptions(missing=("none",), kinds={"answer": "text"}))
    assert cells(own, "answer")[:3] == [None, "?", None]


def test_class_names_beside_a_table(tmp_path: Path) -> None:
    rows = "".join(f'"{n % 3 + 1}","title {n}","it is a text of number {n}"\n' for n in range(30))
    path = saved(tmp_path / "news.csv", rows)
    saved(tmp_path / "classes.txt", "World\nSports\nTech\n")
    for source in (path, str(tmp_path)):
        table = read(source)
        assert cells(table, "column_1")[:3] == ["World", "Sports", "Tech"]
        assert table.target == "column_1"
        assert found(table, "class names")
    before = table.fingerprint
    saved(tmp_path / "classes.txt", "World\nSports\nArts\n")
    assert read(path).fingerprint != before
    saved(tmp_path / "classes.txt", "World\nSports\n")
    assert read(path)["column_1"].kind == "number"


def test_the_only_table_of_a_folder_is_read(tmp_path: Path) -> None:
    saved(tmp_path / "Collection", "ham\tsee you, then\t\nspam\tbuy now\t\nham\tall right\t\n")
    saved(tmp_path / "readme", "It is about messages.\n")
    table = read(str(tmp_path))
    assert (table.source, len(table)) == ("csv", 3)
    assert found(table, "about the data")[0].place == "readme"
    saved(tmp_path / "more", "a\tb\n1\t2\n3\t4\n")
    with pytest.raises(DataError, match="Collection, more, readme"):
        read(str(tmp_path))


def test_several_answers_in_one_part_stand_for_one_column(tmp_path: Path) -> None:
    train = [f'{{"talk": "{n} said this and that", "summary": "s {n}"}}' for n in range(3)]
    test = ['{"talk": "x", "summary2": "b", "summary10": "c", "summary1": "a"}']
    saved(tmp_path / "d.dev.jsonl", "\n".join(train))
    saved(tmp_path / "d.test.jsonl", "\n".join(test))
    table = read(str(tmp_path))
    kinds = {column.name: column.kind for column in table}
    assert list(kinds) == ["talk", "summary", "summary2", "summary10"]
    assert kinds["summary2"] == kinds["summary10"] == "reference"
    assert cells(table, "summary") == ["s 0", "s 1", "s 2", "a"]
    assert table.parts == ("train",) * 3 + ("test",)
    assert "summary2, summary10" in found(table, "numbered columns")[0].reason
    assert found(table, "given parts")
    assert not found(table, "missing column")


def test_texts_to_be_predicted(tmp_path: Path) -> None:
    items = read_inputs([saved(tmp_path / "names.txt", NAMES)], {"text": "text"})
    assert (len(items), items.origin(1)) == (30, "names.txt line 2")
    saved(tmp_path / "more" / "b.txt", "None ")
    saved(tmp_path / "more" / "a.txt", "Hello, you.\nGood bye, you.\n")
    saved(tmp_path / "more" / "c.txt", " ")
    table = read_inputs([str(tmp_path / "more")], {"review": "text"})
    assert cells(table, "review") == ["Hello, you.\nGood bye, you.\n", "None ", None]
    assert table.unusable().tolist() == [2]
    rows = saved(tmp_path / "t.csv", "review,x\n-,1\nfine,2\n,3\n")
    assert cells(read_inputs([rows], {"review": "text"}), "review") == ["-", "fine", None]
    both = read_inputs([rows], {"review": "text", "x": "number"})
    assert both.unusable().tolist() == []


def test_a_hash_in_a_plain_source_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.txt", PROSE)
    with pytest.raises(OptionError, match="Leave out '#part'"):
        read(f"{path}#part")
    odd = saved(tmp_path / "x.txt#part", PROSE)
    with pytest.raises(DataError, match="not known"):
        read(odd)
    assert read(odd, AS_TEXT).running

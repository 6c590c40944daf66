"""Tables as people have them: delimiters, encodings, quotes, ragged rows, Parquet, JSON, arrays."""

import csv
import gzip
import json
import struct
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fathom.data.pictures import Pictures
from fathom.data.sources import ReadOptions, read, samples
from fathom.data.sources.regular import regular_columns
from fathom.data.table import Finding, Table
from fathom.errors import DataError, OptionError


def saved(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def found(table: Table, subject: str) -> list[Finding]:
    return [finding for finding in table.findings if finding.subject == subject]


def cells(table: Table, name: str) -> list[object]:
    return table[name].series.to_list()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["name", "size", "note"], ["a", "1", "x y"], ["b", "2", "z"], ["c", "3", ""]]
    table = read(saved(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert table.names == ("name", "size", "note")
    assert cells(table, "size") == [1, 2, 3]
    assert cells(table, "note") == ["x y", "z", None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encoding_is_found_and_told(tmp_path: Path, encoding: str) -> None:
    table = read(saved(tmp_path, "größe,ort\n1,Köln\n2,Düren\n3,Aachen\n", encoding=encoding))
    assert table.names == ("größe", "ort")
    assert cells(table, "ort") == ["Köln", "Düren", "Aachen"]
    assert bool(found(table, "encoding")) == (not encoding.startswith("utf-8"))


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n"))
    assert cells(read(str(path)), "b") == ["x", "y"]


def test_a_table_without_a_header(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "6,148,0.6,yes\n1,85,0.3,no\n8,183,0.7,yes\n"))
    assert table.names == ("column_1", "column_2", "column_3", "column_4")
    assert len(table) == 3
    assert found(table, "no header")


def test_a_header_above_text_only(tmp_path: Path) -> None:
    assert read(saved(tmp_path, "city,colour\nBonn,red\nUlm,blue\n")).names == ("city", "colour")
    twice = read(saved(tmp_path, "a1|a word|a word\nb2|one|two\nc3|x|y\n"))
    assert len(twice) == 3
    table = read(saved(tmp_path, "ham\thello there\nspam\tbuy now\nham\tsee you\n", "t.tsv"))
    assert table.names == ("column_1", "column_2")


@given(
    st.lists(
        st.lists(st.text("ab1 .-é\t;|", max_size=4), min_size=3, max_size=3), min_size=1, max_size=9
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_quick_way_for_regular_text_gives_the_same_cells(
    rows: list[list[str]], end: str
) -> None:
    text = end.join(",".join(row) for row in rows) + end
    frame = regular_columns(text, ",")
    assert frame is not None
    assert [list(row) for row in frame.rows()] == list(csv.reader(StringIO(text)))


@pytest.mark.parametrize("text", ["a,b\n1\n", 'a,b\n"1",2\n', "a,b\n\n1,2\n", "a\n1\n", "a,b\r1,2"])
def test_irregular_text_goes_the_careful_way(text: str) -> None:
    assert regular_columns(text, ",") is None


def test_decimal_commas(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "wert;menge\n1,5;1.200\n2,25;3.400\n-0,5;12\n"))
    assert cells(table, "wert") == [1.5, 2.25, -0.5]
    both = read(saved(tmp_path, 'price,n\n"1,234.5",1\n"12",2\n"1,000,000",3\n'))
    assert cells(both, "price") == [1234.5, 12.0, 1_000_000.0]


def test_quoted_line_breaks_and_line_numbers(tmp_path: Path) -> None:
    table = read(saved(tmp_path, 'text,n\n"one\ntwo",1\n"say ""hi"", you",2\nlast,3\n'))
    assert cells(table, "text") == ["one\ntwo", 'say "hi", you', "last"]
    assert table.origins == ("table.csv line 2", "table.csv line 4", "table.csv line 5")


def test_a_cell_may_be_a_long_document(tmp_path: Path) -> None:
    document = "the cat sees the tree, and\n" * 9_000  # the csv module stops at 131,072 characters
    table = read(saved(tmp_path, f'text,label\n"{document}",a\nshort one here,b\n'))
    assert cells(table, "text") == [document.strip(), "short one here"]


def test_quotation_marks_that_do_not_close_are_plain_characters(tmp_path: Path) -> None:
    rows = "".join(f"{n}\tmessage {n}\n" for n in range(30))
    table = read(saved(tmp_path, 'id\ttext\n7\t"never closed\n' + rows, "t.tsv"))
    assert len(table) == 31
    assert found(table, "quotation marks")


def test_ragged_rows_keep_their_place_and_are_set_aside(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "a,b,c\n1,2,3\n4,5\n\n6,7,8,9\n10,11,12\n"))
    assert len(table) == 4
    assert table.unusable().tolist() == [1, 2]
    assert [f.place for f in found(table, "ragged row")] == ["table.csv line 3", "table.csv line 5"]
    assert cells(table, "a") == [1, None, None, 10]


def test_doubled_and_empty_column_names(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "a,b,a,,a\n1,2,3,4,5\n2,3,4,5,6\n"))
    assert table.names == ("a", "b", "a_2", "column_4", "a_3")
    assert "a" in found(table, "duplicate column names")[0].reason
    assert found(table, "unnamed columns")


def test_missing_marks_are_counted_and_more_can_be_given(tmp_path: Path) -> None:
    text = "n,c\n1,x\n?,NA\n-999,x\nnull,y\n5,nan\n"
    table = read(saved(tmp_path, text), ReadOptions(missing=("-999",)))
    assert cells(table, "n") == [1, None, None, None, 5]
    assert cells(table, "c") == ["x", None, "x", "y", None]
    reasons = " ".join(f.reason for f in found(table, "missing values"))
    assert "'?' 1" in reasons and "'-999' 1" in reasons and "'NA' 1" in reasons


def test_numbers_too_large_are_missing_and_told(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "x,y\n1e400,1\n2,2\ninf,3\n-3.5e2,4\n"))
    assert cells(table, "x") == [None, 2.0, None, -350.0]
    assert "'1e400'" in found(table, "cells that do not fit")[0].reason


def test_constant_and_empty_columns_are_marked(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "x,same,none\n1,7,\n2,7,\n3,7,\n"))
    assert [column.constant for column in table] == [False, True, True]


def test_a_column_that_says_the_part(tmp_path: Path) -> None:
    table = read(saved(tmp_path, "x,split\n1,test\n2,train\n3,Train\n4,test\n"))
    assert table.names == ("x",)
    assert table.parts == ("train", "train", "test", "test")
    assert cells(table, "x") == [2, 3, 1, 4]
    assert table.origins[0] == "table.csv line 3"
    assert found(table, "given parts")


def test_files_named_after_parts(tmp_path: Path) -> None:
    saved(tmp_path, "x,y\n1,a\n2,b\n", "data.train.csv")
    saved(tmp_path, "y,x\nb,3\n", "data.test.csv")
    saved(tmp_path, "readme", "notes.txt")
    table = read(str(tmp_path))
    assert table.parts == ("train", "train", "test")
    assert cells(table, "x") == [1, 2, 3]
    assert cells(table, "y") == ["a", "b", "b"]


def test_running_text_is_no_table(tmp_path: Path) -> None:
    text = "It was late, and cold.\nNobody came.\nThen, at last, a light, far away.\n" * 5
    assert read(saved(tmp_path, text, "story.txt")).source == "text"
    assert len(read(saved(tmp_path, "a b,c\n1,2\n3,4\n", "table.txt"))) == 2


def test_several_unrelated_tables_are_not_guessed(tmp_path: Path) -> None:
    saved(tmp_path, "x\n1\n", "one.csv")
    saved(tmp_path, "x\n1\n", "two.csv")
    with pytest.raises(DataError, match=r"one\.csv, two\.csv") as error:
        read(str(tmp_path))
    assert str(tmp_path / "one.csv") in error.value.remedy


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\x00\x01\x02\x03" * 50, "no text"), (b"a,b\n", "no records")],
)
def test_files_without_rows(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as error:
        read(str(path))
    assert error.value.remedy


def test_an_unknown_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Save it as CSV"):
        read(saved(tmp_path, "x", "table.docx"))


def test_a_kind_can_be_overruled_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "code,x\n1,1\n2,5\n3,7\n")
    table = read(path, ReadOptions(kinds={"code": "category"}))
    assert table["code"].kind == "category"
    assert cells(table, "code") == ["1", "2", "3"]
    assert table["code"].why == "you said so"
    with pytest.raises(OptionError, match="'code'"):
        read(path, ReadOptions(kinds={"coed": "number"}))


def test_a_given_test_file_is_read_with_the_same_kinds(tmp_path: Path) -> None:
    train = saved(tmp_path, "x,y\n1,a\n2,b\n3,a\n")
    test = saved(tmp_path, "y,x\na,4\nb,n/a\n", "more.csv")
    table = read(train, ReadOptions(test=test))
    assert table.parts == ("train",) * 3 + ("test",) * 2
    assert cells(table, "x") == [1, 2, 3, 4, None]


def png(level: int) -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((4, 5, 3), level, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("nested", [False, True])
def test_parquet_with_encoded_pictures(tmp_path: Path, nested: bool) -> None:
    for part, count in (("train", 4), ("test", 2)):
        encoded = [png(n) for n in range(count - 1)] + [b"broken"]
        images = [{"bytes": one, "path": "p"} for one in encoded] if nested else encoded
        frame = pl.DataFrame({"image": images, "label": ["a", "b"] * (count // 2)})
        frame.write_parquet(tmp_path / f"{part}.parquet")
    table = read(str(tmp_path))
    assert table.names == ("image", "label")
    assert table.parts == ("train",) * 4 + ("test",) * 2
    assert table.unusable().tolist() == [3, 5]
    values = table["image"].values
    assert isinstance(values, Pictures)
    assert values[2].max() == 2


def test_parquet_keeps_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"yes": [True, False], "day": ["2020-01-01", "2020-02-01"], "n": [1, 2]})
    frame.with_columns(pl.col("day").str.to_date()).write_parquet(tmp_path / "t.parquet")
    table = read(str(tmp_path / "t.parquet"))
    assert [column.kind for column in table] == ["category", "date", "number"]
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="cut off"):
        read(str(tmp_path / "bad.parquet"))


def test_json_lines(tmp_path: Path) -> None:
    lines = ['{"x": 1, "tags": ["a", "b"]}', "not json", '{"x": 2.5, "ok": true}', "[1]"]
    table = read(saved(tmp_path, "\n".join(lines), "t.jsonl"))
    assert len(table) == 4
    assert table.unusable().tolist() == [1, 3]
    assert cells(table, "x") == [1, None, 2.5, None]
    assert cells(table, "tags") == ["a|b", None, None, None]
    listed = read(saved(tmp_path, json.dumps([{"x": 1}, {"x": 2}]), "t.json"))
    assert cells(listed, "x") == [1, 2]
    with pytest.raises(DataError, match="no JSON objects"):
        read(saved(tmp_path, "1\n2\n", "u.jsonl"))


def test_half_of_a_surrogate_pair_in_json_lines_is_a_broken_character(tmp_path: Path) -> None:
    lines = [r'{"t": "cut \ud83d", "n\udc00": 1}', r'{"t": "whole \ud83d\ude00", "n\udc00": 2}']
    table = read(saved(tmp_path, "\n".join(lines), "h.jsonl"))
    assert cells(table, "t") == ["cut \ufffd", "whole \U0001f600"]
    assert cells(table, "n\ufffd") == [1, 2]


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def test_idx_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part, count in (("train", 6), ("t10k", 3)):
        pixels = rng.integers(0, 256, (count, 4, 5))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count)))
    table = read(str(tmp_path))
    assert table.target == "label"
    assert table.parts == ("train",) * 6 + ("test",) * 3
    assert cells(table, "label") == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    assert table["image"].values[0].shape == (4, 5, 1)
    single = read(str(tmp_path / "train-images-idx3-ubyte.gz"))
    assert len(single) == 6 and single.target == "label"
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(5)))
    with pytest.raises(DataError, match="equally many"):
        read(str(tmp_path))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(6))[:-2])
    with pytest.raises(DataError, match="header announces"):
        read(str(tmp_path))


def test_npz_archives(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    np.savez(
        path,
        x_train=np.zeros((4, 3, 3)),
        y_train=[1, 2, 1, 2],
        x_test=np.ones((2, 3, 3)),
        y_test=[1, 2],
    )
    table = read(str(path))
    assert table.parts == ("train",) * 4 + ("test",) * 2
    assert table["image"].values[5].max() == 255
    np.savez(path, X=np.arange(6.0).reshape(3, 2), y=np.array(["a", "b", "a"]))
    table = read(str(path))
    assert table.names == ("x1", "x2", "label")
    assert cells(table, "label") == ["a", "b", "a"]
    np.savez(path, X=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="Python objects"):
        read(str(path))
    path.write_bytes(b"PK no archive")
    with pytest.raises(DataError, match="does not read"):
        read(str(path))


@pytest.mark.parametrize("name", [name for name, _, _ in samples()])
def test_every_sample_reads(name: str) -> None:
    table = read(name)
    assert len(table) > 100
    assert table.target in table.names
    assert not table.findings
    assert len(table.fingerprint) == 64


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    one = read(saved(tmp_path, "x,y\n1,2\n3,4\n")).fingerprint
    assert read(saved(tmp_path, "x,y\n1,2\n3,4\n")).fingerprint == one
    assert read(saved(tmp_path, "x,y\n1,2\n3,5\n")).fingerprint != one


def test_pictures_named_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.png").write_bytes(png(1))
    (inner / "a.png").write_bytes(png(2))
    (inner / "b.png").write_bytes(png(3))
    lines = f"file,y\na.png,1\nb.png,2\n../secret.png,3\n{tmp_path}/secret.png,4\n"
    table = read(saved(inner, lines))
    assert table["file"].kind == "image"
    assert table.unusable().tolist() == [2, 3]


def test_one_odd_cell_does_not_turn_decimal_commas_into_names(tmp_path: Path) -> None:
    lines = "".join(f"{n},25;{'ab'[n % 2]}\n" for n in range(40))
    table = read(saved(tmp_path, "size;label\n" + lines + "n.d.;a\n"))
    assert table["size"].kind == "number"
    assert cells(table, "size")[:2] == [0.25, 1.25]
    assert len(found(table, "cells that do not fit")) == 1


def test_parts_with_decimal_commas_and_with_dots_agree(tmp_path: Path) -> None:
    """A dot before three digits is a thousand only in a file that has decimal commas."""
    dots = "".join(f"0.{n:03},{'ab'[n % 2]}\n" for n in range(100, 130))
    commas = "".join(f"0,{n:03};{'ab'[n % 2]}\n" for n in range(100, 130))
    train = saved(tmp_path, "size,label\n" + dots, "a.csv")
    test = saved(tmp_path, "size;label\n" + commas, "b.csv")
    table = read(train, ReadOptions(test=test))
    assert cells(table, "size") == [n / 1000 for n in range(100, 130)] * 2


def test_what_the_test_part_lacks_is_told_or_refused(tmp_path: Path) -> None:
    train = saved(tmp_path, "a,b,label\n" + "1,2,x\n2,1,y\n" * 3, "a.csv")
    test = saved(tmp_path, "a,label\n1,x\n2,y\n", "b.csv")
    assert [f.place for f in found(read(train, ReadOptions(test=test)), "missing column")] == [
        "b.csv: b"
    ]
    other = saved(tmp_path, "c,d\n1,x\n2,y\n", "c.csv")
    with pytest.raises(DataError, match="other columns than the training data"):
        read(train, ReadOptions(test=other))


def test_a_kind_that_is_none_or_fits_no_cell_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "a,b\n1,x\n2,y\n3,x\n")
    with pytest.raises(OptionError, match="Did you mean 'category'"):
        read(path, ReadOptions(kinds={"a": "catgory"}))  # type: ignore[dict-item]
    with pytest.raises(DataError, match="No cell of the column 'b' reads as number"):
        read(path, ReadOptions(kinds={"b": "number"}))

"""What is to be predicted: pictures, folders and tables, whole or not."""

import os
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fathom.data.describe import describe
from fathom.data.pictures import Pictures
from fathom.data.sources import read, read_inputs
from fathom.data.table import Kind
from fathom.errors import DataError

ROW: dict[str, Kind] = {"age": "number", "job": "category", "since": "date"}
IMAGE: dict[str, Kind] = {"image": "image"}


def picture(path: Path, level: int, size: tuple[int, int] = (4, 6)) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), level, dtype=np.uint8)).save(path, "PNG")
    return str(path)


def saved(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_columns_in_another_order_with_more_and_odd_cells(tmp_path: Path) -> None:
    text = "job,extra,since,age\nbaker,1,2020-01-02,41\n?,2,,old\nnew job,3,2021-05-06,7\n"
    table = read_inputs([saved(tmp_path / "t.csv", text)], ROW)
    assert table.names == ("age", "job", "since")
    assert [column.kind for column in table] == ["number", "category", "date"]
    assert table["age"].series.to_list() == [41, None, 7]
    assert table["job"].series.to_list() == ["baker", None, "new job"]
    assert table["since"].series.null_count() == 1
    told = {finding.subject: finding for finding in table.findings}
    assert "extra" in told["extra columns"].reason
    assert told["cells that do not fit"].row == 1
    assert table.origins == ("t.csv line 2", "t.csv line 3", "t.csv line 4")


def test_a_missing_column_is_an_error_unless_it_may_be_missing(tmp_path: Path) -> None:
    path = saved(tmp_path / "t.csv", "age,since\n1,2020-01-01\n2,2020-01-02\n")
    with pytest.raises(DataError, match="'job' is missing") as error:
        read_inputs([path], ROW)
    assert "age, since" in error.value.found
    table = read_inputs([path], ROW, optional=("job",))
    assert table["job"].series.null_count() == 2
    assert "missing column" in {finding.subject for finding in table.findings}


def test_codes_keep_their_zeros_and_numbers_as_names_their_form(tmp_path: Path) -> None:
    kinds: dict[str, Kind] = {"zip": "category", "n": "category"}
    table = read_inputs([saved(tmp_path / "t.csv", "zip,n\n00501,1\n20095,2\n")], kinds)
    assert table["zip"].series.to_list() == ["00501", "20095"]
    frame = pl.DataFrame({"zip": ["1", "2"], "n": [1.0, 2.0]})
    frame.write_parquet(tmp_path / "t.parquet")
    assert read_inputs([str(tmp_path / "t.parquet")], kinds)["n"].series.to_list() == ["1", "2"]


def test_one_row_without_a_header_is_read_by_place(tmp_path: Path) -> None:
    kinds: dict[str, Kind] = {"column_1": "number", "column_2": "number"}
    table = read_inputs([saved(tmp_path / "t.csv", "6,148,72\n")], kinds)
    assert table["column_2"].series.to_list() == [148]


def test_one_row_of_names_below_a_header(tmp_path: Path) -> None:
    kinds: dict[str, Kind] = {"city": "category", "job": "category"}
    table = read_inputs([saved(tmp_path / "t.csv", "job,city\nbaker,Bonn\n")], kinds)
    assert table["city"].series.to_list() == ["Bonn"]


def test_pictures_folders_and_broken_files_come_back_in_order(tmp_path: Path) -> None:
    single = picture(tmp_path / "z.png", 9, (8, 3))
    picture(tmp_path / "more" / "b.png", 2)
    picture(tmp_path / "more" / "a" / "1.png", 1)
    (tmp_path / "more" / "c.png").write_bytes(b"")
    (tmp_path / "more" / "notes.txt").write_text("x")
    table = read_inputs([single, str(tmp_path / "more")], IMAGE)
    assert table.origins == ("z.png", "more/a/1.png", "more/b.png", "more/c.png")
    assert table.unusable().tolist() == [3]
    values = table["image"].values
    assert isinstance(values, Pictures)
    assert [int(values[row].max()) for row in range(3)] == [9, 1, 2]
    assert values[0].shape == (8, 3, 3)


def test_a_file_that_is_no_picture_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no picture")
    table = read_inputs([str(tmp_path / "x.png")], IMAGE)
    assert table.unusable().tolist() == [0]


def test_pictures_in_tables(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "1.png", 5)
    kinds: dict[str, Kind] = {"file": "image", "age": "number"}
    table = read_inputs([saved(tmp_path / "t.csv", "age,file\n3,1.png\n4,gone.png\n5,\n")], kinds)
    values = table["file"].values
    assert isinstance(values, Pictures)
    assert values[0].max() == 5
    assert table.unusable().tolist() == [1, 2]
    out = BytesIO()
    Image.new("L", (3, 3), 7).save(out, "PNG")
    frame = pl.DataFrame({"file": [out.getvalue(), b"broken"], "age": [1, 2]})
    frame.write_parquet(tmp_path / "t.parquet")
    table = read_inputs([str(tmp_path / "t.parquet")], kinds)
    assert table.unusable().tolist() == [1]
    assert isinstance(table["file"].values, Pictures)
    assert table["file"].values[0].max() == 7


def test_wrong_things_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file or folder"):
        read_inputs([str(tmp_path / "gone")], IMAGE)
    with pytest.raises(DataError, match="nothing in the folder"):
        read_inputs([str(tmp_path)], IMAGE)
    with pytest.raises(DataError, match="no table"):
        read_inputs([picture(tmp_path / "a.png", 1)], ROW)
    with pytest.raises(DataError, match="nothing to predict"):
        read_inputs([], ROW)


def test_a_ragged_row_keeps_its_place(tmp_path: Path) -> None:
    text = "age,job,since\n1,a,2020-01-01\n2,b\n3,c,2020-01-03\n"
    table = read_inputs([saved(tmp_path / "t.csv", text)], ROW)
    assert len(table) == 3
    assert table.unusable().tolist() == [1]


def test_a_description_is_json_and_complete(tmp_path: Path) -> None:
    import json

    picture(tmp_path / "p" / "1.png", 5)
    lines = "".join(f"{n},{'ab'[n % 2]},1.png,2020-01-{n + 1:02}\n" for n in range(25))
    told = describe(read(saved(tmp_path / "t.csv", "n,label,file,day\n" + lines)))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    columns = {column["name"]: column for column in told["columns"]}
    assert columns["n"]["kind"] == "id" and not columns["n"]["used"]
    assert columns["label"]["top"][0] == {"value": "a", "count": 13}
    assert columns["file"]["sizes"] == {"height": [4, 4], "width": [6, 6]}
    assert columns["day"]["low"].startswith("2020-01-01")
    assert len(told["examples"]) == 5
    assert told["examples"][0]["values"]["file"] == "6 x 4 colour picture"
    assert told["questions"][0] == {
        "target": "label",
        "task": "classification",
        "classes": 2,
        "likely": True,
    }


def test_a_pipe_and_a_table_without_rows_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        read_inputs([str(tmp_path / "pipe.png")], IMAGE)
    with pytest.raises(DataError, match="no records"):
        read_inputs([saved(tmp_path / "t.csv", "age,job,since\n")], ROW)


def test_a_column_in_another_case_is_suggested(tmp_path: Path) -> None:
    path = saved(tmp_path / "t.csv", "age,Job,since\n1,a,2020-01-01\n2,b,2020-01-02\n")
    with pytest.raises(DataError, match="'job' is missing") as error:
        read_inputs([path], ROW)
    assert "Rename 'Job'" in error.value.remedy


def test_a_folder_of_idx_files_is_one_source(tmp_path: Path) -> None:
    """Labels beside the pictures are not asked to be predicted alone."""
    head = b"\0\0\x08"
    (tmp_path / "train-images-idx3-ubyte").write_bytes(
        head + struct.pack(">BIII", 3, 5, 2, 2) + bytes(20)
    )
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(head + struct.pack(">BI", 1, 5) + bytes(5))
    assert len(read_inputs([str(tmp_path)], IMAGE)) == 5

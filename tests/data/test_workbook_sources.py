"""Sheets of workbooks and tables of databases, one or several in a file."""

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from fathom.data.sources import ReadOptions, claims, read, read_inputs
from fathom.errors import DataError, OptionError

Cell = str | float | None
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> str:
    """The least that makes an .xlsx file (ECMA-376)."""
    places = {name: f"sheet{number}" for number, name in enumerate(sheets, 1)}
    types = "".join(
        f'<Override PartName="/xl/{place}.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for place in places.values()
    )
    links = "".join(
        f'<Relationship Id="{place}" Type="{OFFICE}/worksheet" Target="{place}.xml"/>'
        for place in places.values()
    )
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="{place}"/>'
        for number, (name, place) in enumerate(places.items(), 1)
    )
    with ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/'
            f'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        )
        for name, place in places.items():
            rows = "".join(map(row_of, range(1, 99), sheets[name]))
            content = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            archive.writestr(f"xl/{place}.xml", content)
    return str(path)


def row_of(number: int, cells: Sequence[Cell]) -> str:
    made = "".join(
        f'<c r="{"ABCDEFG"[place]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        if isinstance(cell, str)
        else f'<c r="{"ABCDEFG"[place]}{number}"><v>{cell}</v></c>'
        for place, cell in enumerate(cells)
        if cell is not None
    )
    return f'<row r="{number}">{made}</row>'


ROWS: list[list[Cell]] = [
    ["name", "size", None, "note"],
    ["ann", 1, "k", 1.5],
    ["bob", 2, None, "odd"],
    ["cy", 4, "z", None],
]


def test_a_sheet_is_a_table(tmp_path: Path) -> None:
    pytest.importorskip("fastexcel")
    path = workbook(tmp_path / "t.xlsx", {"Data": ROWS, "Sheet2": []})
    table = read(path)
    assert table.source == "excel"
    assert table.names == ("name", "size", "column_3", "note")
    assert table["size"].series.to_list() == [1, 2, 4]
    assert table["note"].series.to_list() == ["1.5", "odd", None]
    assert table.origins == ("t.xlsx row 2", "t.xlsx row 3", "t.xlsx row 4")
    asked = read_inputs([path], {"size": "number"})
    assert asked["size"].series.to_list() == [1, 2, 4]


def test_sheets_without_a_header_and_several_sheets(tmp_path: Path) -> None:
    pytest.importorskip("fastexcel")
    path = workbook(tmp_path / "t.xlsx", {"One": ROWS, "No head": [[1, 2], [3, 4]]})
    with pytest.raises(OptionError, match="One, No head") as error:
        read(path)
    assert f"{path}#One" in error.value.remedy
    table = read(f"{path}#No head")
    assert table.names == ("column_1", "column_2")
    assert table["column_1"].series.to_list() == [1, 3]
    assert table.origin(0) == "t.xlsx#No head row 1"
    with pytest.raises(OptionError, match="Did you mean 'One'"):
        read(f"{path}#Ones")
    (tmp_path / "bad.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(DataError, match="does not read as a workbook"):
        read(str(tmp_path / "bad.xlsx"))
    with pytest.raises(DataError, match="no sheet with rows"):
        read(workbook(tmp_path / "empty.xlsx", {"Data": []}))


def test_a_missing_extra_is_said_with_the_line_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(DataError, match=r"pip install 'fathom-dl\[excel\]'"):
        read(workbook(tmp_path / "t.xlsx", {"Data": ROWS}))


def database(path: Path, *statements: str) -> str:
    base = sqlite3.connect(path)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return str(path)


def test_a_database_with_one_table(tmp_path: Path) -> None:
    path = database(
        tmp_path / "shop",
        "CREATE TABLE 'my orders' (id INTEGER PRIMARY KEY, price REAL, item TEXT, odd)",
        "INSERT INTO 'my orders' VALUES (1, 2.5, 'tea', 1), (2, NULL, 'salt', 'x')",
    )
    before = Path(path).read_bytes()
    table = read(path)
    assert (table.source, table.names) == ("sqlite", ("id", "price", "item", "odd"))
    assert table["price"].series.to_list() == [2.5, None]
    assert table["odd"].series.to_list() == ["1", "x"]
    assert table.origins == ("shop row 1", "shop row 2")
    assert [file.name for file in tmp_path.iterdir()] == ["shop"]
    assert Path(path).read_bytes() == before


def test_several_tables_are_listed_and_one_can_be_named(tmp_path: Path) -> None:
    path = database(
        tmp_path / "shop.db",
        "CREATE TABLE items (name, price)",
        "INSERT INTO items VALUES ('tea', 1), ('salt', 2)",
        "CREATE VIEW cheap AS SELECT name FROM items WHERE price < 2",
    )
    with pytest.raises(OptionError, match="cheap, items") as error:
        read(path)
    assert f"{path}#cheap" in error.value.remedy
    assert read(f"{path}#items")["price"].series.to_list() == [1, 2]
    assert read(f"{path}#cheap").origin(0) == "shop.db#cheap row 1"
    asked = read_inputs([f"{path}#items"], {"price": "number"})
    assert asked["price"].series.to_list() == [1, 2]
    with pytest.raises(OptionError, match="no table 'item'"):
        read(f"{path}#item")
    with pytest.raises(DataError, match="no file or folder"):
        read(f"{tmp_path}/gone.db#items")


def test_pictures_and_other_binary_data_in_a_database(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("RGB", (4, 3), (9, 9, 9)).save(out, "PNG")
    base = sqlite3.connect(tmp_path / "p.sqlite")
    base.execute("CREATE TABLE p (photo BLOB, raw BLOB, label TEXT)")
    rows = [(out.getvalue(), b"ab", "x"), (b"broken", b"c", "y"), (None, None, "z")]
    base.executemany("INSERT INTO p VALUES (?, ?, ?)", rows)
    base.commit()
    base.close()
    table = read(str(tmp_path / "p.sqlite"))
    assert table.names == ("photo", "label")
    assert table["photo"].missing().tolist() == [False, True, True]
    assert table.unusable().tolist() == [1]
    assert [f.place for f in table.findings if f.subject == "binary column"] == ["raw"]


def test_texts_that_are_no_utf8_and_damaged_files(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE t (a, b)",
        "INSERT INTO t VALUES (CAST(X'636166e9' AS TEXT), 1), ('tea', 2)",
    )
    assert read(path)["a"].series.to_list() == ["caf\ufffd", "tea"]
    (tmp_path / "b.db").write_bytes(Path(path).read_bytes()[:4000])
    with pytest.raises(DataError, match="does not read as an SQLite"):
        read(str(tmp_path / "b.db"))
    (tmp_path / "c.db").write_bytes(b"")
    assert claims(tmp_path / "c.db") == []
    with pytest.raises(DataError, match="no table with rows"):
        read(str(tmp_path / "c.db"), ReadOptions(as_format="sqlite"))


def test_changes_that_another_program_has_not_folded_in_are_read(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "live.db")
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE t (a, b)")
    base.execute("INSERT INTO t VALUES (1, 2), (3, 4)")
    base.commit()
    try:
        assert read(str(tmp_path / "live.db"))["a"].series.to_list() == [1, 3]
    finally:
        base.close()

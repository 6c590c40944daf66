"""Tables whose columns or rows are whole series, and tables that only look like it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fathom.data.sources import ReadOptions, read, read_inputs
from fathom.data.sources.header import has_header
from fathom.data.table import Kind
from fathom.errors import DataError, OptionError

ROWS, LENGTH = 40, 24


def waves(seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    time = np.arange(LENGTH)
    return np.sin(time / 4 + draw.uniform(0, 6, size=(ROWS, 1))) + 0.05 * draw.normal(
        size=(ROWS, LENGTH)
    )


def write(file: Path, values: np.ndarray, heads: Sequence[str], **more: Sequence[object]) -> Path:
    frame = pl.DataFrame({name: values[:, k] for k, name in enumerate(heads)})
    more = more or {"label": ["slow" if k % 2 else "fast" for k in range(len(values))]}
    frame.with_columns(pl.Series(name, cells) for name, cells in more.items()).write_csv(file)
    return file


def heads(stem: str, first: int = 0) -> list[str]:
    return [f"{stem}{first + k}" for k in range(LENGTH)]


def kinds(file: Path, **asked: object) -> dict[str, Kind]:
    table = read(str(file), ReadOptions(**asked))  # type: ignore[arg-type]
    return {column.name: column.kind for column in table}


class TestWide:
    @pytest.mark.parametrize("stem", ["t", "time_", "t_"])
    def test_names_of_time_are_one_series(self, tmp_path: Path, stem: str) -> None:
        noise = np.random.default_rng(1).normal(size=(ROWS, LENGTH))
        file = write(tmp_path / "x.csv", noise, heads(stem))
        table = read(str(file))
        assert table.names == (f"{stem}0..{stem}23", "label")
        cell = table[f"{stem}0..{stem}23"].series.to_list()[3]
        np.testing.assert_allclose(cell, noise[3:4], rtol=1e-6)
        assert "series" in {finding.subject for finding in table.findings}

    @pytest.mark.parametrize("stem", ["", "V", "value "])
    def test_other_names_need_neighbours_that_are_alike(self, tmp_path: Path, stem: str) -> None:
        file = write(tmp_path / "x.csv", waves(), heads(stem))
        assert list(kinds(file).values()) == ["series", "category"]

    @pytest.mark.parametrize("stem", ["", "V", "x_"])
    def test_unrelated_numbers_stay_a_row(self, tmp_path: Path, stem: str) -> None:
        draw = np.random.default_rng(2)
        scales = np.logspace(-2, 3, LENGTH)  # that rise from left to right
        shared = draw.normal(size=(ROWS, 1))  # and all tell the same a little
        values = scales * (draw.normal(size=(ROWS, LENGTH)) + shared)
        found = kinds(write(tmp_path / "x.csv", values, heads(stem)))
        assert set(found.values()) == {"number", "category"}

    def test_short_series_are_alike_as_far_as_they_reach(self, tmp_path: Path) -> None:
        values = waves()
        values[:, 21:] = np.nan
        values[3, 4:] = np.nan
        file = write(tmp_path / "x.csv", values, heads("V"))
        file.write_text(file.read_text().replace("NaN", ""))
        assert list(kinds(file).values()) == ["series", "category"]
        table = read(str(file))
        assert [len(cell[0]) for cell in table["V0..V23"].series.to_list()[2:4]] == [21, 4]

    def test_pixels_and_answers_stay_a_row(self, tmp_path: Path) -> None:
        file = write(tmp_path / "x.csv", waves(), heads("pixel"))
        assert "series" not in kinds(file).values()
        whole = np.round(20 * waves())
        assert "series" not in kinds(write(tmp_path / "y.csv", whole, heads("q"))).values()

    def test_no_target_beside_or_another_question(self, tmp_path: Path) -> None:
        file = write(tmp_path / "x.csv", waves(), heads("t"), other=["a", "b"] * (ROWS // 2))
        assert "series" not in kinds(file).values()
        assert "series" in kinds(file, target=("other",)).values()
        labelled = write(tmp_path / "y.csv", waves(), heads("t"))
        assert "series" not in kinds(labelled, task="anomaly").values()
        assert "series" not in kinds(labelled, target=("t23",)).values()

    @pytest.mark.parametrize("name", ["t0..t23", "t*"])
    def test_the_user_overrules(self, tmp_path: Path, name: str) -> None:
        file = write(tmp_path / "x.csv", waves(), heads("t"))
        assert kinds(file, kinds={name: "number"})["t5"] == "number"
        noise = np.random.default_rng(1).normal(size=(ROWS, LENGTH))
        other = write(tmp_path / "y.csv", noise, heads("v"))
        asked = {name.replace("t", "v"): "series"}
        assert kinds(other, kinds=asked) == {"v0..v23": "series", "label": "category"}

    def test_a_file_without_header_by_one_option(self, tmp_path: Path) -> None:
        file = tmp_path / "x.tsv"
        lines = [
            "\t".join([f"class{k % 2}", *(f"{value:.3f}" for value in row)])
            for k, row in enumerate(waves())
        ]
        file.write_text("\n".join(lines) + "\n")
        found = kinds(file, kinds={"column_*": "series"}, target=("column_1",))
        assert found == {"column_1": "category", "column_2..column_25": "series"}

    def test_gaps_within_and_behind_the_end(self, tmp_path: Path) -> None:
        values = waves()
        values[0, 20:] = np.nan
        values[1, 5] = np.nan
        values[2] = np.nan
        file = write(tmp_path / "x.csv", values, heads("t"))
        text = file.read_text().replace("NaN", "")
        file.write_text(text)
        table = read(str(file))
        cells = table["t0..t23"].series.to_list()
        assert len(cells[0][0]) == 20
        assert np.isnan(cells[1][0][5])
        assert len(cells[1][0]) == LENGTH
        assert table.unusable().tolist() == [2]

    def test_a_name_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        file = write(tmp_path / "x.csv", waves(), heads("t"))
        for name in ("z*", "z0..z9", "clip"):
            with pytest.raises(OptionError, match="no column"):
                kinds(file, kinds={name: "series"})

    def test_columns_that_another_parts_are_refused(self, tmp_path: Path) -> None:
        values = waves()
        file = write(tmp_path / "x.csv", values, heads("t"))
        frame = pl.read_csv(file)
        frame.select(*frame.columns[:9], "label", *frame.columns[9:-1]).write_csv(file)
        with pytest.raises(DataError, match="side by side"):
            kinds(file, kinds={"t*": "series"})

    def test_new_rows_are_read_as_training_read_them(self, tmp_path: Path) -> None:
        file = write(tmp_path / "new.csv", waves()[:1], heads("V"), note=["x"])
        table = read_inputs([str(file)], {"V0..V23": "series"})
        assert table["V0..V23"].kind == "series"
        assert len(table) == 1
        with pytest.raises(DataError, match=r"'t0\.\.t23' is missing"):
            read_inputs([str(file)], {"t0..t23": "series"})

    def test_numbers_that_count_the_columns_are_a_header(self) -> None:
        counts = [str(k) for k in range(10)]
        assert has_header([[*counts, "kind"], *[["1.5"] * 10 + ["a"]] * 3])
        assert not has_header([["5.1", "3.5", "1.4", "0.2", "setosa"], ["4.9", "3", "1", "0", "b"]])


def long_form(file: Path, *, shuffled: bool = False) -> Path:
    rows = [
        (f"clip{k}", step, value, -value, ("slow", "fast")[k % 2], ("test", "train")[k < 30])
        for k, row in enumerate(waves())
        for step, value in enumerate(row[: LENGTH - k % 5])
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["clip", "time", "x", "y", "label", "split"], orient="row")
    if shuffled:
        frame = frame.sample(fraction=1.0, shuffle=True, seed=0)
    frame.write_csv(file)
    return file


class TestLong:
    @pytest.mark.parametrize("shuffled", [False, True])
    def test_moments_of_a_series_are_one_example(self, tmp_path: Path, shuffled: bool) -> None:
        table = read(str(long_form(tmp_path / "x.csv", shuffled=shuffled)))
        assert len(table) == ROWS
        name = "x+y over time of clip"
        assert {c.name: c.kind for c in table} == {name: "series", "label": "category"}
        place = table.origins.index("clip clip7")
        found = np.array(table[name].series.to_list()[place])
        np.testing.assert_allclose(found[0], waves()[7, : LENGTH - 2], rtol=1e-5)
        np.testing.assert_allclose(found[1], -found[0])
        assert table.parts is not None
        assert table.parts.count("test") == 10

    def test_rows_that_repeat_a_person_are_no_series(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        draw = np.random.default_rng(0)
        pl.DataFrame(
            {
                "person": [f"p{k // 10}" for k in range(200)],
                "age": draw.normal(size=200),
                "weight": draw.normal(size=200),
                "label": ["a" if k // 10 % 2 else "b" for k in range(200)],
            }
        ).write_csv(file)
        assert len(read(str(file))) == 200  # nothing tells the time

    def test_a_target_that_changes_within_a_series_keeps_its_rows(self, tmp_path: Path) -> None:
        file = long_form(tmp_path / "x.csv")
        frame = pl.read_csv(file)
        frame.with_columns((pl.col("time") % 2).alias("label")).write_csv(file)
        assert len(read(str(file))) == len(frame)

    def test_the_user_names_the_series_or_says_there_are_none(self, tmp_path: Path) -> None:
        file = long_form(tmp_path / "x.csv")
        frame = pl.read_csv(file).rename({"label": "kind"})
        frame.write_csv(file)
        assert len(read(str(file))) == len(frame)
        asked = ReadOptions(kinds={"clip": "series"}, target=("kind",))
        assert len(read(str(file), asked)) == ROWS
        plain = ReadOptions(kinds={"clip": "category"}, target=("kind",))
        assert len(read(str(file), plain)) == len(frame)

    def test_what_does_not_read_as_moments_is_one_message(self, tmp_path: Path) -> None:
        file = long_form(tmp_path / "x.csv")
        frame = pl.read_csv(file)
        pl.concat([frame, frame]).write_csv(file)
        with pytest.raises(DataError, match="moments of one series"):
            read(str(file), ReadOptions(kinds={"clip": "series"}))

    def test_new_series_are_read_as_training_read_them(self, tmp_path: Path) -> None:
        file = long_form(tmp_path / "x.csv")
        pl.read_csv(file).drop("label", "split").write_csv(file)
        table = read_inputs([str(file)], {"x+y over time of clip": "series"})
        assert len(table) == ROWS
        assert table.origin(2) == "clip clip2"


def test_lists_of_numbers_are_series_by_one_option(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    pl.DataFrame({"trace": waves().tolist(), "label": ["a", "b"] * (ROWS // 2)}).write_parquet(file)
    assert kinds(file, kinds={"trace": "series"})["trace"] == "series"

"""Files of whole series to a table and to padded tensors."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from fathom.data.codecs.series import SeriesCodec
from fathom.data.sources import claims, read
from fathom.data.table import cell_in_words
from fathom.data.targets import choose_target
from fathom.errors import DataError

HEADER = "# words about it\n@problemName Small\n@classLabel true a b\n@data\n"
TRAIN = "1,2,3:4,5,6:a\n0.5,?,2.5,3:1,1,1,1:b\n"


def folder(place: Path) -> Path:
    (place / "Small_TRAIN.ts").write_text(HEADER + TRAIN)
    (place / "Small_TEST.ts").write_text(HEADER + "7,8:9,10:a\n")
    return place


class TestSource:
    def test_files_of_one_folder_are_given_parts(self, tmp_path: Path) -> None:
        table = read(str(folder(tmp_path)))
        assert (table.source, table.target) == ("ts", "label")
        assert table.parts == ("train", "train", "test")
        assert table["label"].series.to_list() == ["a", "b", "a"]
        assert table["series"].series.to_list()[0] == [[1, 2, 3], [4, 5, 6]]
        assert table.origin(0) == "Small_TRAIN.ts line 5"

    def test_a_program_is_not_claimed(self, tmp_path: Path) -> None:
        file = tmp_path / "main.ts"
        file.write_text("export const data = 1;\n")
        assert "ts" not in [claim.format for claim in claims(file)]

    def test_a_broken_line_is_set_aside(self, tmp_path: Path) -> None:
        file = tmp_path / "x.ts"
        file.write_text(HEADER + TRAIN + "1,2:3,x:a\n1,2:3:b\n1,inf:3,4:b\n")
        table = read(str(file))
        assert table.unusable().tolist() == [2, 3, 4]

    def test_different_numbers_of_channels_are_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "x.ts"
        file.write_text(HEADER + TRAIN + "1,2:a\n")
        with pytest.raises(DataError, match="numbers of channels"):
            read(str(file))

    def test_a_series_is_told_by_its_length(self, tmp_path: Path) -> None:
        cells = read(str(folder(tmp_path)))["series"].series
        assert cell_in_words(cells[0]) == "2 channels of 3 values"
        assert cell_in_words(1.5) == "1.5"


class TestCodec:
    def test_shorter_series_are_padded_and_gaps_carried_on(self, tmp_path: Path) -> None:
        values = read(str(folder(tmp_path)))["series"].series
        codec = SeriesCodec.fit(values.head(2))
        stored = codec.encode(values)
        assert stored["value"].shape == (3, 4, 2)
        assert stored["length"].tolist() == [3, 4, 2]
        assert stored["value"][1, :, 0].tolist() == [0.5, 0.5, 2.5, 3.0]

    def test_padding_stays_zero_and_changes_nothing(self, tmp_path: Path) -> None:
        values = read(str(folder(tmp_path)))["series"].series
        codec = SeriesCodec.fit(values.head(2))
        stored = codec.encode(values)
        seen = codec.prepare(stored)["value"]
        assert seen[0, 3].abs().sum() == 0
        own = seen[0, :3, 2:]
        torch.testing.assert_close(own.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
        torch.testing.assert_close(own.square().mean(0), torch.ones(2))
        longer = {
            "value": torch.nn.functional.pad(stored["value"], (0, 0, 0, 5), value=9.0),
            "length": stored["length"],
        }
        torch.testing.assert_close(codec.prepare(longer)["value"][:, :4], seen)

    def test_other_channels_than_in_training_are_one_message(self, tmp_path: Path) -> None:
        codec = SeriesCodec.fit(read(str(folder(tmp_path)))["series"].series)
        with pytest.raises(DataError, match="1 where there were 2"):
            codec.encode(pl.Series([[[1.0, 2.0]]]))

    def test_a_channel_that_nobody_knows_is_zero(self) -> None:
        nothing = float("nan")
        values = pl.Series([[[1.0, 3.0], [nothing, nothing]]])
        codec = SeriesCodec.fit(values)
        assert (codec.means, codec.deviations) == ((2.0, 0.0), (1.0, 1.0))
        assert torch.isfinite(codec.prepare(codec.encode(values))["value"]).all()

    def test_a_longer_series_than_in_training_is_cut_and_told(self, tmp_path: Path) -> None:
        values = read(str(folder(tmp_path)))["series"].series
        codec = SeriesCodec.fit(values.tail(1))
        assert codec.encode(values)["length"].tolist() == [2, 2, 2]
        assert sorted(codec.strange(values)) == [0, 1]
        np.testing.assert_allclose(codec.encode(values)["value"][0, :, 0], [2, 3])


class TestToldApart:
    def test_gaps_are_told(self, tmp_path: Path) -> None:
        table = read(str(folder(tmp_path)))
        (told,) = [finding for finding in table.findings if finding.subject == "gaps in series"]
        assert told.reason.startswith("1 values are missing in 1 series; the last known")

    def test_series_without_classes_are_one_message(self, tmp_path: Path) -> None:
        file = tmp_path / "x.ts"
        file.write_text("@classLabel false\n@data\n1,2,3\n4,5,6\n")
        with pytest.raises(DataError, match="@classLabel true"):
            choose_target(read(str(file)))

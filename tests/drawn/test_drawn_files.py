"""Pictures to files and a sheet."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fathom.data.seeds import noise
from fathom.drawn.pictures import GAP, sheet, write
from fathom.errors import OptionError

PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, 1)


def test_a_sheet_holds_each_picture_in_its_place() -> None:
    paper = sheet(PICTURES)
    assert paper.shape == (2 * 4 + GAP, 2 * 5 + GAP, 1)
    assert np.array_equal(paper[:4, :5], PICTURES[0])
    assert np.array_equal(paper[4 + GAP :, :5], PICTURES[2])
    assert (paper[4 + GAP :, 5 + GAP :] == 255).all()


def test_files_hold_the_pixels(tmp_path: Path) -> None:
    files = write(tmp_path / "new", PICTURES)
    assert [file.name for file in files][::3] == ["sample-0000.png", "sheet.png"]
    assert np.array_equal(np.asarray(Image.open(files[1])), PICTURES[1, :, :, 0])


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("")
    with pytest.raises(OptionError, match="--out is a file"):
        write(tmp_path / "new", PICTURES)


def test_noise_depends_on_seed_and_number_alone() -> None:
    whole, part = noise(1, torch.arange(5), (2, 3)), noise(1, torch.tensor([3]), (2, 3))
    assert torch.equal(whole[3:4], part)
    assert not torch.equal(whole, noise(2, torch.arange(5), (2, 3)))

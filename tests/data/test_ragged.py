"""Rows of unequal length: what is stored comes back, padded."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.ragged import Ragged
from fathom.spec import PADDING

ROWS = st.lists(st.lists(st.integers(1, 40_000), max_size=9), min_size=1, max_size=8)


@given(ROWS)
def test_rows_come_back_with_padding_behind_them(rows: list[list[int]]) -> None:
    stored = Ragged.of(rows, most=40_000)
    asked = np.arange(len(rows))[::-1].copy()
    padded = stored.stretches(stored.starts(asked), stored.lengths(asked))
    for row, found, length in zip(reversed(rows), padded, stored.lengths(asked), strict=True):
        assert found[:length].tolist() == row
        assert (found[length:] == PADDING).all()


def test_a_row_of_running_text_comes_with_what_stood_before_it() -> None:
    stored = Ragged.of([[1, 2, 3], [4], [5, 6]], most=6, history=2)
    rows = np.array([0, 1, 2])
    padded = stored.stretches(stored.starts(rows), stored.lengths(rows))
    assert padded.tolist() == [[1, 2, 3, 0], [2, 3, 4, 0], [3, 4, 5, 6]]
    assert stored.histories(rows).tolist() == [0, 2, 2]


def test_small_numbers_are_stored_in_two_bytes() -> None:
    assert Ragged.of([[1]], most=511).flat.dtype == torch.int16
    assert Ragged.of([[1]], most=70_000).flat.dtype == torch.int32

"""Number arrays become pictures of the full range, or columns."""

import numpy as np
import pytest

from fathom.data.sources.arrays import columns_of, eight_bit, labels_of
from fathom.errors import DataError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 4, 6), (4, 6, 1)),
        ((5, 4, 6, 3), (4, 6, 3)),
        ((5, 3, 4, 6), (4, 6, 3)),
        ((5, 1, 4, 6), (4, 6, 1)),
        ((5, 4, 6, 4), (4, 6, 3)),
    ],
)
def test_the_usual_forms_of_a_stack(shape: tuple[int, ...], expected: tuple[int, int, int]) -> None:
    values = RNG.integers(0, 256, shape).astype(np.uint8)
    pictures, columns, _ = columns_of(values, "image")
    assert pictures is not None and not columns
    assert pictures[2].shape == expected
    place = np.unravel_index(3, expected)
    row, column, channel = place
    moved = values[2] if len(shape) == 3 else values[2, channel] if shape[1] in (1, 3) else None
    truth = values[2][row, column, channel] if moved is None else moved[row, column]
    assert pictures[2][place] == truth


@pytest.mark.parametrize(
    ("low", "high", "scaled"),
    [(0.0, 1.0, True), (0, 16, True), (-1.0, 1.0, True), (0, 255, False), (0, 65535, True)],
)
def test_the_full_scale_is_found(low: float, high: float, scaled: bool) -> None:
    values = np.linspace(low, high, 24).reshape(2, 3, 4)
    pixels, said = eight_bit(values, "image")
    assert pixels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert bool(said) == scaled


def test_bits_become_black_and_white() -> None:
    pixels, _ = eight_bit(np.array([[[True, False]]]), "image")
    assert pixels.tolist() == [[[255, 0]]]


@pytest.mark.parametrize(
    "values",
    [
        np.full((2, 3, 3), np.nan),
        np.full((2, 3, 3), 1e6),
        np.full((2, 3, 3), -300.0),
        np.zeros((2, 2, 5, 7)),
        np.zeros((2, 2, 2, 2, 2)),
        np.array(["a", "b"]),
        np.zeros((2, 20_001)),
    ],
)
def test_arrays_that_are_neither_pictures_nor_rows(values: np.ndarray) -> None:
    with pytest.raises(DataError) as error:
        columns_of(values, "x")
    assert error.value.remedy


def test_rows_and_labels_keep_their_types() -> None:
    _, columns, _ = columns_of(np.array([[1, 2], [3, 4]]), "x", ("a", "b"))
    assert {name: values.to_list() for name, values in columns.items()} == {
        "a": [1, 3],
        "b": [2, 4],
    }
    assert columns["a"].dtype.is_integer()
    assert labels_of(np.array([[1], [0]])).to_list() == [1, 0]
    assert labels_of(np.array([1.5, 2.0])).to_list() == [1.5, 2.0]
    assert labels_of(np.array([b"x", b"y"]).astype("U1")).to_list() == ["x", "y"]


def test_complex_numbers_are_refused_rather_than_halved() -> None:
    with pytest.raises(DataError, match="neither rows of numbers"):
        columns_of(np.ones((3, 2)) + 1j, "x")
    with pytest.raises(DataError, match="no pixels"):
        columns_of(np.ones((3, 2, 2)) + 1j, "x")

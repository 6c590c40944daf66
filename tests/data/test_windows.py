"""Texts cut into windows: every token is learnt from once in an epoch, and cuts move."""

import numpy as np
import pytest

from fathom.data.windows import Windows


def epoch(windows: Windows, number: int) -> list[tuple[int, int]]:
    found = []
    for update in range(number * windows.per_epoch, (number + 1) * windows.per_epoch):
        starts, lengths = windows.at(update)
        found += list(zip(starts.tolist(), lengths.tolist(), strict=True))
    return found


def foretold(windows: list[tuple[int, int]]) -> list[int]:
    return sorted(place for start, length in windows for place in range(start + 1, start + length))


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 10, 63, 64, 65, 1000])
def test_every_token_but_the_first_is_foretold_once_an_epoch(length: int) -> None:
    windows = Windows(np.array([5]), np.array([length]), context=8, size=1, seed=3)
    for number in (0, 1, 2):
        assert foretold(epoch(windows, number)) == list(range(6, 5 + length))


def test_windows_hold_at_most_a_context_and_the_token_after_it() -> None:
    windows = Windows(np.array([0]), np.array([500]), context=16, size=4, seed=0)
    assert max(length for _, length in epoch(windows, 0)) == 17


def test_cuts_move_from_epoch_to_epoch_and_come_from_the_seed() -> None:
    first = Windows(np.array([0]), np.array([500]), context=16, size=4, seed=0)
    again = Windows(np.array([0]), np.array([500]), context=16, size=4, seed=0)
    assert epoch(first, 1) == epoch(again, 1)
    assert set(epoch(first, 0)) != set(epoch(first, 1))


def test_short_texts_stay_whole_and_lie_with_texts_of_like_length() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 30, 400)
    starts = np.cumsum(lengths) - lengths
    windows = Windows(starts, lengths, context=32, size=10, seed=1)
    found = epoch(windows, 0)
    assert sorted(found) == sorted(zip(starts.tolist(), lengths.tolist(), strict=True))
    spans = [np.ptp(windows.at(update)[1]) for update in range(windows.per_epoch)]
    assert np.mean(spans) < 3

"""General compressors on texts whose information is known."""

import numpy as np
import pytest

from fathom.baselines.compressors import COMPRESSORS, bits_per_byte

NOISE = np.random.default_rng(0).integers(0, 256, 40_000, dtype=np.uint8).tobytes()


@pytest.mark.parametrize("name", COMPRESSORS)
def test_noise_takes_its_eight_bits_and_a_repeat_next_to_none(name: str) -> None:
    assert bits_per_byte(COMPRESSORS[name], NOISE[:20_000], NOISE[20_000:]) == pytest.approx(
        8, 0.05
    )
    assert bits_per_byte(COMPRESSORS["xz"], NOISE, NOISE[:20_000]) < 0.5


@pytest.mark.parametrize("name", COMPRESSORS)
def test_bits_are_those_that_the_test_text_adds(name: str) -> None:
    compress = COMPRESSORS[name]
    train, test = b"to be or not to be " * 20, b"that is the question " * 5
    added = len(compress(train + test)) - len(compress(train))
    assert bits_per_byte(compress, train, test) == pytest.approx(8 * added / 105)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        bits_per_byte(COMPRESSORS["xz"], b"known", b"")

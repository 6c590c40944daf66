"""Bytes to the bits that a general compressor needs for them, once it has read the training text.

The compressor has no notion of a held-out text, so it is asked twice: what the training text takes,
and what both take, one after the other. bzip2 sorts blocks of 900 kB and knows only what the block
holds; xz refers to any earlier bytes.
"""

import bz2
import lzma
from collections.abc import Callable, Mapping

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "bz2": lambda content: bz2.compress(content, 9),
    "xz": lambda content: lzma.compress(content, preset=9 | lzma.PRESET_EXTREME),
}


def bits_per_byte(compress: Callable[[bytes], bytes], train: bytes, test: bytes) -> float:
    """Bits that a byte of the test text takes after the training text; raises ValueError if there
    is no byte to ask for.
    """
    if not test:
        raise ValueError("an empty text has no bits per byte")
    return 8 * (len(compress(train + test)) - len(compress(train))) / len(test)

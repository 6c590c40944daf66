"""A codec of pictures to the one of pictures that a network writes itself, pixel by pixel."""

from dataclasses import replace

from fathom.data.codecs import Codec
from fathom.data.codecs.image import ImageCodec

LEAST_SIDE = 4  # pixels: augmented batches are never smaller (`data/augment.py`)


def no_smaller(codec: Codec) -> ImageCodec:
    """The same pictures with no side below what batches are made of, so that what is written has
    the size of what was read.
    """
    assert isinstance(codec, ImageCodec)
    height, width = max(LEAST_SIDE, codec.height), max(LEAST_SIDE, codec.width)
    return replace(codec, height=height, width=width)
